import { type ReadBytes, Unreadable } from './reading.ts';

/** Reads recordings. */
export const readVideo: ReadBytes = async () => {
  throw new Unreadable('This kind of document cannot be read yet.');
};
