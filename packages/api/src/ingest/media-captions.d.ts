// The package's own declarations name their files without endings, which Node's resolution does not find.
declare module 'media-captions' {
  export type VTTCue = { startTime: number; endTime: number; text: string };
  export type VTTNode =
    | { type: 'text'; data: string }
    | { type: 'v'; voice: string; children: VTTNode[] }
    | { type: 'timestamp'; time: number; children: VTTNode[] }
    | { type: 'c' | 'i' | 'b' | 'u' | 'ruby' | 'rt' | 'lang'; children: VTTNode[] };
  export function parseText(
    text: string,
    options: { type: 'vtt' | 'srt' | 'ssa'; errors: boolean },
  ): Promise<{ cues: VTTCue[] }>;
  export function tokenizeVTTCue(cue: VTTCue): VTTNode[];
}
