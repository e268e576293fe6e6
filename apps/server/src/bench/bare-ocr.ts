import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';

// The floor of reading an image: a process of its own with one worker of tesseract.js, given the file as it is, and its boxes dropped.

type Worker = {
  recognize(image: Buffer, options: object, output: { blocks: boolean }): Promise<unknown>;
  terminate(): Promise<unknown>;
};
type Tesseract = { createWorker(language: string, engine: number, options: object): Promise<Worker> };

// tesseract.js is a dependency of the api, not of the server.
const api = createRequire(import.meta.resolve('@rayni/api'));
const tesseract: Tesseract = api('tesseract.js');
const data = dirname(api.resolve('@tesseract.js-data/eng/package.json'));

const bytes = await buffer(process.stdin);
const worker = await tesseract.createWorker('eng', 1, {
  langPath: join(data, '4.0.0_best_int'),
  gzip: true,
  cacheMethod: 'none',
});
await worker.recognize(bytes, {}, { blocks: true });
await worker.terminate();
process.send!('done');
process.disconnect();
