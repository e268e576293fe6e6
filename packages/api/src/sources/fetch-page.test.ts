import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { Unreachable, type Web } from '../app.ts';
import { ask } from '../chat/turns.ts';
import { encodePlaceMap } from '../ingest/place-map-bytes.ts';
import { type ReadDocument, readDocument } from '../ingest/readers.ts';
import { Unreadable } from '../ingest/reading.ts';
import { jobHandlers } from '../jobs/handlers.ts';
import { drawPdf } from '../testing/draw-pdf.ts';
import { guest, testApp, type TestApp } from '../testing/index.ts';
import { locateProof } from '../viewer/locate.ts';
import { deleteSource, updateSource } from './change.ts';
import { createSource } from './create.ts';
import { fetchPage } from './fetch-page.ts';
import { refetchSource } from './refetch.ts';
import { listVersions, visibleSource } from './store.ts';

const address = 'https://lab.example/manual';
const question = 'Which temperature do I set for the calibration?';
const never = new AbortController().signal;
const pageSaying = (text: string, more = '') =>
  Buffer.from(`<!doctype html><html><body><main><p>${text}</p></main>${more}</body></html>`);
const calibration = 'Set the temperature of the calibration to 37 °C and wait.';

let test: TestApp;
let admin: Extract<Viewer, { kind: 'member' }>;
/** What the next fetches bring, the last of them for ever. */
let web: Web['fetch'];
let fetched: string[];

beforeAll(async () => {
  test = await testApp();
  admin = await test.account({ isAdmin: true });
  test.rayni.app.web = {
    fetch: (url, signal) => {
      fetched.push(url);
      return web(url, signal);
    },
  };
});
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(() => {
  fetched = [];
});

const brings =
  (bytes: Uint8Array, mediaType = 'text/html', url = `${address}/`): Web['fetch'] =>
  async () => ({ url, mediaType, charset: undefined, bytes });
const failing = (error: Error) => async () => {
  throw error;
};
const app = () => test.rayni.app;
const source = (id: string) => visibleSource(app().db.query, admin, id);
const versions = (id: string) => listVersions(app().db.query, admin, { sourceId: id, limit: 10 });
const unclaimed = () => app().db.query.selectFrom('unclaimed_blob').selectAll().execute();
/** A fetch is followed by a reading. */
const work = async () => {
  await test.work();
  await test.work();
};
const made = async () => {
  const instrumentId = await test.instrument();
  const { id } = await createSource(app(), admin, { type: 'url', instrumentId, url: address });
  return { id, instrumentId };
};
const read = async (bytes = pageSaying(calibration)) => {
  web = brings(bytes);
  const page = await made();
  await work();
  expect(await source(page.id)).toMatchObject({ status: 'approved', statusDetail: null });
  return page;
};

describe('a web page', () => {
  it('is fetched, kept as it was and read; its Proof names the address it led to', async () => {
    web = brings(pageSaying(calibration), 'text/html', 'https://lab.example/en/manual%20x');
    const { id, instrumentId } = await made();
    expect(await source(id)).toMatchObject({
      status: 'uploaded',
      storageUri: address,
      title: address,
      checksum: null,
    });
    await test.work();
    expect(fetched).toEqual([address]);
    await test.work();
    expect(await source(id)).toMatchObject({ type: 'url', status: 'approved', storageUri: address });
    const { citations } = await ask(test.rayni, guest, { instrumentId, question }, never);
    expect(citations[0]).toMatchObject({ sourceId: id, sourceType: 'url', quote: calibration });
    expect(await locateProof(app(), guest, { target: citations[0]!.id })).toMatchObject({
      filename: 'manual x.html',
      mediaType: 'text/html',
      quote: calibration,
      locator: {
        kind: 'text',
        start: 0,
        end: calibration.length,
        url: expect.stringContaining('https://lab.example/en/manual%20x#:~:text=Set%20the%20temperature'),
      },
    });
    expect(await unclaimed()).toEqual([]);
  });

  it('that is a PDF becomes one', async () => {
    const text = 'The calibration takes 20 minutes at a temperature of 37 degrees.';
    const pdf = await drawPdf([{ width: 400, height: 200, texts: [{ text, x: 30, y: 60, size: 11 }] }]);
    web = brings(pdf, 'application/pdf', `${address}/file`);
    const { id, instrumentId } = await made();
    await work();
    expect(await source(id)).toMatchObject({ type: 'pdf', status: 'approved', storageUri: address });
    expect(await locateProof(app(), admin, { sourceId: id })).toMatchObject({
      filename: 'file.pdf',
      mediaType: 'application/pdf',
      locator: { kind: 'pdf' },
    });
    const { citations } = await ask(test.rayni, guest, { instrumentId, question }, never);
    expect(citations[0]).toMatchObject({ sourceType: 'pdf', locator: { kind: 'pdf' } });
    // A page to sign in on, where the PDF was: what is there goes on answering.
    web = brings(pageSaying('Sign in.'));
    await refetchSource(app(), admin, id);
    await work();
    expect(await source(id)).toMatchObject({
      type: 'pdf',
      status: 'approved',
      statusDetail: expect.stringContaining('leads to a web page now'),
    });
  });

  it.each([
    ['is refused', failing(new Unreadable('There is no page at this address (HTTP 404).')), /HTTP 404/],
    ['is not what its server says', brings(Buffer.from('%PDF-1.7'), 'text/html'), /not what its server/],
    ['is binary', brings(Buffer.from([1, 2, 0, 3]), 'text/plain'), /not what its server/],
    ['is a picture', brings(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'image/png'), /not what its server/],
    ['is empty', brings(Buffer.alloc(0)), /not what its server/],
    ['holds no text', brings(Buffer.from('<script>app()</script>')), /No text was found on this page/],
  ])('that %s is rejected with the reason, and tried again on demand', async (_why, answer, reason) => {
    web = answer;
    const { id } = await made();
    await work();
    expect(await source(id)).toMatchObject({
      status: 'rejected',
      statusDetail: expect.stringMatching(reason),
    });
    web = brings(pageSaying(calibration));
    expect(await updateSource(app(), admin, { id, status: 'processing' })).toMatchObject({
      status: 'processing',
    });
    await work();
    expect(await source(id)).toMatchObject({ status: 'approved', statusDetail: null });
    expect(await unclaimed()).toEqual([]);
  });

  it('that cannot be reached is tried again by its job, and rejected with the last reason when every try failed', async () => {
    web = failing(new Unreachable('The name of this host is not known.'));
    const { id } = await made();
    await expect(test.work()).rejects.toBeInstanceOf(Unreachable);
    expect(await source(id)).toMatchObject({ status: 'processing' });
    await jobHandlers(app()).fetch.lost({ sourceId: id });
    expect(await source(id)).toMatchObject({
      status: 'rejected',
      statusDetail: 'The name of this host is not known.',
    });
  });

  it('is not fetched where there is no way to', async () => {
    const { id } = await made();
    const { web: none, ...ports } = app();
    expect(none).toBeDefined();
    await fetchPage(ports, readDocument, id, never);
    expect(await source(id)).toMatchObject({
      status: 'rejected',
      statusDetail: 'This server fetches no web pages.',
    });
    await test.work();
    expect(fetched).toEqual([]);
  });
});

describe('a web page that is fetched again', () => {
  it('makes a version only of another text, and old Proofs open the old one', async () => {
    const { id, instrumentId } = await read();
    const { citations } = await ask(test.rayni, guest, { instrumentId, question }, never);
    const [proof] = citations;
    const before = await locateProof(app(), guest, { target: proof!.id });

    for (const page of [pageSaying(calibration), pageSaying(calibration, '<script>visit(2)</script>')]) {
      web = brings(page);
      await refetchSource(app(), admin, id);
      await work();
      expect(await versions(id)).toHaveLength(1);
    }
    web = brings(pageSaying('Set the temperature of the calibration to 40 °C and wait.'));
    expect(await refetchSource(app(), admin, id)).toMatchObject({ status: 'approved' });
    await work();
    expect(await versions(id)).toMatchObject([
      { ordinal: 2, current: true },
      { ordinal: 1, current: false },
    ]);
    const again = await ask(test.rayni, guest, { instrumentId, question }, never);
    expect(again.citations[0]?.quote).toContain('40 °C');
    expect(await locateProof(app(), guest, { target: proof!.id })).toMatchObject({
      quote: before.quote,
      checksum: before.checksum,
      versionId: before.versionId,
      locator: before.locator,
      current: false,
    });
    expect(await unclaimed()).toEqual([]);
  });

  it('that is a scan makes no version where what is recognised in it is the same', async () => {
    const { id } = await read();
    // Scanned pages are recognised only where the bytes can be had twice.
    const scan: ReadDocument = async function* ({ bytes, again }) {
      const text = again || bytes instanceof Uint8Array ? calibration : '';
      yield { kind: 'units', units: [{ ordinal: 1, text, places: encodePlaceMap({ kind: 'none' }) }] };
    };
    web = brings(pageSaying(calibration, '<i>1</i>'));
    await fetchPage(app(), scan, id, never);
    expect(await versions(id)).toHaveLength(1);
  });

  it.each([
    ['refused', failing(new Unreadable('There is no page at this address (HTTP 404).')), /again.*HTTP 404/],
    ['not to be read', brings(Buffer.from('<script>app()</script>')), /again.*No text was found/],
    ['a PDF', brings(Buffer.from('%PDF-1.7'), 'application/pdf'), /leads to a PDF now/],
  ])('and is %s goes on answering as it was, and says so', async (_what, answer, reason) => {
    const { id, instrumentId } = await read();
    web = answer;
    await refetchSource(app(), admin, id);
    await work();
    expect(await source(id)).toMatchObject({
      status: 'approved',
      statusDetail: expect.stringMatching(reason),
    });
    expect(await versions(id)).toHaveLength(1);
    const { citations } = await ask(test.rayni, guest, { instrumentId, question }, never);
    expect(citations[0]).toMatchObject({ quote: calibration });
    // Said no longer once it is there again.
    web = brings(pageSaying(calibration));
    await refetchSource(app(), admin, id);
    await work();
    expect(await source(id)).toMatchObject({ status: 'approved', statusDetail: null });
    expect(await unclaimed()).toEqual([]);
  });

  it('and cannot be reached at all goes on answering too', async () => {
    const { id } = await read();
    web = failing(new Unreachable('The page’s server could not be reached.'));
    await refetchSource(app(), admin, id);
    await expect(test.work()).rejects.toBeInstanceOf(Unreachable);
    await jobHandlers(app()).fetch.lost({ sourceId: id });
    expect(await source(id)).toMatchObject({
      status: 'approved',
      statusDetail: 'It could not be fetched again. The page’s server could not be reached.',
    });
  });

  it('by two jobs at once, or by one that runs again, is one version', async () => {
    const { id } = await made();
    let visits = 0;
    web = async (...asked) => brings(pageSaying(calibration, `<i>${++visits}</i>`))(...asked);
    await Promise.all([1, 2, 3].map(() => fetchPage(app(), readDocument, id, never)));
    expect(visits).toBe(3);
    await work();
    expect((await versions(id)).map(({ ordinal }) => ordinal)).toEqual([1]);
    expect(await source(id)).toMatchObject({ status: 'approved' });
    await fetchPage(app(), readDocument, id, never);
    await work();
    expect(await versions(id)).toHaveLength(1);
    expect(await unclaimed()).toEqual([]);
  });

  it('and is deleted or rejected meanwhile leaves nothing behind', async () => {
    const deleted = await made();
    web = async (...asked) => {
      await deleteSource(app(), admin, deleted.id);
      return brings(pageSaying(calibration))(...asked);
    };
    await work();
    expect(await source(deleted.id)).toBeUndefined();
    const refused = await made();
    web = async (...asked) => {
      await updateSource(app(), admin, { id: refused.id, status: 'rejected', detail: 'Not ours.' });
      return brings(pageSaying(calibration))(...asked);
    };
    await work();
    expect(await source(refused.id)).toMatchObject({ status: 'rejected', statusDetail: 'Not ours.' });
    for (const { id } of [deleted, refused])
      expect(
        await app().db.query.selectFrom('source_version').select('id').where('source_id', '=', id).execute(),
      ).toEqual([]);
    expect(await unclaimed()).toEqual([]);
  });

  it.each<[string, Error]>([
    ['cannot be reached', new Unreachable('The page’s server could not be reached.')],
    ['cannot be read', new Unreadable('It is no page.')],
  ])('that a manager rejects meanwhile keeps their reason when it %s', async (_why, error) => {
    const { id } = await made();
    web = async () => {
      await updateSource(app(), admin, { id, status: 'rejected', detail: 'Not ours.' });
      throw error;
    };
    await test.work().catch((thrown: unknown) => expect(thrown).toBe(error));
    expect(await source(id)).toMatchObject({ status: 'rejected', statusDetail: 'Not ours.' });
  });

  it('after a manager rejected it waits for approval, when it says what it said', async () => {
    const { id } = await read();
    await app().db.query.updateTable('source').set({ status: 'embedded' }).where('id', '=', id).execute();
    await updateSource(app(), admin, { id, status: 'rejected' });
    await refetchSource(app(), admin, id);
    await work();
    expect(await source(id)).toMatchObject({ status: 'embedded', statusDetail: null });
    expect(await versions(id)).toHaveLength(1);
  });

  it('must be a page of the web, and not just be on its way', async () => {
    const instrumentId = await test.instrument();
    const note = await createSource(app(), admin, { type: 'note', instrumentId, title: 'N', text: 'T.' });
    await expect(refetchSource(app(), admin, note.id)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    web = brings(pageSaying(calibration));
    const { id } = await made();
    await refetchSource(app(), admin, id);
    await work();
    expect(fetched).toEqual([address]);
  });

  it('is kept without a fetch by whoever has it already', async () => {
    const instrumentId = await test.instrument();
    const page = {
      url: `${address}/`,
      mediaType: 'text/html',
      charset: 'utf-8',
      bytes: pageSaying(calibration),
    };
    const { id } = await createSource(app(), admin, { type: 'url', instrumentId, url: address }, page);
    await work();
    expect(fetched).toEqual([]);
    expect(await source(id)).toMatchObject({ status: 'approved', checksum: expect.any(String) });
    expect(await locateProof(app(), admin, { sourceId: id })).toMatchObject({
      mediaType: 'text/html;charset=utf-8',
    });
  });
});
