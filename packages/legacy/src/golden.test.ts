import { describe, expect, it } from 'vitest';
import { accessGoldens } from './goldens/access.ts';
import { chatGoldens } from './goldens/chat.ts';
import { uploadGoldens } from './goldens/uploads.ts';
import { connectorGoldens } from './goldens/connectors.ts';
import { feedbackGoldens } from './goldens/feedback.ts';
import { libraryGoldens } from './goldens/library.ts';
import type { Golden } from './goldens/golden.ts';
import {
  answer,
  citation,
  ids,
  instrument,
  legacyCitation,
  legacyInstrument,
  legacySource,
  located,
  source,
} from './samples.ts';
import type { Method } from './rows.ts';
import { table } from './table.ts';
import { testHost } from './test-host.ts';

const member = {
  userId: ids.user,
  email: 'user@rayni.com',
  name: 'Demo User',
  isAdmin: false,
  role: 'trained_user',
  allowed: [ids.instrument],
};
const legacyMember = {
  userId: ids.user,
  email: 'user@rayni.com',
  name: 'Demo User',
  is_admin: false,
  role: 'trained_user',
  allowed: [ids.instrument],
};
const guest = { ...member, userId: null, email: 'guest@rayni.com', name: 'Guest User', role: null };

const citations = (row: string, url: string): Golden => ({
  row,
  send: { url },
  script: { 'chat.citations': () => [citation] },
  input: { turnId: ids.turn },
  body: { items: [legacyCitation] },
});
const faq = (row: string, url: string): Golden => ({
  row,
  send: { url },
  script: { 'faq.list': () => [{ id: 'upload', question: 'How?', answer: 'So.' }] },
  input: undefined,
  body: { items: [{ id: 'upload', q: 'How?', a: 'So.' }] },
});
const sources = (row: string, url: string): Golden => ({
  row,
  send: {
    url: `${url}q=manual&type=pdf&status=archived&category=manual&folder=${ids.folder}&page=2&page_size=1`,
  },
  script: { 'sources.list': () => ({ items: [source], total: 3 }) },
  input: expect.objectContaining({
    instrumentId: ids.instrument,
    q: 'manual',
    type: 'pdf',
    status: 'archived',
    category: 'manual',
    folderId: ids.folder,
    page: 2,
    pageSize: 1,
  }),
  headers: { 'x-total-count': '3', link: expect.stringMatching(/page=3.*rel="next".*page=1&.*rel="prev"$/) },
  body: [legacySource],
});

const goldens: Golden[] = [
  {
    row: 'POST /api/auth/login',
    send: { url: '/api/auth/login', body: { email: 'user@rayni.com' } },
    script: { 'auth.login': () => member },
    input: { email: 'user@rayni.com' },
    body: legacyMember,
  },
  {
    row: 'POST /api/auth/logout',
    send: { url: '/api/auth/logout' },
    script: { 'auth.logout': () => ({ ok: true }) },
    input: undefined,
    body: { message: 'Logged out successfully' },
  },
  {
    row: 'GET /api/auth/me',
    send: { url: '/api/auth/me' },
    script: { 'auth.me': () => member },
    input: undefined,
    body: legacyMember,
  },
  {
    row: 'GET /api/auth/me',
    send: { url: '/api/auth/me' },
    script: { 'auth.me': () => guest },
    input: undefined,
    body: {
      userId: 'guest',
      email: 'guest@rayni.com',
      name: 'Guest User',
      is_admin: false,
      isGuest: true,
      allowed: [ids.instrument],
    },
  },
  {
    row: 'POST /api/chat/ask',
    send: {
      url: '/api/chat/ask',
      body: {
        instrument_id: ids.instrument,
        question: 'How cold?',
        session_id: ids.session,
        request_id: 'key-0001',
      },
    },
    script: { 'chat.ask': () => answer },
    input: {
      instrumentId: ids.instrument,
      question: 'How cold?',
      sessionId: ids.session,
      clientKey: 'key-0001',
    },
    body: {
      turn_id: ids.turn,
      answer: 'Set it to 18 °C.[1]',
      citations: [legacyCitation],
      session_id: ids.session,
    },
  },
  {
    row: 'POST /api/chat/ask',
    send: { url: '/api/chat/ask', body: { instrument: ids.instrument, question: 'How cold?' } },
    script: { 'chat.ask': () => ({ ...answer, reason: 'extractive', notice: 'No model could be reached.' }) },
    input: { instrumentId: ids.instrument, question: 'How cold?' },
    body: {
      turn_id: ids.turn,
      answer: 'Set it to 18 °C.[1]',
      citations: [legacyCitation],
      session_id: ids.session,
      mode: 'extractive',
      notice: 'No model could be reached.',
    },
  },
  citations('GET /api/citations/turn/:turn_id', `/api/citations/turn/${ids.turn}`),
  citations('GET /api/chat/turns/:turn_id/citations', `/api/chat/turns/${ids.turn}/citations`),
  {
    row: 'GET /api/instruments/',
    send: { url: '/api/instruments/' },
    script: { 'instruments.list': () => [instrument] },
    input: undefined,
    body: [legacyInstrument],
  },
  {
    row: 'GET /api/instruments/:id/',
    send: { url: `/api/instruments/${ids.instrument}/` },
    script: { 'instruments.get': () => instrument },
    input: { id: ids.instrument },
    body: legacyInstrument,
  },
  {
    row: 'GET /api/folders/',
    send: { url: `/api/folders/?instrument=${ids.instrument}` },
    script: {
      'folders.list': () => [
        { id: ids.folder, instrumentId: ids.instrument, name: 'Manuals', parentId: null },
      ],
    },
    input: { instrumentId: ids.instrument },
    body: [{ id: ids.folder, instrument: ids.instrument, name: 'Manuals', parent: null }],
  },
  sources('GET /api/sources/', `/api/sources/?instrument=${ids.instrument}&`),
  sources('GET /api/instruments/:instrument/sources/', `/api/instruments/${ids.instrument}/sources/?`),
  {
    row: 'GET /api/sources/:id/',
    send: { url: `/api/sources/${ids.source}/` },
    script: { 'sources.get': () => source },
    input: { id: ids.source },
    body: legacySource,
  },
  {
    row: 'GET /api/viewer/pdf/:source_id',
    send: { url: `/api/viewer/pdf/${ids.source}?fragment=${ids.citation}` },
    script: { 'viewer.locate': () => located },
    input: { sourceId: ids.source, target: ids.citation },
    body: {
      type: 'pdf',
      page: 3,
      bbox: { x: 60, y: 100, w: 212, h: 26 },
      rects: [
        { x: 72, y: 100, w: 200, h: 12 },
        { x: 60, y: 114, w: 90, h: 12 },
      ],
      page_width: 595,
      page_height: 842,
      filename: 'manual.pdf',
      version: 'rev C',
      checksum: 'sha256:ab',
      url: 'http://rayni.test/files/x?sig=y',
      quote: 'Set the chiller to 18 °C.',
    },
  },
  {
    row: 'GET /media/:source_id',
    send: { url: `/media/${ids.source}.pdf` },
    script: { 'viewer.locate': () => located },
    input: { sourceId: ids.source },
    status: 302,
    headers: { location: 'http://rayni.test/files/x?sig=y' },
    body: '',
  },
  faq('GET /api/faq/', '/api/faq/'),
  faq('GET /api/support/faq', '/api/support/faq'),
  ...accessGoldens,
  ...chatGoldens,
  ...uploadGoldens,
  ...connectorGoldens,
  ...feedbackGoldens,
  ...libraryGoldens,
];

/** The same address in the other slash form. */
const otherForm = (url: string) => url.replace(/(\/?)(?=\?|$)/, (slash) => (slash ? '' : '/'));

describe.each(goldens)('$row', ({ row, send, script, input, status = 200, headers = {}, body }) => {
  const method = row.slice(0, row.indexOf(' ')) as Method;
  // A redirect and what is gone have no body.
  const isJson = status !== 302 && status !== 204;
  it.each([send.url, otherForm(send.url)])('%s', async (url) => {
    const { host, calls } = testHost(script);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await host.inject({
      method,
      url,
      ...(send.body ? { payload: send.body } : {}),
      ...(send.form ? { payload: send.form, headers: form } : {}),
      ...(send.parts ? { payload: send.parts() } : {}),
    });
    expect(reply.statusCode).toBe(status);
    expect(calls.at(-1)).toEqual({ procedure: Object.keys(script)[0], input });
    expect(calls.length).toBe(Object.keys(script).length);
    expect(reply.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-request-id': 'request-1',
      ...(isJson ? { 'content-type': 'application/json; charset=utf-8' } : {}),
      ...headers,
    });
    expect(isJson ? reply.json() : reply.payload).toEqual(body ?? '');
  });

  it('answers in the shape the documentation gives', () => {
    const found = table.find((each) => each.paths.some((path) => row === `${each.method} ${path}`));
    if (found?.kind === 'json') expect(found.shape.parse(body)).toEqual(body);
  });
});

it('holds one written-out answer for every path and spelling, but the stream', () => {
  const served = table
    .filter((row) => row.kind !== 'sse')
    .flatMap((row) => row.paths.map((path) => `${row.method} ${path}`));
  expect([...new Set(goldens.map((golden) => golden.row))].sort()).toEqual(served.sort());
});

describe('a bare list of sources that nobody asked to be paged', () => {
  it('is whole, however many there are', async () => {
    const all = Array.from({ length: 1_203 }, (_, i) => ({ ...source, title: `No. ${i}` }));
    const { host } = testHost({
      'sources.list': ({ page, pageSize }: { page: number; pageSize: number }) => ({
        items: all.slice((page - 1) * pageSize, page * pageSize),
        total: all.length,
      }),
    });
    const reply = await host.inject(`/api/sources/?instrument=${ids.instrument}&q=&folder=`);
    expect(reply.json().map((each: { title: string }) => each.title)).toEqual(all.map((each) => each.title));
    expect(reply.headers['x-total-count']).toBe('1203');
    expect(reply.headers.link).toBeUndefined();
  });
});

describe('the place in a PDF', () => {
  const place = async (query: string, found: object) => {
    const { host } = testHost({ 'viewer.locate': () => ({ ...located, ...found }) });
    return (await host.inject(`/api/viewer/pdf/${ids.source}${query}`)).json();
  };
  it('is on the page that was asked for, where the quote runs over two', async () => {
    expect(await place('?page=4', {})).toMatchObject({ page: 4, bbox: { x: 72, y: 50, w: 40, h: 12 } });
  });
  it('has no box on a page the quote does not stand on', async () => {
    expect(await place('?page=9', {})).toMatchObject({ page: 9, bbox: null, rects: [], page_width: null });
  });
  it('is not guessed', async () => {
    expect(await place('', { locator: { kind: 'none' } })).toMatchObject({
      page: null,
      bbox: null,
      rects: [],
    });
  });
  it('is not there when the source is no PDF', async () => {
    expect(await place('', { type: 'note' })).toEqual({ detail: 'Not found.', code: 'NOT_FOUND' });
  });
});
