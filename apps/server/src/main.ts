import { StoreFault } from './blobs/store-fault.ts';
import { type Config, parseConfig, ConfigError } from './config.ts';
import { DatabaseInUse } from '@rayni/database';
import { loadDemo } from './demo/load.ts';
import { findFFmpeg } from './find-program.ts';
import { openaiEmbedder } from './model/openai-embedder.ts';
import { openaiModel } from './model/openai-model.ts';
import { openaiTranscriber } from './model/openai-transcriber.ts';
import { openaiVision } from './model/openai-vision.ts';
import { createLogger } from './logger.ts';
import { keepSecretKey } from './secret-key.ts';
import { startServer } from './server.ts';
import { version } from './version.ts';
import { openWeb } from './web/open-web.ts';
import { welcome } from './welcome.ts';

// `npm start`: the whole server in one process, or the part of it that ROLE names.

const config = readConfig();
const logger = createLogger(config.logLevel);
const development = config.mode === 'development';

// Ctrl-C in the middle of starting ends the process too, without a stack.
let stop = async (): Promise<void> => {};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.log('\nStopping …');
    // Whatever hangs, the process ends.
    setTimeout(() => process.exit(1), 9_000).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'Stopping met an error');
        process.exit(1);
      },
    );
  });
}

try {
  const server = await startServer({
    ...config,
    secretKey: await keepSecretKey(config),
    secureCookies: !development && config.publicUrl?.startsWith('https:') === true,
    logger,
    version,
    model: config.model && openaiModel(config.model),
    embedder: config.model && openaiEmbedder(config.model),
    transcriber: config.model && openaiTranscriber(config.model),
    vision: visionOf(config),
    web: openWeb({ userAgent: `Rayni/${version}`, loopback: config.fetchLoopback }),
    ffmpeg: findFFmpeg(),
    prepare: development ? (rayni) => loadDemo(rayni, (line) => console.log(line)) : undefined,
  });
  stop = () => server.close();
  console.log(await welcome(server, config));
} catch (error) {
  if (error instanceof DatabaseInUse || error instanceof StoreFault) console.error(error.message);
  else if (isPortTaken(error)) {
    const taken = 'port' in error ? error.port : config.port;
    const another = taken === config.metricsPort ? 'METRICS_PORT=9465' : 'PORT=8001';
    console.error(
      `Port ${String(taken)} is taken, perhaps by another Rayni. Stop it, or choose another: ${another} npm start`,
    );
  } else logger.fatal({ err: error }, 'Rayni could not start');
  process.exit(1);
}

/** Only where one is named: a model that sees is asked once for every picture that is uploaded, and costs. */
function visionOf({ model }: Config) {
  return model?.visionModel === undefined
    ? undefined
    : openaiVision({ ...model, visionModel: model.visionModel });
}

function readConfig() {
  try {
    return parseConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return refuse(error.message);
  }
}

function refuse(faults: string): never {
  console.error(`Rayni cannot start with this configuration:\n\n${faults}\n\nShow it all: npm run config`);
  process.exit(2);
}

function isPortTaken(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
