import { type ReadBytes, Unreadable } from './reading.ts';

/** Reads web pages. */
export const readUrl: ReadBytes = async () => {
  throw new Unreadable('This kind of document cannot be read yet.');
};
