import { allowedInstruments, type Rayni } from '@rayni/api';
import type { Config } from './config.ts';

/** What to try next, printed once the server can answer. */
export async function welcome(server: { url: string; rayni: Rayni }, config: Config): Promise<string> {
  const { url } = server;
  if (config.role === 'worker') {
    return `\nRayni works on ${url}\n  documents are read in the background; /healthz and /readyz answer\n\nStop with Ctrl-C.`;
  }
  const guest = { kind: 'guest', key: 'guest:welcome' } as const;
  const [instrument] = await allowedInstruments(server.rayni.app.db.query, guest);
  const lines = [
    '',
    `Rayni answers on ${url}`,
    config.model
      ? `  language model   ${config.model.model}`
      : '  language model   none: answers are made of quoted passages (set OPENAI_API_KEY or OPENAI_BASE_URL)',
    ...(config.role === 'api'
      ? ['  role             api: documents are read only while a process with ROLE=worker runs']
      : []),
    `  data             ${config.databaseUrl ? 'PostgreSQL' : config.dataDir}`,
    '',
    'Try, in another terminal:',
    '  npm run ask -- "How do I calibrate this instrument?"',
  ];
  if (instrument) {
    lines.push(
      `  curl -sN '${url}/stream/chat?instrument_id=${instrument}&q=How+do+I+calibrate+this+instrument'`,
    );
  }
  lines.push(
    '  npm run ingest -- --instrument <name> <files or folders>',
    `  the API, to read and try: ${url}/api/docs/`,
    '',
    'Stop with Ctrl-C.',
  );
  return lines.join('\n');
}
