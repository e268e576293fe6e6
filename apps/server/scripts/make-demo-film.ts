// Makes the demo's training film and its captions: slides drawn here, spoken by espeak-ng, put together by ffmpeg. Both must be installed; their
// versions decide the bytes, so the result lies in the repository.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Context = {
  fillStyle: string;
  font: string;
  fillRect(x: number, y: number, w: number, h: number): void;
  fillText(text: string, x: number, y: number): void;
};
type Canvas = {
  createCanvas(
    width: number,
    height: number,
  ): { getContext(kind: '2d'): Context; toBuffer(kind: 'image/png'): Buffer };
  GlobalFonts: { registerFromPath(path: string, name: string): unknown };
};

// @napi-rs/canvas and pdfjs-dist, whose fonts are the same on every machine, are dependencies of @rayni/api.
const api = createRequire(new URL('../../../packages/api/package.json', import.meta.url));
const drawing: Canvas = api('@napi-rs/canvas');
const fonts = join(dirname(api.resolve('pdfjs-dist/package.json')), 'standard_fonts');
drawing.GlobalFonts.registerFromPath(join(fonts, 'LiberationSans-Regular.ttf'), 'Film');
drawing.GlobalFonts.registerFromPath(join(fonts, 'LiberationSans-Bold.ttf'), 'Film Bold');

/** `|` ends a cue within a sentence. */
const slides: { title: string; lines: string[]; spoken: string[] }[] = [
  {
    title: 'A rotor that is stuck',
    lines: ['Oakspindle R6, training film 4', 'Fictional demonstration material'],
    spoken: [
      'This film shows how to free a rotor that is stuck on its cone.',
      'It happens when a rotor was left on the cone overnight | and moisture has frozen between the two.',
    ],
  },
  {
    title: '1  Thaw',
    lines: ['COOL off, lid open', '45 minutes'],
    spoken: [
      'Switch the cooling off and leave the lid open for forty-five minutes.',
      'Never pour warm water into the chamber.',
    ],
  },
  {
    title: '2  Pull',
    lines: ['Rotor puller QI-3371', 'Three turns, both hands'],
    spoken: [
      'Screw the rotor puller, part QI-3371, | into the thread of the hub until it stops.',
      'Then turn its handle clockwise with both hands, three turns at most.',
      'The rotor comes off with a click.',
    ],
  },
  {
    title: '3  If it stays',
    lines: ['No hammer, no lever', 'Yellow card, call the facility'],
    spoken: [
      'If the rotor does not come off, do not use a hammer or a lever.',
      'Hang the yellow card on the lid | and call the facility.',
    ],
  },
  {
    title: '4  Dry',
    lines: ['Cone and hub, lint-free wipe'],
    spoken: [
      'Dry the cone and the hub with a lint-free wipe before you mount the rotor again.',
      'A scratch on the cone that you can feel with a fingernail | must be reported.',
    ],
  },
];

const [width, height, rate] = [960, 540, 22_050];
const pause = { sentence: 0.45, slide: 0.9 };
const folder = mkdtempSync(join(tmpdir(), 'rayni-film-'));
const out = fileURLToPath(new URL('../demo/oakspindle-r6-stuck-rotor', import.meta.url));

const sound: Int16Array[] = [];
const cues: string[] = [];
const list: string[] = ['ffconcat version 1.0'];
let at = 0;
const add = (samples: Int16Array) => {
  sound.push(samples);
  at += samples.length / rate;
};
const silence = (seconds: number) => add(new Int16Array(Math.round(seconds * rate)));

for (const [i, slide] of slides.entries()) {
  const began = at;
  writeFileSync(join(folder, `${i}.png`), draw(slide.title, slide.lines));
  silence(pause.slide / 2);
  for (const sentence of slide.spoken) {
    // Spoken as a whole; where one cue ends and the next begins goes by letters.
    const voice = speak(sentence.replaceAll('|', ''));
    const parts = sentence.split('|').map((part) => part.trim());
    const letters = parts.reduce((sum, part) => sum + part.length, 0);
    let from = at;
    for (const part of parts) {
      const to = from + (voice.length / rate) * (part.length / letters);
      cues.push(`${clock(from)} --> ${clock(to)}\n${part}\n`);
      from = to;
    }
    add(voice);
    silence(pause.sentence);
  }
  silence(pause.slide / 2);
  list.push(`file ${i}.png`, `duration ${(at - began).toFixed(3)}`);
}
list.push(`file ${slides.length - 1}.png`);
writeFileSync(join(folder, 'slides.txt'), list.join('\n'));
writeFileSync(join(folder, 'sound.raw'), Buffer.concat(sound.map((part) => Buffer.from(part.buffer))));
writeFileSync(`${out}.vtt`, `WEBVTT\n\n${cues.join('\n')}`);
const pictures = ['-f', 'concat', '-i', join(folder, 'slides.txt')];
const voice = ['-f', 's16le', '-ar', String(rate), '-ac', '1', '-i', join(folder, 'sound.raw')];
const video = ['-r', '10', '-c:v', 'libx264', '-preset', 'veryslow', '-crf', '28', '-pix_fmt', 'yuv420p'];
const audio = ['-c:a', 'aac', '-b:a', '40k'];
const neat = ['-t', at.toFixed(3), '-map_metadata', '-1', '-fflags', '+bitexact', '-movflags', '+faststart'];
execFileSync('ffmpeg', [
  '-v',
  'error',
  '-y',
  ...pictures,
  ...voice,
  ...video,
  ...audio,
  ...neat,
  `${out}.mp4`,
]);
rmSync(folder, { recursive: true });
console.log(`${out}.mp4: ${at.toFixed(1)} s, ${statSync(`${out}.mp4`).size} bytes, ${cues.length} cues`);

/** What espeak-ng says, without the silence around it. */
function speak(text: string): Int16Array {
  const wave = execFileSync('espeak-ng', ['-v', 'en-gb', '-s', '150', '--stdout', text], {
    maxBuffer: 2 ** 26,
  });
  const samples = new Int16Array(
    wave.buffer.slice(wave.byteOffset + 44, wave.byteOffset + wave.length - (wave.length % 2)),
  );
  const loud = (sample: number) => Math.abs(sample) > 200;
  return samples.slice(samples.findIndex(loud), samples.findLastIndex(loud) + 1);
}

function draw(title: string, lines: string[]): Buffer {
  const canvas = drawing.createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#f4f6f8';
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#1d3a5f';
  context.fillRect(0, 0, width, 110);
  context.fillStyle = '#ffffff';
  context.font = '48px "Film Bold"';
  context.fillText(title, 48, 74);
  context.fillStyle = '#20262d';
  context.font = '40px Film';
  for (const [i, line] of lines.entries()) context.fillText(line, 72, 230 + i * 76);
  context.fillStyle = '#6b7785';
  context.font = '22px Film';
  context.fillText('Quenderby Instruments · fictional demonstration instrument', 48, height - 32);
  return canvas.toBuffer('image/png');
}

function clock(seconds: number): string {
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return `00:${String(minutes).padStart(2, '0')}:${rest.toFixed(3).padStart(6, '0')}`;
}
