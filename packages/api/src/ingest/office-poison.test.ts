import { expect, test } from 'vitest';
import { poisonOffice, truncatedOffice } from '../testing/poison-office.ts';
import { readOfficeHere } from '../testing/read-here.ts';
import { readDocument } from './readers.ts';
import { Unreadable } from './reading.ts';

/** The number of fragments of a file, or why it has none. */
async function outcome(read: () => Promise<number>): Promise<number | string> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
}

async function inProcess(filename: string, bytes: Uint8Array): Promise<number> {
  let fragments = 0;
  for await (const part of readDocument({ bytes, type: 'office', filename }))
    if (part.kind === 'fragments') fragments += part.fragments.length;
  return fragments;
}

test.each(poisonOffice)('$name', async ({ filename, bytes, reason, heavy }) => {
  const found = await outcome(async () =>
    heavy ? inProcess(filename, bytes()) : (await readOfficeHere(bytes(), filename)).fragments.length,
  );
  if (reason) expect(found).toMatch(reason);
  else expect(found).toBeGreaterThan(0);
});

test('a document cut short anywhere is refused', async () => {
  for (const { name, bytes } of truncatedOffice(40))
    await expect(readOfficeHere(bytes), name).rejects.toThrow(Unreadable);
});
