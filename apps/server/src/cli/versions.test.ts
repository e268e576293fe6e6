import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../testing/run-command.ts';
import { startTestServer, type TestCaller, type TestServer } from '../testing/test-server.ts';

let server: TestServer;
let admin: TestCaller;
let instrumentId: string;
const folder = mkdtempSync(path.join(tmpdir(), 'rayni-versions-'));

beforeAll(async () => {
  server = await startTestServer();
  await server.account({ isAdmin: true, email: 'admin@rayni.com' });
  admin = await server.login('admin@rayni.com');
}, 120_000);
let instruments = 0;
beforeEach(async () => {
  instrumentId = await server.instrument({ name: `Press ${++instruments}` });
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const valve = (bar: number) => `# Valve\n\nThe valve of the press opens at ${bar} bar.\n`;
function write(file: string, text: string) {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
}
/** What the command says of each file, by its name. */
async function ingest(...args: string[]) {
  const env = { RAYNI_URL: server.url };
  const { out } = await runCommand(['ingest', '-i', instrumentId, ...args], { cwd: folder, env });
  const lines = out.split('\n').flatMap((line) => {
    const [, file, said] = /^(\S+\.\w+): (.*)$/.exec(line) ?? [];
    return file && said ? [[file, said] as const] : [];
  });
  return Object.fromEntries(lines);
}
const sources = async () => (await admin.trpc.sources.list.query({ instrumentId })).items;
const versions = async () => {
  const all = await Promise.all(
    (await sources()).map(({ id }) => admin.trpc.sources.versions.query({ sourceId: id })),
  );
  return all.map((of) => of.map(({ current }) => current));
};
const answer = async () => {
  const question = 'At what pressure does the valve of the press open?';
  const { citations } = await admin.trpc.chat.ask.mutate({ instrumentId, question });
  return citations.map(({ quote }) => quote);
};

describe('a changed file', () => {
  it('is a new version of the document of the same name, which alone answers then', async () => {
    write('valve.md', valve(12));
    await ingest('valve.md');
    write('valve.md', valve(14));
    expect(await ingest('valve.md')).toEqual({ 'valve.md': 'new version of "valve", approved, 1 page' });
    expect(await versions()).toEqual([[true, false]]);
    expect(await answer()).toEqual(['The valve of the press opens at 14 bar.']);
    expect(await ingest('valve.md')).toEqual({ 'valve.md': 'unchanged, already there as "valve"' });
  });

  it('is a document of its own with --separate', async () => {
    write('valve.md', valve(12));
    await ingest('valve.md');
    write('valve.md', valve(14));
    expect(await ingest('--separate', 'valve.md')).toEqual({ 'valve.md': 'approved, 1 page' });
    expect(await versions()).toEqual([[true], [true]]);
    // Now nobody can tell of which it is the next version.
    write('valve.md', valve(16));
    expect(await ingest('valve.md')).toEqual({
      'valve.md': 'approved, 1 page; a document of its own: 2 documents came under that file name',
    });
    expect(await sources()).toHaveLength(3);
  });

  it('of a name that several files have is a document of its own', async () => {
    write('one/valve.md', valve(12));
    await ingest('one');
    write('one/valve.md', valve(14));
    write('two/valve.md', valve(20));
    const note = 'a document of its own beside "valve": several files of that name were brought';
    expect(await ingest('one', 'two')).toEqual({
      'one/valve.md': `approved, 1 page; ${note}`,
      'two/valve.md': `approved, 1 page; ${note}`,
    });
    expect(await sources()).toHaveLength(3);
  });

  it('is no version of what was fetched from an address, whatever its name there', async () => {
    write('valve.md', valve(12));
    await ingest('valve.md');
    const fetched = { storage_uri: 'https://press.example/valve.md' };
    await server.rayni.app.db.query
      .updateTable('source')
      .set(fetched)
      .where('instrument_id', '=', instrumentId)
      .execute();
    write('valve.md', valve(14));
    expect(await ingest('valve.md')).toEqual({ 'valve.md': 'approved, 1 page' });
    expect(await versions()).toEqual([[true], [true]]);
  });

  it('of another instrument stays there', async () => {
    write('valve.md', valve(12));
    await ingest('valve.md');
    instrumentId = await server.instrument({ name: 'Oven' });
    write('valve.md', valve(14));
    expect(await ingest('valve.md')).toEqual({ 'valve.md': 'approved, 1 page' });
  });

  it('that cannot be read leaves the former version, and is tried again when it is brought again', async () => {
    write('valve.md', valve(12));
    await ingest('valve.md');
    write('valve.md', ' \n');
    for (let time = 0; time < 2; time++)
      expect(await ingest('valve.md')).toEqual({
        'valve.md': 'new version of "valve", rejected, the former one still answers: This note is empty.',
      });
    expect(await versions()).toEqual([[false, true]]);
    expect(await answer()).toEqual(['The valve of the press opens at 12 bar.']);
    write('valve.md', valve(18));
    expect(await ingest('valve.md')).toEqual({ 'valve.md': 'new version of "valve", approved, 1 page' });
    expect(await answer()).toEqual(['The valve of the press opens at 18 bar.']);
  });

  it('that mends one that could not be read is its next version', async () => {
    write('valve.md', ' \n');
    await ingest('valve.md');
    write('valve.md', valve(12));
    expect(await ingest('valve.md')).toEqual({ 'valve.md': 'new version of "valve", approved, 1 page' });
    expect(await sources()).toHaveLength(1);
  });

  it('of somebody who may not replace it waits for approval beside it', async () => {
    await server.rayni.app.db.query.updateTable('instrument').set({ trained_may_upload: true }).execute();
    const trained = await server.account({ email: 'trained@rayni.com' });
    await server.grant(trained, instrumentId);
    write('valve.md', valve(12));
    await ingest('valve.md');
    write('valve.md', valve(14));
    expect(await ingest('--as', 'trained@rayni.com', 'valve.md')).toEqual({
      'valve.md':
        'read, 1 page, waits for approval; a document of its own beside "valve": only managers add new versions',
    });
    expect(await answer()).toEqual(['The valve of the press opens at 12 bar.']);
  });
});
