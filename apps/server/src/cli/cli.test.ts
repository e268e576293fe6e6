import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { demoScript } from '@rayni/scripted-openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../testing/run-command.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let server: TestServer;
const folder = mkdtempSync(path.join(tmpdir(), 'rayni-cli-'));
const documents = path.join(folder, 'documents');
const pdf = readFileSync(new URL('../../demo/sorrelight-320-sop-daily.pdf', import.meta.url));

beforeAll(async () => {
  // Slow enough to be stopped in the middle of an answer.
  server = await startTestServer({ model: demoScript({ intervalMs: 20 }) });
  await server.account({ isAdmin: true, email: 'admin@rayni.com' });
  await server.instrument({ name: 'Lab press' });
  await server.instrument({ name: 'Lab oven', visibility: 'restricted' });
  mkdirSync(path.join(documents, 'sub/.hidden'), { recursive: true });
  writeFileSync(path.join(documents, 'daily.pdf'), pdf);
  writeFileSync(
    path.join(documents, 'sub/notes.md'),
    '# Press\n\nThe hydraulic filter of the press is changed every 400 hours of work.\n\nThe oil is Mobil \u001b[31m46.\n',
  );
  writeFileSync(path.join(documents, 'sub/.hidden/secret.md'), '# Hidden\n');
  writeFileSync(path.join(documents, 'broken.pdf'), 'not a PDF');
  writeFileSync(path.join(documents, 'ignored.bin'), 'x');
}, 120_000);

afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command against the server, or another. */
const run = (
  command: [string, ...string[]],
  {
    url = server.url,
    token,
    onOutput,
  }: { url?: string; token?: string; onOutput?: (out: string, interrupt: () => void) => void } = {},
) =>
  runCommand(command, {
    cwd: folder,
    env: { RAYNI_URL: url, ...(token ? { RAYNI_TOKEN: token } : {}) },
    onOutput,
  });

describe('ingest', () => {
  it('brings a folder, tells of each file, and ends with 1 because one is broken', async () => {
    const { code, out } = await run(['ingest', '--instrument', 'press', documents]);
    const lines = out.trimEnd().split('\n');
    expect(lines.slice(0, 2)).toEqual([
      `${documents}/ignored.bin: left out, its name is not that of a document, picture or recording that can be read`,
      '3 files for Lab press',
    ]);
    expect(lines.slice(2, -1).toSorted()).toEqual([
      `${documents}/broken.pdf: This kind of file cannot be read. PDF, DOCX, PPTX, XLSX, ODT, ODP, ODS, CSV, Markdown and plain text can, and so can pictures (PNG, JPEG, TIFF, WebP, GIF) and recordings (MP4, WebM, MOV, MP3, WAV, FLAC, Ogg).`,
      `${documents}/daily.pdf: approved, 3 pages`,
      expect.stringMatching(/sub\/notes\.md: approved/),
    ]);
    expect(lines.at(-1)).toBe('2 approved, 1 failed');
    expect(code).toBe(1);
  });

  it('brings the rest when one file is not there', async () => {
    const { code, out } = await run([
      'ingest',
      '-i',
      'press',
      'nowhere.pdf',
      path.join(documents, 'daily.pdf'),
    ]);
    expect(out).toMatch(/^nowhere\.pdf: .*no such file/m);
    expect(out).toContain('1 unchanged, 1 failed');
    expect(code).toBe(1);
  });

  it('leaves the same bytes alone, also under another name', async () => {
    writeFileSync(path.join(folder, 'copy.md'), readFileSync(path.join(documents, 'sub/notes.md')));
    writeFileSync(path.join(folder, 'again.md'), readFileSync(path.join(documents, 'sub/notes.md')));
    const { code, out } = await run([
      'ingest',
      '-i',
      'press',
      path.join(documents, 'daily.pdf'),
      'copy.md',
      'again.md',
    ]);
    expect(out).toContain('3 unchanged');
    expect(out).toContain('daily.pdf: unchanged, already there as');
    expect(code).toBe(0);
    expect(out.match(/the same bytes as/g)).toHaveLength(1);
  });

  describe('what is there already', () => {
    const file = path.join(folder, 'valve.md');
    const bytes = '# Valve\n\nThe valve of the oven opens at 12 bar.\n';
    const outcome = async () => {
      const { out } = await run(['ingest', '-i', 'oven', file]);
      return out.split('\n')[1]!.slice(file.length + 2);
    };
    /** Those with these bytes, in the states given for each; by hand, because nobody archives or fails to read on demand. */
    async function sources(...states: ('approved' | 'archived' | 'rejected')[]) {
      const admin = await server.login('admin@rayni.com');
      const [oven] = (await admin.trpc.instruments.list.query()).filter(({ name }) => name === 'Lab oven');
      const { query } = server.rayni.app.db;
      const ofOven = query.updateTable('source').where('instrument_id', '=', oven!.id);
      await ofOven.set({ deleted_at: new Date() }).execute();
      for (const status of states) {
        const made = await server.upload(admin, 'valve.md', bytes, { instrumentId: oven!.id });
        await server.read(admin, made.sourceId);
        if (status === 'rejected')
          await query
            .updateTable('source_version')
            .set({ current_reading_id: null })
            .where('id', '=', made.versionId)
            .execute();
        await query.updateTable('source').set({ status }).where('id', '=', made.sourceId).execute();
      }
      return async () => {
        const rows = await query
          .selectFrom('source')
          .innerJoin('source_version', 'source_version.source_id', 'source.id')
          .select('source.status')
          .where('source.instrument_id', '=', oven!.id)
          .where('source.deleted_at', 'is', null)
          .orderBy('source.created_at')
          .execute();
        return rows.map((row) => row.status);
      };
    }

    it('and rejected is tried again, as the source it is', async () => {
      writeFileSync(file, bytes);
      const now = await sources('rejected');
      expect(await outcome()).toBe('approved, 1 page');
      expect(await now()).toEqual(['approved']);
    });

    it('and rejected for what it is stays one source, however often it is brought', async () => {
      const now = await sources();
      writeFileSync(file, ' \n');
      for (let time = 0; time < 2; time++) expect(await outcome()).toBe('rejected: This note is empty.');
      expect(await now()).toEqual(['rejected']);
    });

    it('and approved is unchanged, whatever became of a twin', async () => {
      writeFileSync(file, bytes);
      const now = await sources('approved', 'archived', 'rejected');
      expect(await outcome()).toBe('unchanged, already there as "valve"');
      expect(await now()).toEqual(['approved', 'archived', 'rejected']);
    });

    it('and archived is not brought again', async () => {
      const now = await sources('archived', 'rejected');
      expect(await outcome()).toBe('unchanged, archived as "valve": restore it instead');
      expect(await now()).toEqual(['archived', 'rejected']);
    });
  });

  it.each<[string, [string, ...string[]], number, string]>([
    [
      'no instrument',
      ['ingest', 'copy.md'],
      2,
      "required option '-i, --instrument <name or id>' not specified",
    ],
    [
      'no such instrument',
      ['ingest', '-i', 'kettle', 'copy.md'],
      1,
      'No instrument is called "kettle". There are:\n  Lab oven\n  Lab press',
    ],
    [
      'an ambiguous name',
      ['ingest', '-i', 'lab', 'copy.md'],
      1,
      'Several instruments are called "lab":\n  Lab oven\n  Lab press',
    ],
    [
      'somebody unknown',
      ['ingest', '-i', 'press', '--as', 'nobody@example.org', 'copy.md'],
      1,
      'Nobody signs in by that e-mail here.',
    ],
  ])('refuses %s', async (_, args, code, message) => {
    const ran = await run(args);
    expect(ran.err).toContain(message);
    expect(ran.code).toBe(code);
  });
});

describe('ask', () => {
  it('prints the answer, its Proofs, and how to go on', async () => {
    const { code, out, err } = await run(['ask', 'How often is the hydraulic filter changed?']);
    expect(err).toContain('Asking about Lab press');
    expect(out).toContain('changed every 400 hours of work');
    expect(out).toMatch(
      /^\[1\] notes · verbatim · "The hydraulic filter of the press is changed every 400 hours of work\."\n {4}[0-9a-f-]{36}$/m,
    );
    expect(err).toMatch(/--session [0-9a-f-]{36}/);
    expect(code).toBe(0);
  });

  it('continues a conversation, and prints it as JSON', async () => {
    const first = JSON.parse(
      (await run(['ask', '--json', 'How often is the hydraulic filter changed?'])).out,
    );
    expect(first).toMatchObject({ instrument: { name: 'Lab press' }, reason: 'answered' });
    const second = JSON.parse(
      (await run(['ask', '--json', '--session', first.sessionId, 'Which oil does it take?'])).out,
    );
    expect(second.sessionId).toBe(first.sessionId);
    const { turns } = await server.guest.trpc.chat.history.query({ sessionId: first.sessionId });
    expect(turns.map((turn) => turn.question)).toEqual([
      'How often is the hydraulic filter changed?',
      'Which oil does it take?',
    ]);
  });

  it('lets no document steer the terminal', async () => {
    const { out } = await run(['ask', 'Which', 'oil', 'does', 'the', 'press', 'take?']);
    expect(out).toContain('Mobil');
    expect(out).not.toContain('\u001b');
  });

  it('asks as who it is told, about what they may ask', async () => {
    expect((await run(['ask', '-i', 'oven', 'Hot?'])).err).toContain(
      'No instrument that everybody may see is called "oven"; signed in',
    );
    const { code, err } = await run(['ask', '-i', 'oven', '--as', 'admin@rayni.com', 'How hot does it get?']);
    expect(err).toContain('Asking about Lab oven');
    expect(code).toBe(0);
  });

  it('stops reading on Ctrl-C, while the answer goes on', async () => {
    const ran = await run(['ask', 'How often is the hydraulic filter changed?'], {
      onOutput: (_, interrupt) => interrupt(),
    });
    expect(ran.code).toBe(130);
    expect(ran.out).not.toContain('Proofs');
    const sessionId = /the answer goes on\. Its conversation: --session ([0-9a-f-]{36})/.exec(ran.err)?.[1];
    expect(sessionId).toBeDefined();
    const status = async () =>
      (await server.guest.trpc.chat.history.query({ sessionId: sessionId! })).turns[0]?.status;
    await expect.poll(status, { timeout: 20_000 }).toBe('done');
  });

  it('says in one line that no server answers, and how to start one', async () => {
    const { code, err } = await run(['ask', 'Why?'], { url: 'http://127.0.0.1:9' });
    expect(err).toMatch(/^No Rayni answers at http:\/\/127\.0\.0\.1:9\. Start it with: npm start .*\n$/);
    expect(code).toBe(1);
  });

  it('explains itself', async () => {
    const help = await run(['ask', '--help']);
    expect(help.out).toContain('Usage: npm run ask --');
    expect(help.out).toContain('Exit codes:');
    expect(help.code).toBe(0);
    expect((await run(['ask'])).code).toBe(2);
  });
});

describe('proof', () => {
  const cited = async (question: string, source: RegExp) => {
    const { citations } = JSON.parse((await run(['ask', '--json', question])).out) as {
      citations: { id: string; sourceTitle: string; quote: string }[];
    };
    const found = citations.find((citation) => source.test(citation.sourceTitle));
    if (!found) throw new Error(`no Proof in ${source}: ${JSON.stringify(citations)}`);
    return found;
  };

  it('draws the page of a PDF with the quote’s boxes', async () => {
    const { id } = await cited('Which steps does the daily start-up of the cytometer have?', /daily/);
    const { code, out } = await run(['proof', id, '--png', 'proof.png']);
    expect(out).toMatch(/^daily, version 1, pp?\. \d/);
    expect(out).toMatch(/^page \d, 595 × 842 points\n {2}box [\d.]+, [\d.]+, [\d.]+ × [\d.]+$/m);
    expect(readFileSync(path.join(folder, 'proof.png')).subarray(1, 4).toString()).toBe('PNG');
    expect(code).toBe(0);
  });

  it('marks the quote in the text of a note, which has no page to draw', async () => {
    const { id, quote } = await cited('How often is the hydraulic filter changed?', /notes/);
    expect((await run(['proof', id])).out).toContain(`»${quote}«`);
    const drawn = await run(['proof', id, '--png', 'note.png']);
    expect(drawn.err).toContain('Only pages of a PDF, images and frames of a recording can be drawn');
    expect(drawn.code).toBe(1);
  });

  it('says when there is no such Proof', async () => {
    const { code, err } = await run(['proof', '0195d8f0-0000-7000-8000-000000000000']);
    expect(err).toContain('Not found.');
    expect(code).toBe(1);
  });
});

describe('with RAYNI_TOKEN', () => {
  const made = async (scope: 'full' | 'read') => {
    const admin = await server.login('admin@rayni.com');
    return (await admin.trpc.tokens.create.mutate({ name: scope, scope })).secret;
  };

  it('each command acts as the one whose token it is', async () => {
    const token = await made('full');
    writeFileSync(path.join(folder, 'door.md'), '# Door\n\nThe door of the oven locks at 90 degrees.\n');
    const brought = await run(['ingest', '-i', 'oven', 'door.md'], { token });
    expect([brought.err, brought.out]).toEqual(['', expect.stringContaining('door.md: approved, 1 page')]);
    const asked = await run(['ask', '--json', '-i', 'oven', 'When does the door of the oven lock?'], {
      token,
    });
    const [citation] = JSON.parse(asked.out).citations;
    const shown = await run(['proof', citation.id], { token });
    expect(shown.out).toContain('The door of the oven locks at 90 degrees.');
    expect((await run(['proof', citation.id])).err).toContain('Not found.');
  });

  it('--as says who asks all the same', async () => {
    const { code } = await run(['ask', '-i', 'oven', '--as', 'admin@rayni.com', 'Hot?'], {
      token: 'rayni_x',
    });
    expect(code).toBe(0);
  });

  it('a token that is not valid, or not for that, is told in one line', async () => {
    const invalid = await run(['ask', 'Why?'], { token: 'rayni_unknown' });
    expect(invalid.err).toBe(
      'This API token is unknown, expired or revoked. Set RAYNI_TOKEN to one that is valid, or unset it.\n',
    );
    expect(invalid.code).toBe(1);
    writeFileSync(path.join(folder, 'new.md'), '# New\n\nThe press has a new guard.\n');
    const reading = await run(['ingest', '-i', 'press', 'new.md'], { token: await made('read') });
    expect(`${reading.out}${reading.err}`).toContain('This API token is for reading and asking only.');
    expect(reading.code).toBe(1);
  });
});
