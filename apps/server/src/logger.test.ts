import { fails, written } from '@rayni/scripted-openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { smallPdf } from './testing/small-pdf.ts';
import { patient, startTestServer, type TestCaller, type TestServer } from './testing/test-server.ts';

/** Words that are sent in, each found nowhere else. */
const canary = (what: string) => `canary${what}zq7`;

describe('the log of a server at its most talkative', () => {
  let server: TestServer;
  let admin: TestCaller;
  let instrumentId: string;
  const told: string[] = [];
  const sent = (what: string) => {
    told.push(canary(what));
    return canary(what);
  };

  beforeAll(async () => {
    server = await startTestServer({
      model: () => written(`Set the ${sent('Answer')} temperature to 37 degrees [1].`),
      logLevel: 'trace',
      metricsPort: 0,
    });
    instrumentId = await server.instrument();
    const { email } = await server.account({ isAdmin: true });
    admin = await server.login(email);
    told.push(email, admin.cookie.split('=')[1]!);
  });
  afterAll(() => server.close());

  const question = () => `To which ${sent('Question')} temperature do I set the calibration?`;
  const log = () => server.logs.map((line) => JSON.stringify(line)).join('\n');

  it('holds nothing of what is sent in and answered', async () => {
    await server.login(`${sent('Login')}@example.org`).catch(() => {});
    for (const [name, bytes] of [
      [`${sent('File')}.md`, `# Calibration\n\nSet the ${sent('Note')} temperature to 37 degrees.\n`],
      ['a.pdf', await smallPdf([[`Set the ${sent('Pdf')} temperature to 37 degrees.`]])],
      ['broken.pdf', `%PDF-1.7 ${sent('Broken')}`],
    ] as const) {
      const { sourceId } = await server.upload(admin, name, bytes, { instrumentId, title: sent('Title') });
      await server.read(admin, sourceId);
    }
    const { turnId, citations } = await admin.trpc.chat.ask.mutate({ instrumentId, question: question() });
    server.openai?.next(fails(400));
    await admin.trpc.chat.ask.mutate({ instrumentId, question: question() });
    await (
      await admin.fetch(`/stream/chat?instrument_id=${instrumentId}&q=${encodeURIComponent(question())}`)
    ).text();
    await admin.trpc.chat.feedback.mutate({ turnId, rating: 'dislike', comment: sent('Comment') });
    await admin.trpc.feedback.create.mutate({ body: sent('Feedback'), email: sent('Mail') });
    const signed = await admin.trpc.viewer.locate.query({ target: citations[0]!.id });
    expect(signed).toBeDefined();
    const token = await admin.trpc.tokens.create.mutate({ name: sent('TokenName') });
    told.push(token.secret);
    await server.guest.fetch('/trpc/auth.me', { headers: { authorization: `Bearer ${token.secret}` } });
    await server.guest.fetch('/trpc/auth.me', {
      headers: { authorization: `Bearer rayni_${sent('Bearer')}` },
    });
    await server.guest.fetch('/trpc/auth.me', { headers: { cookie: `rayni_session=${sent('Cookie')}` } });
    await admin.trpc.users.invite.mutate({ email: `${sent('Invited')}@example.org`, name: sent('Name') });
    await server.guest.fetch(`/auth/invite/${sent('Link')}`);
    const { id } = await admin.trpc.connectors.create.mutate({
      provider: 'google_drive',
      config: { folder_id: sent('Folder'), client_secret: sent('Secret'), refresh_token: sent('Refresh') },
    });
    await admin.trpc.connectors.sync.mutate({ id }).catch(() => {});
    await server.guest.fetch(`/files/${sent('Path')}?sig=${sent('Signature')}`);
    await server.guest.fetch('/trpc/chat.start', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"json":{"question":"${sent('Half')}`,
    });
    await expect.poll(() => server.rayni.live.running.size, patient).toBe(0);
    expect(server.logs.length).toBeGreaterThan(3);
    expect(told.filter((word) => log().includes(word))).toEqual([]);
  });

  it('holds nothing of it either when the database refuses it, but says where it failed', async () => {
    const { pool } = server.database;
    // What a database says of it holds the whole row.
    await pool.query('alter table user_turn add constraint refused check (question is null) not valid');
    await pool.query('alter table feedback add constraint refused check (body is null) not valid');
    await admin.trpc.chat.ask.mutate({ instrumentId, question: question() }).catch(() => {});
    await admin.trpc.feedback.create.mutate({ body: sent('Lost') }).catch(() => {});
    await admin
      .fetch('/api/feedback/', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ body: sent('LostToo') }),
      })
      .catch(() => {});
    const errors = server.logs.filter(({ level }) => level === 50);
    expect(errors.length).toBe(3);
    for (const error of errors) {
      expect(error).toMatchObject({ requestId: expect.any(String), err: { message: expect.any(String) } });
      expect(JSON.stringify(error)).toMatch(/ at .*\.ts:/);
    }
    expect(told.filter((word) => log().includes(word))).toEqual([]);
  });
});

it('keeps of an error what says what failed, with its causes, and leaves out what was sent', () => {
  const lines: string[] = [];
  const logger = createLogger('trace', { write: (line) => void lines.push(line) });
  const row = {
    detail: canary('Row'),
    params: [canary('Param')],
    query: canary('Sql'),
    code: '23514',
    table: 'turn',
  };
  const cause = Object.assign(new Error('refused by the table'), row);
  logger.error({ err: new AggregateError([new Error('failed', { cause })], 'several') }, 'Failed');
  logger.error({ err: { headers: canary('Header') } }, 'Thrown, and no error');
  expect(lines.join()).not.toMatch(/canary/);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    msg: 'Failed',
    err: {
      type: 'AggregateError',
      errors: [
        { message: 'failed', cause: { message: 'refused by the table', code: '23514', table: 'turn' } },
      ],
    },
  });
});
