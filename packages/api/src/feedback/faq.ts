import type { FaqEntry } from '@rayni/contract';

/** What people ask before they ask about an instrument. */
export const faq: FaqEntry[] = [
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
