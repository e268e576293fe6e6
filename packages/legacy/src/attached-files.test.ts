import { footprint, type TestApp, testApp } from '@rayni/api/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { serve } from './matrix/scene.ts';

const manual = '# Calibration\n\nSet the temperature to 37 °C and wait for 20 minutes.\n';
const log = '# Service log\n\nThe new Brindlewick pump delivers 14 mL/min.\n';
const question = 'How much does the Brindlewick pump deliver?';

let test: TestApp;
let host: Awaited<ReturnType<typeof serve>>;
let url: string;
let instrument: string;

beforeAll(async () => {
  test = await testApp();
  instrument = await test.instrument();
  await test.document(await test.account({ isAdmin: true }), instrument, 'calibration.md', manual);
  host = await serve(test);
  url = `${await host.listen({ host: '127.0.0.1', port: 0 })}/api/chat/attach`;
});
afterAll(async () => {
  await host?.close();
  await test?.[Symbol.asyncDispose]();
});

/** Of an answer or a refusal, what is looked at here. */
const answer = z.looseObject({
  answer: z.string().optional(),
  citations: z.array(z.unknown()).default([]),
  notice: z.string().optional(),
  session_id: z.string().optional(),
  detail: z.string().optional(),
});

type Part = [name: string, value: string | File];
const text = (content: string, name = 'service log.md'): Part => ['files', new File([content], name)];

/** Sends a form while the jobs run. */
async function post(...parts: Part[]) {
  const form = new FormData();
  for (const [name, value] of parts) form.append(name, value);
  const reply = await test.working(fetch(url, { method: 'POST', body: form }));
  const body = answer.parse(await reply.json());
  return { status: reply.status, body };
}

describe('a question with files', () => {
  it.each([
    ['after the fields', [['instrument_id'], ['question'], ['files']]],
    ['before the fields', [['files'], ['question'], ['instrument_id']]],
  ])('%s is answered from them, and so are those that follow', async (_order, names) => {
    const values: Record<string, string> = { instrument_id: instrument, question, session_id: '' };
    const { status, body } = await post(
      ...names.map(([name]): Part => (name === 'files' ? text(log) : [name!, values[name!]!])),
      ['session_id', ''],
      ['something_else', 'ignored'],
    );
    expect([status, body.detail]).toEqual([200, undefined]);
    expect(body.answer).toContain('14 mL/min');
    expect(body.citations[0]).toMatchObject({ source_title: 'service log', support: 'verbatim' });

    const next = await host.inject({
      method: 'POST',
      url: '/api/chat/ask',
      payload: { instrument_id: instrument, question, session_id: body.session_id },
    });
    expect(next.json().answer).toContain('14 mL/min');
  });

  it('takes several, more than a body may hold, and says which could not be read', async () => {
    const long = `${log}\n${'The pump hums along quietly through the night. '.repeat(40_000)}\n`;
    const { status, body } = await post(
      ['instrument_id', instrument],
      ['question', question],
      text(long),
      text('\n \n', 'empty.md'),
    );
    expect([status, body.detail]).toEqual([200, undefined]);
    expect(body.answer).toContain('14 mL/min');
    expect(body.notice).toContain('"empty.md" could not be read: This note is empty.');
  });

  it.each([
    ['too large', 413, [text('x'.repeat(10_000_001))], 'The file is larger than 9 MB.'],
    [
      'of a kind that cannot be read yet',
      415,
      [text(log), text('\x89PNG\r\n\x1a\n\0\0', 'pump.png')],
      '"pump.png": This kind of file cannot be read. PDF, DOCX, PPTX, XLSX, ODT, ODP, ODS, CSV, Markdown and plain text can, and so can pictures (PNG, JPEG, TIFF, WebP, GIF) and recordings (MP4, WebM, MOV, MP3, WAV, FLAC, Ogg).',
    ],
    ['empty', 400, [text('', 'nothing.md')], '"nothing.md": The file is empty.'],
    ['not there', 400, [], 'files is required'],
    ['too many', 413, Array.from({ length: 11 }, () => text(log)), 'The request is too large.'],
  ] as const)('whose file is %s is refused, and nothing is left', async (_what, status, sent, detail) => {
    const before = await footprint(test.rayni.app);
    const reply = await post(['instrument_id', instrument], ['question', question], ...sent);
    expect(reply).toMatchObject({ status, body: { detail } });
    expect(await footprint(test.rayni.app)).toEqual(before);
  });

  it('is refused for its own reason although the store does not forget it', async () => {
    const remove = vi.spyOn(test.rayni.app.blobs, 'remove').mockRejectedValue(new Error('the store refuses'));
    try {
      const reply = await post(text(log), ['question', question], ['instrument_id', 'no id']);
      expect(reply).toMatchObject({ status: 400, body: { errors: { instrument_id: expect.any(Array) } } });
    } finally {
      remove.mockRestore();
    }
  });

  it('is refused by its fields when they come last, and nothing is left', async () => {
    const before = await footprint(test.rayni.app);
    const later = await post(text(log), ['question', question], ['instrument_id', 'no id']);
    expect(later).toMatchObject({ status: 400, body: { errors: { instrument_id: expect.any(Array) } } });
    const ingest = await post(
      text(log),
      ['instrument_id', instrument],
      ['question', question],
      ['ingest', 'on'],
    );
    expect(ingest).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    expect(await footprint(test.rayni.app)).toEqual(before);
  });

  it('that breaks off in the middle leaves nothing', async () => {
    const before = await footprint(test.rayni.app);
    const gone = new AbortController();
    const half = new ReadableStream({
      async pull(controller) {
        controller.enqueue(
          new TextEncoder().encode(
            '--b\r\nContent-Disposition: form-data; name="files"; filename="log.md"\r\n\r\nhalf of it',
          ),
        );
        await expect
          .poll(() =>
            test.rayni.app.db.query
              .selectFrom('upload')
              .select('id')
              .where('completed_at', 'is', null)
              .execute(),
          )
          .not.toEqual([]);
        gone.abort();
      },
    });
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const sent = { method: 'POST', body: half, duplex: 'half', headers, signal: gone.signal };
    await expect(fetch(url, sent as RequestInit)).rejects.toThrow();
    await expect.poll(() => footprint(test.rayni.app)).toEqual(before);
  });
});
