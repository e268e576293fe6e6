import { writeFile } from 'node:fs/promises';
import { manuals } from './demo/manuals.ts';
import { typeset } from './demo/typeset.ts';

const folder = new URL('../demo/', import.meta.url);
for (const [file, manual] of Object.entries(manuals)) {
  const { bytes, pages } = await typeset(manual);
  await writeFile(new URL(file, folder), bytes);
  console.log(`${file}: ${pages} pages, ${bytes.length} bytes`);
}
