import type { Passage } from '../retrieval/passage.ts';

/**
 * What `prepare` makes of a passage's text, made once for all answers that show the passage: they share the segments of their copies as long as
 * retrieval keeps them.
 */
export function preparedOnce<T>(
  prepare: (text: string, segments: Passage['segments']) => T,
): (passage: Pick<Passage, 'text' | 'segments'>) => T {
  const known = new WeakMap<Passage['segments'], { text: string; made: T }>();
  return ({ text, segments }) => {
    const before = known.get(segments);
    if (before?.text === text) return before.made;
    const made = prepare(text, segments);
    known.set(segments, { text, made });
    return made;
  };
}
