import { parseText, tokenizeVTTCue, type VTTCue, type VTTNode } from 'media-captions';
import type { Cue } from '../app.ts';
import { canonical } from '../text/canonical.ts';
import { captionsFormat } from './captions-format.ts';

/** Of all cues together, in characters: nobody speaks as much, a file made to do harm may. */
const most = 2_000_000;

/**
 * The cues of a caption file (VTT, SRT or SSA) in order of time, without markup, empty ones and what rolls up from the cue before. Not a
 * caption file: none.
 */
export async function cuesOf(file: string): Promise<Cue[]> {
  const format = captionsFormat(file);
  if (!format) return [];
  const text = format === 'ssa' ? withoutNotes(file) : file;
  const parsed = await parseText(text, { type: format, errors: false });
  const cues: Cue[] = [];
  let length = 0;
  for (const found of parsed.cues) {
    const { startTime: start, endTime: end } = found;
    if (!(start >= 0 && end > start && end < Infinity)) continue;
    const cue = format === 'vtt' ? voiced(found) : { start, end, ...named(plain(found.text)) };
    length += cue.text.length;
    if (length > most) break;
    cues.push(cue);
  }
  return rolledOut(cues.sort((a, b) => a.start - b.start))
    .map((cue) => ({ ...cue, text: oneLine(cue.text) }))
    .filter(({ text }) => text !== '');
}

/** The parser takes a comment or a drawing for a part of the line before, or for speech. */
const withoutNotes = (ssa: string) =>
  ssa.replaceAll(/^(?:Comment:.*|Dialogue:.*\{[^}]*\\p[1-9].*)(?:\r?\n|$)/gm, '');

/** SRT and SSA: markup is a habit, not a language, and a `<` may be one. */
const plain = (marked: string) =>
  marked
    .replaceAll(/\{\\[^}]*\}|<\/?(?:b|i|u|s|c|font|ruby|rt)(?:[ .][^<>]*)?>/gi, '')
    .replaceAll('\\h', ' ');

/** Who speaks, where the parser of SSA has put that before the text. */
function named(text: string): Pick<Cue, 'text' | 'speaker'> {
  const [whole, speaker] = /^<v ([^<>]{1,80})>/.exec(text) ?? [''];
  return { text: text.slice(whole.length), ...(speaker && { speaker }) };
}

/** A cue of WebVTT: its text, who speaks, and when each word begins where that is marked. */
function voiced(cue: VTTCue): Cue {
  const { startTime: start, endTime: end } = cue;
  const runs = [{ at: start, text: '' }];
  let speaker: string | undefined;
  const walk = (nodes: VTTNode[]) => {
    for (const node of nodes) {
      if (node.type === 'text') runs.at(-1)!.text += node.data;
      else {
        if (node.type === 'v') speaker ??= node.voice;
        if (node.type === 'timestamp') runs.push({ at: node.time, text: '' });
        if (node.type !== 'rt') walk(node.children);
      }
    }
  };
  walk(tokenizeVTTCue(cue));
  const words = runs
    // Above the line that is being spoken stands the one before.
    .map((run, i) => ({ start: run.at, end: runs[i + 1]?.at ?? end, text: oneLine(lastLine(run.text)) }))
    .filter(({ text }) => text !== '');
  const timed = runs.length > 1 && words.every((word) => word.start >= start && word.end > word.start);
  return {
    start,
    end,
    text: runs.map(({ text }) => text).join(''),
    ...(speaker && { speaker }),
    ...(timed && { words }),
  };
}

/** Live captions repeat the line before above the new one, or all by itself for a moment: only what is new is kept. */
function rolledOut(cues: Cue[]): Cue[] {
  const out: Cue[] = [];
  let before: { lines: string[]; end: number } = { lines: [], end: -1 };
  for (const cue of cues) {
    const lines = cue.text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    const follows = cue.start <= before.end + 0.1;
    let known = follows ? Math.min(lines.length, before.lines.length) : 0;
    while (known > 0 && !before.lines.slice(-known).every((line, i) => line === lines[i])) known--;
    before = { lines, end: cue.end };
    const last = out.at(-1);
    if (known > 0 && known === lines.length && last) last.end = Math.max(last.end, cue.end);
    else out.push({ ...cue, text: lines.slice(known).join('\n') });
  }
  return out;
}

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? '';
const oneLine = (text: string) => canonical(text).replaceAll(/\s+/g, ' ').trim();
