import { type ReadBytes, Unreadable } from './reading.ts';

/** Reads pictures. */
export const readImage: ReadBytes = async () => {
  throw new Unreadable('This kind of document cannot be read yet.');
};
