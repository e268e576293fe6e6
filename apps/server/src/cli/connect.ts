import type { Instrument } from '@rayni/client';
import { createRayniClient, isRayniError, type RayniClient, toRayniError } from '@rayni/client';
import { isTRPCClientError } from '@trpc/client';
import { Command, CommanderError } from 'commander';

/** Where the commands look for a server. */
export const serverUrl = (): string =>
  (process.env['RAYNI_URL'] || 'http://localhost:8000').replace(/\/+$/, '');

/**
 * A client of the server that `RAYNI_URL` names: as the person of that e-mail by a development server's demo login, else by `RAYNI_TOKEN`,
 * else as the person that the command falls back to, if any, and otherwise as a guest.
 */
export async function connect(as: string | undefined, fallback?: string): Promise<RayniClient> {
  const token = as === undefined ? process.env['RAYNI_TOKEN'] : undefined;
  const rayni = createRayniClient({ url: serverUrl(), ...(token ? { token } : {}) });
  const email = token ? undefined : (as ?? fallback);
  if (email !== undefined) await rayni.auth.login(email);
  return rayni;
}

export const demoAdmin = 'admin@rayni.com';
const demoUser = 'user@rayni.com';

/** The instrument of that id or name (or unmistakable part of one); without either the first that everybody may ask. */
export async function findInstrument(rayni: RayniClient, wanted: string | undefined): Promise<Instrument> {
  const all = await rayni.trpc.instruments.list.query();
  if (wanted === undefined) {
    const found = all.find((instrument) => instrument.visibility === 'public') ?? all[0];
    if (!found) throw new Failure('There is no instrument here that you may ask.');
    return found;
  }
  const lower = wanted.toLowerCase();
  const exact = all.filter(({ id, name }) => id === lower || name.toLowerCase() === lower);
  const found = exact.length > 0 ? exact : all.filter(({ name }) => name.toLowerCase().includes(lower));
  if (found.length === 1 && found[0]) return found[0];
  const names = (found.length > 0 ? found : all).map(({ name }) => `  ${name}`).join('\n');
  if (found.length > 0) throw new Failure(`Several instruments are called "${wanted}":\n${names}`);
  const { userId } = await rayni.auth.me();
  throw new Failure(
    userId === null
      ? `No instrument that everybody may see is called "${wanted}"; signed in (--as ${demoUser} on a development server, or RAYNI_TOKEN) you may see more. There are:\n${names}`
      : `No instrument is called "${wanted}". There are:\n${names}`,
  );
}

/** Ends a command with a plain message and exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** A command as `npm run <name> --` shows it; wrong use ends with exit code 2. */
export function command(name: string): Command {
  return new Command(`npm run ${name} --`).exitOverride((error) => {
    throw new CommanderError(error.exitCode === 0 ? 0 : 2, error.code, error.message);
  });
}

const exitCodes = `
Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C.
Environment: RAYNI_URL (where the server is, http://localhost:8000 if unset),
RAYNI_TOKEN (an API token: who you are, unless --as says it).`;

export const help = (examples: string): string =>
  `\nExamples:\n${examples.trim().replaceAll(/^/gm, '  ')}\n${exitCodes}`;

/** Runs a command; whatever it throws becomes one line for people and an exit code, never a stack. */
export async function run(program: Command): Promise<void> {
  // `| head` closes the pipe early; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode;
      return;
    }
    console.error(explain(error));
    process.exitCode = 1;
  }
}

function explain(thrown: unknown): string {
  const error = isTRPCClientError(thrown) ? toRayniError(thrown) : thrown;
  if (error instanceof Failure) return error.message;
  if (!isRayniError(error)) return error instanceof Error ? error.message : String(error);
  if (error.code === 'UNAVAILABLE')
    return `No Rayni answers at ${serverUrl()}. Start it with: npm start (or say in RAYNI_URL where it runs). ${error.message}`;
  if (error.code === 'UNAUTHENTICATED') {
    return process.env['RAYNI_TOKEN']
      ? `${error.message} Set RAYNI_TOKEN to one that is valid, or unset it.`
      : `${error.message} Set RAYNI_TOKEN to an API token, or use --as <e-mail> on a development server.`;
  }
  if (error.code === 'BAD_REQUEST') {
    return error.message === 'User not found'
      ? `Nobody signs in by that e-mail here. A development server knows ${demoAdmin} and ${demoUser}.`
      : `Not understood: ${error.message}`;
  }
  const request = error.requestId ? ` (request ${error.requestId})` : '';
  return `${error.message}${request}`;
}

/** Text of documents and models, safe to print: without the control characters that steer a terminal. */
export const printable = (text: string): string => text.replaceAll(/[^\P{Cc}\n\t]/gu, '');
