import type { FaqEntry, FaqSaveInput } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import { requireAdmin } from '../access/require.ts';
import type { App } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { deleteFaq, writeFaq, writtenFaq } from './store.ts';

/** Common questions and their answers: the documented ones first, as an admin left them, then those that admins added. */
export async function listFaq(app: Pick<App, 'db'>): Promise<FaqEntry[]> {
  const entries = new Map(documented.map((entry) => [entry.id, entry]));
  for (const entry of await writtenFaq(app.db.query)) entries.set(entry.id, entry);
  return [...entries.values()];
}

/** For admins: writes a new entry, which comes last, or a known one anew, which stays where it is. */
export async function saveFaq(
  app: Pick<App, 'db' | 'clock'>,
  viewer: Viewer,
  input: FaqSaveInput,
): Promise<FaqEntry> {
  requireAdmin(viewer);
  await writeFaq(app.db.query, input, app.clock.now());
  return input;
}

/** For admins: takes an entry out. The documented ones are always there; they can be edited. */
export async function removeFaq(app: Pick<App, 'db'>, viewer: Viewer, id: string): Promise<void> {
  requireAdmin(viewer);
  if (documented.some((entry) => entry.id === id))
    throw new AppError('CONFLICT', 'This entry is always there. Edit it instead.');
  if (!(await deleteFaq(app.db.query, id))) throw notFound();
}

/** What people ask before they ask about an instrument. */
const documented: readonly FaqEntry[] = [
  {
    id: 'upload',
    question: 'How do I add a document?',
    answer:
      'Open the instrument, choose a file and give it a title. The file goes to the store, is read in the background and answers questions as soon as it is approved. Managers of the instrument may upload, and their documents are approved at once. Where an instrument allows it, trained users may upload too; a manager then approves what they add.',
  },
  {
    id: 'access',
    question: 'How do I get access to an instrument?',
    answer:
      'Public instruments answer everybody. A restricted one answers people with access to it: sign in, open it in the catalogue and ask for access. A manager of the instrument decides, and a granted access works at once.',
  },
  {
    id: 'citations',
    question: 'What do the numbers in an answer mean?',
    answer:
      'Each number stands behind a statement and opens its Proof: the quote the statement rests on, at its exact place in the source. A Proof also says how well the quote carries the statement: word for word, closely, in part, or not at all. None of them says that the source is right, so read the place before you act on it.',
  },
  {
    id: 'contact',
    question: 'Whom do I ask when something is wrong?',
    answer:
      'Send feedback and name the page and the answer it is about. For how to run the instrument itself, ask the people who manage it.',
  },
];
