import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { ModelFault } from '../app.ts';
import { hears, recordingScene, tones, vtt } from '../testing/recordings.ts';
import { giveUp } from './ingest.ts';

const scene = recordingScene();
const { as, brought, complete, shown, sourceOf, uploaded } = scene;

describe('a recording without ffmpeg', () => {
  test('is read by captions that come with it, in one transaction', async () => {
    const captions = await uploaded('pump.vtt', vtt([0, 1, 'Press start.'], [1.2, 2, 'Wait for the pump.']));
    const sourceId = await brought(tones(), { captions });
    expect(await sourceOf(sourceId)).toMatchObject({ type: 'video', status: 'approved' });
    const recording = await shown(sourceId);
    expect(recording).toMatchObject({
      transcriptFrom: 'captions',
      transcript: [
        { start: 0, end: 1, text: 'Press start.' },
        { start: 1.2, end: 2, text: 'Wait for the pump.' },
      ],
      posterUrl: '',
    });
    expect(recording.duration).toBeCloseTo(1.7, 1);
    const asked = await as(scene.admin).chat.ask({
      instrumentId: scene.instrumentId,
      question: 'What do I wait for?',
    });
    expect(asked.citations.map(({ locator }) => locator)).toContainEqual({ kind: 'time', start: 0, end: 2 });
    // What was taken as captions is taken.
    await expect(complete(await uploaded('again.wav', tones()), { captions })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('without captions and model waits, and says what is missing; a manager has it read again', async () => {
    const sourceId = await brought();
    expect(await sourceOf(sourceId)).toMatchObject({
      status: 'parsed',
      statusDetail: expect.stringMatching(/no captions.*Upload captions.*OPENAI_API_KEY/),
    });
    expect((await shown(sourceId)).duration).toBeCloseTo(1.7, 1);
    scene.setup.rayni.app.transcriber = hears([{ start: 0, end: 0.6, text: 'Turn the key.' }]);
    await as(scene.admin).sources.update({ id: sourceId, status: 'processing' });
    await scene.setup.work();
    expect(await sourceOf(sourceId)).toMatchObject({ status: 'approved', statusDetail: null });
    expect((await shown(sourceId)).transcriptFrom).toBe('model');
  });

  test('is sent whole to a model, and says what ffmpeg is needed for when it is too large or of another kind', async () => {
    let sent = '';
    scene.setup.rayni.app.transcriber = {
      ...hears([{ start: 0, end: 0.6, text: 'Turn the key.' }]),
      async transcribe({ path }) {
        sent = path;
        expect(readFileSync(path).subarray(0, 4).toString()).toBe('RIFF');
        return [{ start: 0, end: 0.6, text: 'Turn the key.' }];
      },
    };
    expect(await sourceOf(await brought())).toMatchObject({ status: 'approved' });
    expect(sent).toMatch(/\.wav$/);
    scene.setup.rayni.app.transcriber = { ...hears([]), maxBytes: 1_000 };
    expect(await sourceOf(await brought())).toMatchObject({
      status: 'parsed',
      statusDetail: expect.stringContaining('ffmpeg is needed for a recording of more than'),
    });
    const avi = Buffer.concat([Buffer.from('RIFF\x00\x10\x00\x00AVI LIST'), Buffer.alloc(200)]);
    const { sourceId } = await complete(await uploaded('a.avi', avi));
    await scene.setup.work();
    expect((await sourceOf(sourceId))?.statusDetail).toMatch(/ffmpeg is needed for the sound of this kind/);
  });

  test('in which nobody speaks waits for captions', async () => {
    scene.setup.rayni.app.transcriber = hears([]);
    const sourceId = await brought();
    expect((await sourceOf(sourceId))?.statusDetail).toMatch(/No speech was found.*Upload captions/);
  });

  test('whose model fails is tried again, then waits with the reason', async () => {
    const fault = new ModelFault('rate_limited', 'The language model takes no more requests at the moment.');
    scene.setup.rayni.app.transcriber = { ...hears([]), transcribe: () => Promise.reject(fault) };
    const { sourceId, versionId } = await complete(await uploaded('pump.wav', tones()));
    await expect(scene.setup.work()).rejects.toBe(fault);
    await giveUp(scene.setup.rayni.app, versionId);
    expect(await sourceOf(sourceId)).toMatchObject({
      status: 'parsed',
      statusDetail: expect.stringContaining('takes no more requests'),
    });
    // A key that is refused will be refused again.
    const refused = new ModelFault('unauthorized', 'The language model refuses the key.');
    scene.setup.rayni.app.transcriber = { ...hears([]), transcribe: () => Promise.reject(refused) };
    expect(await sourceOf(await brought())).toMatchObject({
      status: 'parsed',
      statusDetail: expect.stringContaining('refuses the key'),
    });
  });
});

/** An instrument whose trained users may bring documents, and so many of them. */
async function broughtByTrained(count: number) {
  const { setup } = scene;
  const own = await setup.instrument();
  await setup.rayni.app.db.query
    .updateTable('instrument')
    .set({ trained_may_upload: true })
    .where('id', '=', own)
    .execute();
  const trained = await Promise.all(Array.from({ length: count }, () => setup.account()));
  for (const viewer of trained) await setup.grant(viewer, own, 'trained_user');
  return { own, trained };
}

describe('captions that come later', () => {
  test('replace what answered once they are read, and again', async () => {
    scene.setup.rayni.app.transcriber = hears([{ start: 0, end: 0.6, text: 'Turn the Brindlewick key.' }]);
    const sourceId = await brought();
    const before = await as(scene.admin).chat.ask({
      instrumentId: scene.instrumentId,
      question: 'Turn the Brindlewick key?',
    });
    const put = await complete(
      await uploaded('pump.srt', '1\n00:00:00,000 --> 00:00:01,000\nTurn the Brindlewick lever.\n'),
      { captionsFor: sourceId },
    );
    expect(put).toMatchObject({ sourceId, status: 'approved' });
    expect((await shown(sourceId)).transcript[0]?.text).toBe('Turn the Brindlewick key.');
    await scene.setup.work();
    expect(await shown(sourceId)).toMatchObject({
      transcriptFrom: 'captions',
      transcript: [{ text: 'Turn the Brindlewick lever.' }],
    });
    // The old citation opens what it was made from.
    const { id } = before.citations.find((citation) => citation.sourceId === sourceId)!;
    expect(await as(scene.admin).viewer.recording({ target: id })).toMatchObject({
      quote: 'Turn the Brindlewick key.',
      transcript: [{ text: 'Turn the Brindlewick key.' }],
    });
    const held = () =>
      scene.setup.rayni.app.db.query
        .selectFrom('companion')
        .innerJoin('source_version', 'source_version.id', 'companion.version_id')
        .select('companion.blob_key')
        .where('source_version.source_id', '=', sourceId)
        .execute();
    const [first] = await held();
    await complete(await uploaded('new.vtt', vtt([0, 1, 'Turn nothing.'])), { captionsFor: sourceId });
    await scene.setup.work();
    expect((await shown(sourceId)).transcript[0]?.text).toBe('Turn nothing.');
    expect(await held()).toHaveLength(1);
    expect(await scene.setup.rayni.app.blobs.stat(first!.blob_key)).toBeUndefined();
  });

  test('with nothing in them leave the old answer, and say so', async () => {
    const captions = await uploaded('pump.vtt', vtt([0, 1, 'Press start.']));
    const sourceId = await brought(tones(), { captions });
    await complete(await uploaded('empty.vtt', 'WEBVTT\n\n'), { captionsFor: sourceId });
    await scene.setup.work();
    expect(await sourceOf(sourceId)).toMatchObject({
      status: 'approved',
      statusDetail: expect.stringContaining('hold no words'),
    });
    expect((await shown(sourceId)).transcript[0]?.text).toBe('Press start.');
  });

  test('are for managers, and for who brought the recording until it is approved', async () => {
    const { own, trained } = await broughtByTrained(2);
    const [maker, other] = trained as [Viewer, Viewer];
    const { sourceId } = await complete(
      await uploaded('pump.wav', tones(), maker),
      { instrumentId: own },
      maker,
    );
    await scene.setup.work();
    const attach = async (viewer: Viewer) =>
      complete(
        await uploaded('pump.vtt', vtt([0, 1, 'Press start.']), viewer),
        { instrumentId: own, captionsFor: sourceId },
        viewer,
      );
    await expect(attach(other)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await attach(maker);
    await scene.setup.work();
    expect(await sourceOf(sourceId)).toMatchObject({ status: 'embedded' });
    await as(scene.admin).sources.update({ id: sourceId, status: 'approved' });
    await expect(attach(maker)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(attach(other)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await attach(scene.admin);
    await scene.setup.work();
  });

  test('belong to the newest version, also while an older one answers', async () => {
    const captions = await uploaded('pump.vtt', vtt([0, 1, 'Turn the Ashbourne key.']));
    const sourceId = await brought(tones(), { captions });
    await complete(await uploaded('pump.wav', tones()), { sourceId });
    await scene.setup.work();
    // Nobody has heard what is said in it.
    expect((await sourceOf(sourceId))?.statusDetail).toMatch(/captions/);
    const put = await complete(await uploaded('new.vtt', vtt([0, 1, 'Turn the Ashbourne lever.'])), {
      captionsFor: sourceId,
    });
    expect((await shown(sourceId)).transcript[0]?.text).toBe('Turn the Ashbourne key.');
    await scene.setup.work();
    expect((await shown(sourceId)).transcript[0]?.text).toBe('Turn the Ashbourne lever.');
    const versions = await scene.setup.rayni.app.db.query
      .selectFrom('source_version')
      .innerJoin('companion', 'companion.version_id', 'source_version.id')
      .select(['source_version.id', 'ordinal'])
      .where('source_id', '=', sourceId)
      .where('kind', '=', 'captions')
      .orderBy('ordinal')
      .execute();
    expect(versions.map(({ ordinal }) => ordinal)).toEqual([1, 2]);
    expect(put.versionId).toBe(versions[1]!.id);
  });

  test('that are brought again for a rejected recording have it wait for approval', async () => {
    const text = vtt([0, 1, 'Press start.']);
    const sourceId = await brought(tones(), { captions: await uploaded('pump.vtt', text) });
    await scene.setup.rayni.app.db.query
      .updateTable('source')
      .set({ status: 'rejected', auto_approve: false })
      .where('id', '=', sourceId)
      .execute();
    await complete(await uploaded('again.vtt', text), { captionsFor: sourceId });
    await scene.setup.work();
    expect(await sourceOf(sourceId)).toMatchObject({ status: 'embedded', statusDetail: null });
  });

  test('of who may not approve take a recording out of what may be approved until they are read', async () => {
    const { own, trained } = await broughtByTrained(1);
    const [maker] = trained as [Viewer];
    const bring = async (more: object, name: string, bytes: Uint8Array | string) =>
      complete(await uploaded(name, bytes, maker), { instrumentId: own, ...more }, maker);
    const captions = await uploaded('pump.vtt', vtt([0, 1, 'Press start.']), maker);
    const { sourceId } = await bring({ captions }, 'pump.wav', tones());
    await scene.setup.work();
    expect(await sourceOf(sourceId)).toMatchObject({ status: 'embedded' });
    const put = await bring({ captionsFor: sourceId }, 'other.vtt', vtt([0, 1, 'Press stop.']));
    expect(put.status).toBe('processing');
    await expect(as(scene.admin).sources.update({ id: sourceId, status: 'approved' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await scene.setup.work();
    expect(await sourceOf(sourceId)).toMatchObject({ status: 'embedded' });
    expect((await shown(sourceId)).transcript[0]?.text).toBe('Press stop.');
  });

  test('are for recordings alone, and must be captions', async () => {
    const note = await scene.setup.document(scene.admin, scene.instrumentId, 'note.md', 'Not spoken.');
    const captions = () => uploaded('a.vtt', vtt([0, 1, 'Press start.']));
    await expect(complete(await captions(), { captionsFor: note })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    const text = await uploaded('note.md', 'Another note.');
    await expect(complete(text, { captions: await captions() })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    const sourceId = await brought();
    await expect(
      complete(await uploaded('a.vtt', 'No captions.'), { captionsFor: sourceId }),
    ).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
    await expect(complete(await captions())).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: expect.stringContaining('captionsFor'),
    });
  });
});

test('files of a recording that was being read are gone at its end, and those of a process that died a day later', async () => {
  const stale = join(tmpdir(), 'rayni-recording-stale-test');
  mkdirSync(stale, { recursive: true });
  writeFileSync(join(stale, 'sound.flac'), 'x');
  const longAgo = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(stale, longAgo, longAgo);
  scene.setup.rayni.app.transcriber = {
    ...hears([]),
    async transcribe({ path }) {
      writeFileSync(`${path}.seen`, '');
      throw new Error('unexpected');
    },
  };
  await complete(await uploaded('pump.wav', tones()));
  await expect(scene.setup.work()).rejects.toThrow('unexpected');
  const left = readdirSync(tmpdir()).filter((name) => name.startsWith('rayni-recording-'));
  expect(left).not.toContain('rayni-recording-stale-test');
  for (const name of left) expect(readdirSync(join(tmpdir(), name))).not.toContain('recording.wav.seen');
});
