import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import { ask } from '../chat/turns.ts';
import { docxFile, pptxFile, xlsxFile } from '../testing/office-files.ts';
import { guest, testApp, type TestApp } from '../testing/index.ts';
import { completeUpload, initiateUpload } from '../uploads/uploads.ts';
import { locateProof } from '../viewer/locate.ts';

// Uploaded, read, asked and opened, without a key.

let setup: TestApp;
let admin: Viewer;
beforeAll(async () => {
  setup = await testApp();
  admin = await setup.account({ isAdmin: true });
});
afterAll(() => setup[Symbol.asyncDispose]());

const never = () => new AbortController().signal;

/** The Proofs of an answer to a question about this document alone, and where they open. */
async function proofs(filename: string, bytes: Uint8Array, question: string) {
  const instrumentId = await setup.instrument();
  await setup.document(admin, instrumentId, filename, bytes);
  const answer = await ask(setup.rayni, guest, { instrumentId, question }, never());
  expect(answer.reason).toBe('extractive');
  const { citations, text } = answer;
  for (const { id, quote, locator } of citations)
    expect(await locateProof(setup.rayni.app, guest, { target: id })).toMatchObject({ quote, locator });
  return { text, proofs: citations.map(({ quote, locator }) => ({ quote, locator })) };
}

test('a value of a sheet is answered with its row, under the names of its columns', async () => {
  const rows = Array.from({ length: 120 }, (_, i) => [
    `RX-${i + 1}`,
    `rotor for tubes of ${i + 1} mL`,
    { rpm: 9_000 + 50 * i },
  ]);
  const bytes = xlsxFile([
    { name: 'Notes', rows: [['Read this first: the values are those of the maker.']] },
    {
      name: 'Rotors',
      rows: [
        ['Rotors and their limits'],
        [],
        [{ bold: 'Rotor' }, { bold: 'For' }, { bold: 'Maximum speed' }],
        ...rows,
      ],
    },
  ]);
  const { text, proofs: found } = await proofs(
    'rotors.xlsx',
    bytes,
    'What is the maximum speed of rotor RX-77?',
  );
  expect(found[0]).toMatchObject({
    quote: 'RX-77\trotor for tubes of 77 mL\t12,800 rpm',
    locator: { kind: 'sheet', sheet: 'Rotors', range: 'A80:C80' },
  });
  expect(text).toContain('Rotor\tFor\tMaximum speed\nRX-77');
  // Near the title of the sheet, too.
  const first = await proofs('rotors.xlsx', bytes, 'What is the maximum speed of rotor RX-3?');
  expect(first.proofs[0]).toMatchObject({ locator: { range: 'A6:C6' } });
  expect(first.text).toContain('Rotors and their limits\nRotor\tFor\tMaximum speed\nRX-3');
});

test('a slide is answered with its number, also what its speaker says', async () => {
  const bytes = pptxFile([
    { title: 'Welcome', body: ['A course for new users.'] },
    {
      title: 'Lamp',
      body: ['The deuterium lamp lasts 1,200 hours.'],
      notes: 'Spare lamps are kept in drawer 7.',
    },
  ]);
  const { proofs: found } = await proofs('course.pptx', bytes, 'How long does the deuterium lamp last?');
  expect(found[0]).toMatchObject({
    quote: 'The deuterium lamp lasts 1,200 hours.',
    locator: { kind: 'slide', slide: 2 },
  });
  const notes = await proofs('course.pptx', bytes, 'Where are the spare lamps kept?');
  expect(notes.proofs[0]).toMatchObject({
    quote: 'Spare lamps are kept in drawer 7.',
    locator: { kind: 'slide', slide: 2 },
  });
});

test('steps of a Word document are answered with their numbers and the place in its text', async () => {
  const bytes = docxFile([
    { heading: 1, text: 'Pump' },
    'This pump is used every day.',
    { heading: 2, text: 'Priming the tubing' },
    { item: 'Close the clamp.', list: 1 },
    { item: 'Press PRIME for 12 seconds.', list: 1 },
    { item: 'Open the clamp.', list: 1 },
    { heading: 2, text: 'Storage' },
    'Store the pump dry.',
  ]);
  const { proofs: found } = await proofs('pump.docx', bytes, 'How do I prime the tubing?');
  const steps =
    'Priming the tubing\n\n1. Close the clamp.\n2. Press PRIME for 12 seconds.\n3. Open the clamp.';
  expect(found[0]!.quote.endsWith(steps)).toBe(true);
  const end = 'Pump\n\nThis pump is used every day.\n\n'.length + steps.length;
  expect(found[0]!.locator).toEqual({ kind: 'text', start: end - found[0]!.quote.length, end });
});

describe('what cannot be read', () => {
  test('is refused at upload where its first bytes say so, with what to do', async () => {
    const instrumentId = await setup.instrument();
    const input = { filename: 'old.xls', contentType: 'application/vnd.ms-excel' };
    const { uploadId } = await initiateUpload(setup.rayni.app, admin, input, 1_000_000);
    setup.put(uploadId, Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(9_000)]));
    const refused = completeUpload(setup.rayni.app, admin, { uploadId, instrumentId }, 1_000_000);
    await expect(refused).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: expect.stringContaining('Save it as DOCX, XLSX or PPTX without a password'),
    });
  });

  test('ends as a rejected source with the reason otherwise', async () => {
    const instrumentId = await setup.instrument();
    const sourceId = await setup.document(
      admin,
      instrumentId,
      'cut.xlsx',
      xlsxFile([{ name: 'A', rows: [['x']] }]).slice(0, 900),
    );
    const source = await setup.rayni.app.db.query
      .selectFrom('source')
      .select(['status', 'status_detail'])
      .where('id', '=', sourceId)
      .executeTakeFirst();
    expect(source).toMatchObject({ status: 'rejected', status_detail: expect.stringContaining('damaged') });
  });
});
