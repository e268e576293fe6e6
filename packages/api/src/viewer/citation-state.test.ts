import { testEngines } from '@rayni/database/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { ask } from '../chat/turns.ts';
import { ingest } from '../ingest/ingest.ts';
import { readDocument } from '../ingest/readers.ts';
import { retrieve } from '../retrieval/retrieve.ts';
import { archiveSource, deleteSource, updateSource } from '../sources/change.ts';
import { createSource } from '../sources/create.ts';
import { guest, testApp, type TestApp } from '../testing/index.ts';
import { stateOfCitation } from './citation-state.ts';
import { locateProof } from './locate.ts';

const heat = 'Set the temperature of the calibration to 37 °C and wait for 20 minutes.';
const note = `# Calibration\n\n${heat}\n\n# Cleaning\n\nReplace the filter of the pump every 500 hours.\n`;
const question = 'Which temperature do I set for the calibration?';
const never = () => new AbortController().signal;

describe.each(testEngines())('what became of a quote on %s', (engine) => {
  let test: TestApp;
  let admin: Viewer;
  let instrumentId: string;
  let id: string;
  let citation: { id: string; quote: string; versionId: string };
  beforeAll(async () => {
    test = await testApp({ engine });
    admin = await test.account({ isAdmin: true });
    instrumentId = await test.instrument();
    ({ id } = await createSource(app(), admin, {
      type: 'note',
      instrumentId,
      title: 'Note',
      text: note,
      version: 'rev A',
    }));
    await test.work();
    const { citations } = await ask(test.rayni, guest, { instrumentId, question }, never());
    citation = citations[0]!;
    expect(citation.quote).toBe(heat);
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const app = () => test.rayni.app;
  const state = (viewer: Viewer = guest) => stateOfCitation(test.rayni, viewer, citation.id);
  const edit = async (text: string, read = true) => {
    test.advance(1_000);
    await updateSource(app(), admin, { id, text });
    if (read) await test.work();
  };

  it('is current while its version answers, also after it was read anew', async () => {
    expect(await state()).toMatchObject({ state: 'current', version: 'rev A', closeness: 1, difference: [] });
    expect(await state()).toMatchObject({
      newest: { versionId: citation.versionId },
      passage: { text: heat },
    });
    // As after a better reader has come: another reading of the same version answers.
    const { query } = app().db;
    await query.updateTable('reading').set({ reader_version: 0 }).execute();
    await ingest(app(), readDocument, citation.versionId, never());
    const readings = await query.selectFrom('reading').select('id').execute();
    expect(readings).toHaveLength(2);
    expect(await state()).toMatchObject({ state: 'current', passage: { text: heat } });
    expect(await locateProof(app(), guest, { target: citation.id })).toMatchObject({
      quote: heat,
      current: true,
    });
  });

  it('stays what it was until a newer version has been read', async () => {
    await edit(`# Preface\n\nRead this first.\n\n${note}`, false);
    expect(await state()).toMatchObject({ state: 'current' });
    await test.work();
    const found = await state();
    expect(found).toMatchObject({
      state: 'unchanged',
      version: 'rev A',
      newest: { version: '2' },
      closeness: 1,
    });
    expect(found.passage).toMatchObject({ text: heat, locator: { kind: 'text' } });
    // The place is that in the newer version, the Proof itself opens the old one.
    const proof = await locateProof(app(), guest, { target: citation.id });
    expect(proof).toMatchObject({
      current: false,
      version: 'rev A',
      versionId: citation.versionId,
      quote: heat,
    });
    expect(found.passage?.locator).not.toEqual(proof.locator);
  });

  it('says what changed, word for word', async () => {
    const now = heat.replace('37', '40');
    await edit(note.replace(heat, now));
    const found = await state();
    expect(found).toMatchObject({ state: 'changed', passage: { text: now, locator: { kind: 'text' } } });
    expect(found.closeness).toBeGreaterThan(0.8);
    expect(found.difference).toEqual([
      { kind: 'same', text: 'Set the temperature of the calibration to ' },
      { kind: 'removed', text: '37' },
      { kind: 'added', text: '40' },
      { kind: 'same', text: ' °C and wait for 20 minutes.' },
    ]);
    const [range] = found.passage!.ranges;
    const unit = await app()
      .db.query.selectFrom('fragment')
      .innerJoin('unit', 'unit.reading_id', 'fragment.reading_id')
      .select('unit.text')
      .where('fragment.id', '=', found.passage!.fragmentId)
      .executeTakeFirstOrThrow();
    expect(unit.text.slice(range!.start, range!.end)).toBe(now);
  });

  it('is worked out once for a newest version, and told to those who may know alone', async () => {
    const before = await state();
    const { query } = app().db;
    // Were it compared again, nothing like the quote would be found.
    const { fragmentId } = before.passage!;
    await query.updateTable('fragment').set({ text: 'Other words.' }).where('id', '=', fragmentId).execute();
    expect(await Promise.all([state(), state(admin)])).toEqual([before, before]);
    const setVisibility = (visibility: 'public' | 'restricted') =>
      query.updateTable('instrument').set({ visibility }).where('id', '=', instrumentId).execute();
    await setVisibility('restricted');
    await expect(state()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await state(admin)).toEqual(before);
    await setVisibility('public');
  });

  it('is gone when nothing close stands there any more', async () => {
    await edit('# Cleaning\n\nReplace the filter of the pump every 500 hours.\n');
    expect(await state()).toMatchObject({
      state: 'gone',
      newest: { version: '4' },
      passage: null,
      difference: [],
    });
  });

  it('keeps the state of the last good version when a newer one cannot be read', async () => {
    await edit(note);
    expect(await state()).toMatchObject({ state: 'unchanged', newest: { version: '5' } });
    await edit(' \n \n');
    expect(await state()).toMatchObject({ state: 'unchanged', newest: { version: '5' } });
    const { passages } = await retrieve({ app: app(), indexes: test.rayni.live.indexes }, guest, {
      instrumentId,
      question,
    });
    expect(passages[0]?.text).toContain(heat);
  });

  it('is told of an archived source, and to nobody who may not open the citation', async () => {
    await archiveSource(app(), admin, id);
    expect(await state()).toMatchObject({ state: 'unchanged' });
    await updateSource(app(), admin, { id, status: 'approved' });
    const setVisibility = (visibility: 'public' | 'restricted') =>
      app().db.query.updateTable('instrument').set({ visibility }).where('id', '=', instrumentId).execute();
    await setVisibility('restricted');
    await expect(state()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await setVisibility('public');
  });

  it('is gone with its source; the Proof keeps its quote and says so', async () => {
    const { query } = app().db;
    await query
      .updateTable('reading')
      .set({ facts: JSON.stringify({ description: 'A calibration.' }) })
      .execute();
    await deleteSource(app(), admin, id);
    for (const cleaned of [false, true]) {
      if (cleaned) await test.work();
      expect(await state()).toMatchObject({
        state: 'gone',
        quote: heat,
        newest: null,
        passage: null,
        closeness: null,
      });
      expect(await locateProof(app(), guest, { target: citation.id })).toMatchObject({
        quote: heat,
        deleted: true,
        url: '',
        locator: { kind: 'text' },
      });
    }
    // Nor is anything left that was made of its bytes.
    const readings = await query.selectFrom('reading').select(['segment', 'facts']).execute();
    expect(readings.length).toBeGreaterThan(0);
    for (const reading of readings) expect(reading).toEqual({ segment: null, facts: {} });
    await expect(stateOfCitation(test.rayni, guest, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
