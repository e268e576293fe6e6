import { type ReadBytes, Unreadable } from './reading.ts';

/** Reads office files. */
export const readOffice: ReadBytes = async () => {
  throw new Unreadable('This kind of document cannot be read yet.');
};
