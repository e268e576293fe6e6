export type CaptionsFormat = 'vtt' | 'srt' | 'ssa';

/** The kind of a caption file by how it begins; undefined when it is none. */
export function captionsFormat(text: string): CaptionsFormat | undefined {
  const head = text
    .slice(0, 20_000)
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (/^WEBVTT(?:\s|$)/.test(head)) return 'vtt';
  if (
    /^(?:\[Script Info\]|\[V4\+? Styles\]|\[Events\])/i.test(head) ||
    /^;.*\n[^]*?\[Script Info\]/i.test(head)
  )
    return 'ssa';
  const clock = String.raw`\d{1,3}:\d{2}:\d{2}[,.]\d{1,3}`;
  if (new RegExp(String.raw`^(?:\d+[ \t]*\r?\n)?${clock}[ \t]*-->[ \t]*${clock}`).test(head)) return 'srt';
  return undefined;
}

/** Media types of caption files. */
export const captionsTypes = {
  vtt: 'text/vtt',
  srt: 'application/x-subrip',
  ssa: 'text/x-ssa',
} as const satisfies Record<CaptionsFormat, string>;
