import { type MarkReader, openMark } from './mark-syntax.ts';

/** `marker` is the number shown, `passage` the index in the prompt (from 0), `at` the offset of its `[` in the emitted text. */
export type MarkerPart =
  | { type: 'text'; text: string }
  | { type: 'mark'; marker: number; passage: number; at: number };

/** Text goes in as the model writes it, text and marks come out; `end` gives what was held back. */
export type MarkerStream = {
  push(delta: string): MarkerPart[];
  end(): MarkerPart[];
  /** Numbers the model made up, removed from the text so far. */
  readonly dropped: number;
};

/**
 * Finds the marks in a model's answer while it streams. The emitted text holds each as `[1]`, `[2]`, … in order of appearance,
 * one number for every occurrence (`[1, 3]` becomes `[1][2]`); a mark's part follows the text part that holds it. Code, links
 * and reference definitions pass unchanged. Held back is at most an unfinished mark (62 units) or half a surrogate pair; a
 * lone surrogate becomes U+FFFD. However the text is cut into deltas, the joined result is the same.
 */
export function markerStream(passageCount: number): MarkerStream {
  let parts: MarkerPart[] = [];
  let text = '';
  let length = 0;
  let marker = 0;
  let dropped = 0;
  let high = '';

  let mode: 'text' | 'inline' | 'fence' | 'link' = 'text';
  /** The run of backticks or tildes just read, and the one that opened the code. */
  let run = { unit: '', count: 0, starts: false };
  let opened = { unit: '', count: 0, sameLine: false };
  let lineBlank = true;
  let previous = '';
  let mark: { reader: MarkReader; held: string; starts: boolean; closed: boolean } | undefined;

  const emit = (chunk: string): void => {
    text += chunk;
    length += chunk.length;
  };
  const flush = (): MarkerPart[] => {
    if (text !== '') parts.push({ type: 'text', text });
    text = '';
    const out = parts;
    parts = [];
    return out;
  };

  const resolve = (reader: MarkReader): void => {
    for (const number of reader.numbers()) {
      if (number < 1 || number > passageCount) {
        dropped++;
        continue;
      }
      const at = length;
      emit(`[${++marker}]`);
      parts.push({ type: 'text', text }, { type: 'mark', marker, passage: number - 1, at });
      text = '';
    }
  };

  /** True when `unit` was taken into the open mark; otherwise the mark is settled and `unit` is still to be read. */
  const continueMark = (open: NonNullable<typeof mark>, unit: string): boolean => {
    if (!open.closed) {
      const step = open.reader.next(unit);
      if (step !== 'no') {
        open.held += unit;
        open.closed = step === 'done';
        return true;
      }
    }
    mark = undefined;
    const isLink = unit === '(' || (unit === ':' && open.starts);
    if (open.closed && !(isLink && open.reader.close === ']')) resolve(open.reader);
    else emit(open.held);
    previous = open.held.at(-1) ?? '';
    return false;
  };

  const endRun = (unit: string): void => {
    const { count, starts } = run;
    const wasOpenedBy = run.unit === opened.unit;
    if (mode === 'text' && starts && count >= 3) {
      mode = 'fence';
      opened = { unit: run.unit, count, sameLine: true };
    } else if (mode === 'text' && run.unit === '`') {
      mode = 'inline';
      opened = { unit: '`', count, sameLine: true };
    } else if (mode === 'inline' && wasOpenedBy && count === opened.count) mode = 'text';
    else if (mode === 'fence' && wasOpenedBy && count >= opened.count) {
      // "```code``` and" on one line is inline code; otherwise only a line of its own closes a fence.
      if (opened.sameLine || (starts && (unit === '\n' || unit === '\r' || unit === ' '))) mode = 'text';
    }
    run = { unit: '', count: 0, starts: false };
  };

  const read = (unit: string): void => {
    if (mark && continueMark(mark, unit)) return;
    if (unit === '`' || unit === '~') {
      if (run.count > 0 && run.unit !== unit) endRun(unit);
      run = { unit, count: run.count + 1, starts: run.count === 0 ? lineBlank : run.starts };
    } else if (run.count > 0) endRun(unit);

    if (mode === 'link' && (unit === ')' || unit === ' ' || unit === '\t' || unit === '\n')) mode = 'text';
    else if (mode === 'text' && unit === '(' && previous === ']') mode = 'link';
    if (unit === '\n') {
      // An unmatched backtick must not swallow the marks of the rest of the answer.
      if (mode === 'inline') mode = 'text';
      opened.sameLine = false;
    }
    const reader = mode === 'text' && previous !== '\\' ? openMark(unit) : undefined;
    if (reader) mark = { reader, held: unit, starts: lineBlank, closed: false };
    else emit(unit);
    lineBlank = unit === '\n' || (lineBlank && (unit === ' ' || unit === '\t' || unit === '\r'));
    previous = unit;
  };

  return {
    push(delta) {
      for (let i = 0; i < delta.length; i++) {
        const unit = delta.charAt(i);
        const code = unit.charCodeAt(0);
        if (high !== '' && code >= 0xdc00 && code <= 0xdfff) read(high + unit);
        else {
          if (high !== '') read('\uFFFD');
          if (code >= 0xd800 && code <= 0xdbff) {
            high = unit;
            continue;
          }
          read(code >= 0xdc00 && code <= 0xdfff ? '\uFFFD' : unit);
        }
        high = '';
      }
      return flush();
    },
    end() {
      if (high !== '') read('\uFFFD');
      high = '';
      if (mark?.closed) resolve(mark.reader);
      else if (mark) emit(mark.held);
      mark = undefined;
      return flush();
    },
    get dropped() {
      return dropped;
    },
  };
}
