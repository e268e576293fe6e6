import type { SourceType, TextRange } from '@rayni/contract';

/** A fragment as it is put before the model and the check. */
export type Passage = {
  fragmentId: string;
  sourceId: string;
  sourceTitle: string;
  sourceType: SourceType;
  versionId: string;
  readingId: string;
  ordinal: number;
  heading: string;
  text: string;
  ranges: TextRange[];
  kind: 'prose' | 'table' | 'code' | 'description';
  /** Sentences or table rows of `text`. */
  segments: [start: number, end: number][];
  score: number;
};

/** What a fragment says, whoever reads it. */
export type Said = Pick<Passage, 'heading' | 'text' | 'ranges' | 'kind' | 'segments'>;

/** What retrieval knows of the question's words in the documents it searched. */
export type QuestionTerm = { term: string; shown: string; df: number; idf: number };

/** What was found for a question. */
export type Retrieved = {
  /** Best first. */
  passages: Passage[];
  terms: QuestionTerm[];
  /** Vectors took part: a passage may fit without a word of the question. */
  byVector: boolean;
  /** Files attached to the conversation were searched: the question may be about one of them as a whole. */
  attached: boolean;
  /** Inverse document frequency of an index term in the searched documents; unknown terms get the highest. */
  idf: (term: string) => number;
};
