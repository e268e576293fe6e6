import type { FragmentDraft, Unit } from '../ingest/reading.ts';

/** Reads an office file in this process; a name tells CSV. */
export async function readOfficeHere(
  bytes: Uint8Array,
  filename = 'file',
  limits: { pages?: number; textBytes?: number } = {},
): Promise<{ units: Unit[]; fragments: FragmentDraft[] }> {
  // Loaded when wanted: most tests read none.
  const { readOffice } = await import('../ingest/read-office.ts');
  const units: Unit[] = [];
  const fragments = await readOffice(bytes, {
    filename,
    mediaType: '',
    url: undefined,
    limits: { pages: 10_000, textBytes: 50 * 2 ** 20, ...limits },
    onUnit: async (unit) => void units.push(unit),
    onProgress() {},
    onFacts: async () => {},
  });
  return { units, fragments };
}
