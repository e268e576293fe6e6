import { command, Failure, help, run, serverUrl } from './connect.ts';
import { actors, type Visit } from '../smoke/visit.ts';
import { walkAll } from '../smoke/walk.ts';

// `npm run smoke`: every documented path of the REST and SSE dialect, in every spelling, as guest, member and admin.

const examples = `
npm run smoke
npm run smoke -- --url http://localhost:8000`;

async function smoke({ url }: { url: string }): Promise<number> {
  const at = url.replace(/\/+$/, '');
  const schema = await documented(at);
  const visits = await walkAll(at, (line) => console.error(`${line} …`));
  const rows = Map.groupBy(visits, ({ method, path }) => `${method} ${path}`);
  const unvisited = schema.filter((row) => ![...rows.keys()].some((visited) => shapeOf(row).test(visited)));
  const width = Math.max(...[...rows.keys()].map((row) => row.length));
  console.log(`${'path'.padEnd(width)}  ${actors.join('  ')}`);
  for (const [row, of] of rows) {
    const cells = actors.map((actor) =>
      cell(of.filter((visit) => visit.actor === actor)).padEnd(actor.length),
    );
    console.log(`${row.padEnd(width)}  ${cells.join('  ')}`);
  }
  const faults = visits.filter(({ ok }) => !ok);
  for (const { method, path, actor, wanted, got } of faults)
    console.log(`not as documented: ${method} ${path} as ${actor}: expected ${wanted}, got ${got}`);
  for (const row of unvisited) console.log(`documented and not walked: ${row}`);
  const good = faults.length === 0 && unvisited.length === 0;
  console.log(
    `${rows.size} paths, ${visits.length} visits, ${faults.length} not as documented, ${unvisited.length} documented paths not walked: ${good ? 'all as documented' : 'NOT as documented'}.`,
  );
  return good ? 0 : 1;
}

/** A documented path with anything where a name in braces stands, in either slash form. */
const shapeOf = (row: string) => new RegExp(`^${row.replace(/\/$/, '').replace(/\{\w+\}/g, '[^/]+')}/?$`);

const cell = (visits: Visit[]) => {
  const bad = visits.find(({ ok }) => !ok);
  return bad ? '!!' : [...new Set(visits.map(({ wanted }) => wanted))].join('/') || '-';
};

/** What the server itself says it serves. */
async function documented(url: string): Promise<string[]> {
  const response = await fetch(`${url}/api/schema/`).catch(() => undefined);
  if (!response?.ok) throw new Failure(`No Rayni answers at ${url}. Start it with: npm start`);
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, unknown>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

const program = command('smoke')
  .description(
    'Walks every documented REST and SSE path of a development server and says what is not as documented.',
  )
  .option('--url <url>', 'where the server is', serverUrl())
  .addHelpText('after', help(examples))
  .action(async (options: { url: string }) => {
    process.exitCode = await smoke(options);
  });
await run(program);
