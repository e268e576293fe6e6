import { filled, type Hostile } from './hostile.ts';

/** A recording of so many seconds of silence: WAV, mono, 8,000 samples a second of one byte. Its header may say other numbers. */
export function wavOf(
  seconds: number,
  says: { bytes?: number; rate?: number; channels?: number } = {},
): Buffer {
  const data = Buffer.alloc(Math.round(8_000 * seconds), 128);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(Math.min(0xffffffff, 36 + (says.bytes ?? data.length)), 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(says.channels ?? 1, 22);
  head.writeUInt32LE(says.rate ?? 8_000, 24);
  head.writeUInt32LE(says.rate ?? 8_000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(says.bytes ?? data.length, 40);
  return Buffer.concat([head, data]);
}

/** A box of an MP4; it may say another size than its own. */
function box(type: string, data: Uint8Array | string, size?: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(size ?? 8 + Buffer.byteLength(data));
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, Buffer.from(data)]);
}
const mp4Head = () => box('ftyp', 'isom\0\0\u0002\0isomiso2mp41');

/** Recordings made to do harm. */
export const hostileRecordings: readonly Hostile[] = [
  { name: 'a header that says 4 GB', filename: 'large.wav', bytes: () => wavOf(0.1, { bytes: 0xffffffdb }) },
  {
    name: 'sixty-five thousand channels',
    filename: 'channels.wav',
    bytes: () => wavOf(0.1, { channels: 65_535, rate: 0xffffffff }),
  },
  { name: 'no samples', filename: 'silent.wav', bytes: () => wavOf(0) },
  { name: 'only the head of a film', filename: 'head.mp4', bytes: mp4Head },
  {
    name: 'boxes twenty thousand deep',
    filename: 'deep.mp4',
    bytes() {
      let inner: Buffer = Buffer.alloc(0);
      // In one piece: to wrap each in a new one would copy it as often.
      const boxes = Array.from({ length: 20_000 }, (_, i) => box('moov', '', 8 * (20_000 - i)));
      inner = Buffer.concat(boxes);
      return Buffer.concat([mp4Head(), inner]);
    },
  },
  {
    name: 'a box that says it is 4 GB',
    filename: 'box.mp4',
    bytes: () => Buffer.concat([mp4Head(), box('moov', 'x', 0xffffffff)]),
  },
  {
    name: 'a table that says it has 4,000 million samples',
    filename: 'table.mp4',
    bytes: () => {
      const sizes = box('stsz', Buffer.concat([Buffer.alloc(8), Buffer.from('ffffffff', 'hex')]));
      return Buffer.concat([
        mp4Head(),
        box('moov', box('trak', box('mdia', box('minf', box('stbl', sizes))))),
      ]);
    },
  },
  {
    name: 'a list of other files to open',
    filename: 'playlist.mp4',
    bytes: () => Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXTINF:1,\nhttp://127.0.0.1:1/\n'),
  },
  {
    name: 'a list of other files behind the head of a film',
    filename: 'list.mp4',
    bytes: () => Buffer.concat([mp4Head(), Buffer.from('\n#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n')]),
  },
  {
    name: 'a head of WebM and garbage',
    filename: 'garbage.webm',
    bytes: () =>
      Buffer.concat([
        Buffer.from('1a45dfa3010000000000001f4286810142f7810142f2810442f381084282847765626d', 'hex'),
        filled(10_000, '\u0001\u00ff'),
      ]),
  },
  {
    name: 'frames of MP3 that never hold anything',
    filename: 'frames.mp3',
    bytes: () => filled(200_000, Buffer.from('fffb9064', 'hex').toString('latin1')),
  },
  {
    name: 'a tag of MP3 that says it is 256 MB',
    filename: 'tag.mp3',
    bytes: () =>
      Buffer.concat([Buffer.from('ID3\u0004\0\0\u007f\u007f\u007f\u007f', 'latin1'), filled(1_000, '\0')]),
  },
];

const cue = (text: string, from = '00:00.000', to = '00:01.000') => `${from} --> ${to}\n${text}\n\n`;
const captions = (text: string) => () => Buffer.from(`WEBVTT\n\n${text}`);

/** Captions made to do harm; they come with a good recording. */
export const hostileCaptions: readonly Hostile[] = [
  { name: 'one cue of 9 MB', filename: 'long.vtt', bytes: captions(cue('word '.repeat(1_800_000))) },
  {
    name: 'two hundred thousand cues at one time',
    filename: 'many.vtt',
    bytes: captions(cue('word').repeat(200_000)),
  },
  {
    name: 'times that run backwards',
    filename: 'back.vtt',
    bytes: captions(cue('word', '00:09.000', '00:01.000')),
  },
  {
    name: 'times of a thousand years',
    filename: 'years.vtt',
    bytes: captions(cue('word', '00:00.000', '99999999:59:59.999')),
  },
  { name: 'NUL and lone surrogates', filename: 'nul.vtt', bytes: captions(cue('a\0b &#xD800; c\ud800d')) },
  {
    name: 'tags a hundred thousand deep',
    filename: 'deep.vtt',
    bytes: captions(cue('<v a>'.repeat(100_000))),
  },
  { name: 'no cue at all', filename: 'none.vtt', bytes: captions('') },
  {
    name: 'a style that is never closed',
    filename: 'style.vtt',
    bytes: captions(`STYLE\n${'::cue{'.repeat(50_000)}`),
  },
];
