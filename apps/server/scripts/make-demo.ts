import { writeFile } from 'node:fs/promises';
import { manuals } from './demo/manuals.ts';
import { drawPanel } from './demo/panel.ts';
import { typeset } from './demo/typeset.ts';

const folder = new URL('../demo/', import.meta.url);
for (const [file, manual] of Object.entries(manuals)) {
  const { bytes, pages } = await typeset(manual);
  await writeFile(new URL(file, folder), bytes);
  console.log(`${file}: ${pages} pages, ${bytes.length} bytes`);
}
const panel = drawPanel();
await writeFile(new URL('oakspindle-r6-panel.jpg', folder), panel);
console.log(`oakspindle-r6-panel.jpg: ${panel.length} bytes`);
