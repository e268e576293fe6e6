import { describe, expect, it } from 'vitest';
import { withoutNearDuplicates } from './near-duplicates.ts';

const body =
  'Switch off the laser and wait until the fan has stopped. Open the side door with the key that hangs in the service cabinet, ' +
  'remove the filter by its handle and put it into the bag that came with the new one. Close the door before the laser is switched on.';
const kept = (...texts: string[]) =>
  withoutNearDuplicates(texts.map((text) => ({ text }))).map(({ text }) => text);

describe('withoutNearDuplicates', () => {
  it('keeps the better ranked of two that differ in case, spacing and a word', () => {
    expect(kept(`${body} Thanks.`, body.toUpperCase().replaceAll(' ', '  '))).toEqual([`${body} Thanks.`]);
  });

  it('keeps the same text with another number, unit or part number', () => {
    const texts = ['5 V', '12 V', '5 mV', 'E-104', 'E-105'].map((value) => `${body} Then set ${value}.`);
    expect(kept(...texts)).toEqual(texts);
  });

  it('keeps passages that share a subject only', () => {
    const texts = [
      body,
      'Open the side door with the key, and look for the number on the plate.',
      '',
      'Laser',
    ];
    expect(kept(...texts)).toEqual(texts);
  });
});
