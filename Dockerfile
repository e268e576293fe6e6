# One image for every role: ROLE=all (default), api or worker. Node runs the TypeScript sources as they are, so nothing is built. They must
# not lie below a node_modules, where Node refuses to; hence the workspace itself, not a packed copy of it.
FROM node:24-bookworm-slim AS installed
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml .npmrc ./
COPY apps/server/package.json apps/server/
COPY packages/api/package.json packages/api/
COPY packages/client/package.json packages/client/
COPY packages/client/src/package.json packages/client/src/
COPY packages/contract/package.json packages/contract/
COPY packages/database/package.json packages/database/
COPY packages/legacy/package.json packages/legacy/
COPY packages/scripted-openai/package.json packages/scripted-openai/
# What the lockfile says, without what only development needs; the image has its Node, and nothing here compiles.
RUN npx -y "$(node -p 'require("./package.json").packageManager')" install --prod --frozen-lockfile \
      --filter '@rayni/server...' --filter '@rayni/client' \
  && rm -rf node_modules/node node_modules/.bin/node node_modules/.pnpm/node@* \
      node_modules/.pnpm/typescript@* node_modules/.pnpm/@typescript+* \
  # What the client leaves to its users, for the command-line tools.
  && ln -s ../apps/server/node_modules/@trpc node_modules/@trpc

FROM node:24-bookworm-slim
# One arena: decision 0012, as are the flags below. Development, where anybody signs in, has to be asked for: this listens to everybody.
ENV DEBUG=0 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data MALLOC_ARENA_MAX=1
WORKDIR /app
# For recordings: without it no sound of a film is heard that is larger than a model takes, and no frame is shown. Debian's brings 450 MB in 200
# packages, mostly drivers of displays that nothing here uses; `--build-arg FFMPEG=0` leaves it out where recordings come with captions.
ARG FFMPEG=1
RUN if [ "$FFMPEG" = 1 ]; then \
      apt-get update && apt-get install -y --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/*; \
    fi
RUN mkdir /data && chown node:node /data
COPY --from=installed /app ./
COPY apps ./apps
COPY packages ./packages
USER node
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=32", "--heap-growing-percent=25", "apps/server/src/main.ts"]
