import type { Answer, AttachInput } from '@rayni/contract';
import { testEngines } from '@rayni/database/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../../access/policy.ts';
import { callAs, guest, scriptedModel, testApp, type TestApp } from '../../testing/index.ts';
import { attach, guestLimits } from './attach.ts';

const manual = `# Calibration

Set the temperature to 37 °C and wait for 20 minutes. Press START to begin the calibration.
`;
const logFile = `# Service log

The Brindlewick pump was replaced on 3 May because its seal leaked. The new Brindlewick pump delivers 14 mL/min.
`;
const question = 'How much does the Brindlewick pump deliver?';
const never = new AbortController().signal;

let test: TestApp;
let instrumentId: string;
let admin: Viewer;
let member: Viewer;

const as = (viewer: Viewer) => callAs(test.rayni, viewer);

async function uploaded(viewer: Viewer, filename: string, bytes: Uint8Array | string): Promise<string> {
  const { uploadId } = await as(viewer).chat.initiateAttachment({ filename, instrumentId });
  test.put(uploadId, bytes);
  return uploadId;
}

type Asked = Partial<AttachInput> & { uploadIds: string[] };

/** Attaches while the jobs run. */
const attached = (viewer: Viewer, input: Asked): Promise<Answer> =>
  test.working(as(viewer).chat.attach({ instrumentId, question, ...input }));

async function rows() {
  const count = async (table: 'source' | 'source_version' | 'conversation' | 'turn') => {
    const { n } = await test.rayni.app.db.query
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return n;
  };
  return Promise.all([
    count('source'),
    count('source_version'),
    count('conversation'),
    count('turn'),
  ] as const);
}

describe.each(testEngines())('files beside a question on %s', (engine) => {
  beforeAll(async () => {
    test = await testApp({ engine });
    instrumentId = await test.instrument();
    admin = await test.account({ isAdmin: true });
    member = await test.account();
    await test.document(admin, instrumentId, 'calibration.md', manual);
  });
  afterEach(() => {
    test.rayni.app.model = undefined;
  });
  afterAll(() => test[Symbol.asyncDispose]());

  it('are answered from with Proofs, in this conversation only, and open for its owner only', async () => {
    const indexVersion = async () => {
      const { index_version: version } = await test.rayni.app.db.query
        .selectFrom('instrument')
        .select('index_version')
        .where('id', '=', instrumentId)
        .executeTakeFirstOrThrow();
      return version;
    };
    const before = await indexVersion();
    const answer = await attached(member, { uploadIds: [await uploaded(member, 'service log.md', logFile)] });
    expect(answer).toMatchObject({ status: 'done', reason: 'extractive' });
    const [proof] = answer.citations;
    expect(proof).toMatchObject({ sourceTitle: 'service log', support: 'verbatim' });
    expect(answer.citations.map(({ quote }) => quote).join()).toContain('14 mL/min');

    const target = proof!.id;
    const { sourceId } = proof!;
    expect(await as(member).viewer.locate({ target })).toMatchObject({ sourceId, quote: proof!.quote });
    expect(await as(member).sources.get({ id: sourceId })).toMatchObject({ status: 'approved' });
    for (const other of [guest, admin, await test.account()]) {
      await expect(as(other).viewer.locate({ target })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(as(other).sources.get({ id: sourceId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect((await as(other).chat.ask({ instrumentId, question })).reason).toBe('not_found');
    }
    expect((await as(admin).sources.list({ instrumentId })).items.map(({ id }) => id)).not.toContain(
      sourceId,
    );

    const { sessionId } = answer;
    const followUp = 'Why was the Brindlewick pump replaced?';
    const again = await as(member).chat.ask({ instrumentId, question: followUp, sessionId });
    expect(again.citations.map(({ quote }) => quote).join()).toContain('its seal leaked');
    const library = await as(member).chat.ask({ instrumentId, question: 'Which temperature?', sessionId });
    expect(library.citations.map(({ quote }) => quote).join()).toContain('37 °C');
    expect((await as(member).chat.ask({ instrumentId, question: followUp })).reason).toBe('not_found');
    // No library has changed: nobody's index is stale.
    expect(await indexVersion()).toBe(before);
  });

  it('stand beside the passages of the library before the model', async () => {
    const model = scriptedModel(['The new Brindlewick pump delivers 14 mL/min [1][2].']);
    test.rayni.app.model = model;
    const asked = 'Which temperature for the calibration, and how much does the Brindlewick pump deliver?';
    const uploadIds = [await uploaded(member, 'log.md', logFile)];
    const answer = await attached(member, { question: asked, uploadIds });
    expect(answer.reason).toBe('answered');
    const [prompt] = model.calls[0]!;
    expect(prompt!.content).toContain('37 °C');
    expect(prompt!.content).toContain('14 mL/min');
  });

  it('reach the model by their beginning when the question shares no word with them', async () => {
    const model = scriptedModel(['The Brindlewick pump was replaced on 3 May because its seal leaked [1].']);
    test.rayni.app.model = model;
    const uploadIds = [await uploaded(member, 'log.md', logFile)];
    const answer = await attached(member, { question: 'Summarize that for me', uploadIds });
    expect(answer).toMatchObject({ reason: 'answered', citations: [{ sourceTitle: 'log' }] });
  });

  it('that cannot be read are named with the reason, and the answer is made without them', async () => {
    const uploadIds = [
      await uploaded(member, 'log.md', logFile),
      await uploaded(member, 'empty.md', '\n \n'),
    ];
    const answer = await attached(member, { uploadIds });
    expect(answer.reason).toBe('extractive');
    expect(answer.notice).toMatch(/^"empty\.md" could not be read: This note is empty\./);

    const only = [await uploaded(member, 'broken.pdf', '%PDF-1.7 and nothing else')];
    const library = await attached(member, {
      uploadIds: only,
      question: 'Which temperature do I set for the calibration?',
    });
    expect(library.reason).toBe('extractive');
    expect(library.notice).toContain('"broken.pdf" could not be read: ');
    const { turns } = await as(member).chat.history({ sessionId: library.sessionId });
    expect(turns[0]!.notice).toBe(library.notice);
  });

  it('of a kind that cannot be read yet refuse them all, by name, and nothing is stored', async () => {
    const good = await uploaded(member, 'log.md', logFile);
    const bad = await uploaded(member, 'pump.png', Buffer.from('\x89PNG\r\n\x1a\n\0\0', 'latin1'));
    const before = await rows();
    await expect(attached(member, { uploadIds: [good, bad] })).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message:
        '"pump.png": This kind of file cannot be read. PDF, DOCX, PPTX, XLSX, ODT, ODP, ODS, CSV, Markdown and plain text can, and so can pictures (PNG, JPEG, TIFF, WebP, GIF) and recordings (MP4, WebM, MOV, MP3, WAV, FLAC, Ogg).',
    });
    expect(await rows()).toEqual(before);
    // The other one is as it was.
    expect((await attached(member, { uploadIds: [good] })).reason).toBe('extractive');
  });

  it('become documents of the instrument for a manager who says so, and for nobody else', async () => {
    const before = await rows();
    for (const [viewer, code] of [
      [member, 'FORBIDDEN'],
      [guest, 'UNAUTHORIZED'],
    ] as const) {
      const uploadIds = [await uploaded(viewer, 'sop.md', logFile)];
      await expect(attached(viewer, { uploadIds, ingest: true })).rejects.toMatchObject({ code });
    }
    expect(await rows()).toEqual(before);

    const instrument = await test.instrument();
    const { uploadId } = await as(admin).chat.initiateAttachment({ filename: 'sop.md' });
    test.put(uploadId, logFile);
    const answer = await attached(admin, {
      instrumentId: instrument,
      uploadIds: [uploadId],
      ingest: true,
    });
    expect(answer.reason).toBe('extractive');
    const { items } = await as(guest).sources.list({ instrumentId: instrument });
    expect(items).toMatchObject([
      { id: answer.citations[0]!.sourceId, title: 'sop', status: 'approved', type: 'note' },
    ]);
    await as(admin).chat.remove({ sessionId: answer.sessionId });
    await test.work();
    expect((await as(guest).chat.ask({ instrumentId: instrument, question })).reason).toBe('extractive');
  });

  it('that take too long are used when the same is asked again', async () => {
    const uploadIds = [await uploaded(member, 'log.md', logFile)];
    const asked = { instrumentId, question, uploadIds, ingest: false, clientKey: 'again-and-again' };
    const late: unknown = await attach(test.rayni, member, asked, never, 50).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'TIMEOUT' });
    const { sessionId } = (late as { fields: { sessionId: [string] } }).fields;
    await test.work();
    const before = await rows();
    const answer = await attach(test.rayni, member, asked, never);
    expect(answer).toMatchObject({ sessionId: sessionId[0], reason: 'extractive' });
    expect(await attach(test.rayni, member, asked, never)).toEqual(answer);
    const [sources, versions, conversations, turns] = before;
    expect(await rows()).toEqual([sources, versions, conversations, turns + 1]);
  });

  it('whose answer takes too long leave it to be read in the conversation', async () => {
    const uploadIds = [await uploaded(member, 'log.md', logFile)];
    const asked = { instrumentId, question, uploadIds, ingest: false };
    await attach(test.rayni, member, asked, never, 0).catch(() => {});
    await test.work();
    test.rayni.app.model = scriptedModel(['The new Brindlewick pump ', 30_000, 'delivers 14 mL/min [1].']);
    const late: unknown = await attach(test.rayni, member, asked, never, 20).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('still being written') });
    const { sessionId } = (late as { fields: { sessionId: [string] } }).fields;
    const { turns } = await as(member).chat.history({ sessionId: sessionId[0] });
    expect(turns).toMatchObject([{ question, status: 'running' }]);
    await as(member).chat.cancel({ turnId: turns[0]!.turnId });
  });

  it('that are sent twice at the same moment make one conversation and one answer', async () => {
    const uploadIds = [
      await uploaded(member, 'one.md', logFile),
      await uploaded(member, 'two.md', `${logFile}\nMore of it.\n`),
    ];
    const before = await rows();
    const asked = { uploadIds, clientKey: 'twice-at-once' };
    const [one, two] = await Promise.all([attached(member, asked), attached(member, asked)]);
    expect(two).toEqual(one);
    const after = await rows();
    expect(after.map((n, i) => n - before[i]!)).toEqual([2, 2, 1, 1]);
  });

  it('go with their conversation', async () => {
    const answer = await attached(member, { uploadIds: [await uploaded(member, 'log.md', logFile)] });
    const { sourceId, versionId } = answer.citations[0]!;
    const { blob_key: key } = await test.rayni.app.db.query
      .selectFrom('source_version')
      .select('blob_key')
      .where('id', '=', versionId)
      .executeTakeFirstOrThrow();
    expect(await test.rayni.app.blobs.stat(key)).toBeDefined();
    await as(member).chat.remove({ sessionId: answer.sessionId });
    await expect(as(member).sources.get({ id: sourceId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await test.work();
    expect(await test.rayni.app.blobs.stat(key)).toBeUndefined();
  });

  it('of a guest are few and small, and nobody else can use them', async () => {
    const one = await uploaded(guest, 'log.md', logFile);
    const stranger: Viewer = { kind: 'guest', key: 'guest:somebody-else' };
    for (const viewer of [stranger, member])
      await expect(attached(viewer, { uploadIds: [one] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(
      as(guest).chat.initiateAttachment({ filename: 'big.pdf', size: guestLimits.bytes + 1 }),
    ).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    const many = await Promise.all([1, 2, 3].map((n) => uploaded(guest, `${n}.md`, logFile)));
    await expect(attached(guest, { uploadIds: [one, ...many] })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    const answer = await attached(guest, { uploadIds: [one] });
    expect(answer.citations.map(({ quote }) => quote).join()).toContain('14 mL/min');
    const { sessionId } = answer;
    const again = await as(guest).chat.ask({ instrumentId, question, sessionId });
    expect(again.citations.map(({ quote }) => quote).join()).toContain('14 mL/min');
  });

  it('are refused in a conversation of somebody else and on an instrument one may not read', async () => {
    const foreign = await as(admin).chat.ask({ instrumentId, question });
    const uploadIds = [await uploaded(member, 'log.md', logFile)];
    await expect(attached(member, { uploadIds, sessionId: foreign.sessionId })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const restricted = await test.instrument({ visibility: 'restricted' });
    await expect(attached(member, { uploadIds, instrumentId: restricted })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(
      as(guest).chat.initiateAttachment({ filename: 'a.md', instrumentId: restricted }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
