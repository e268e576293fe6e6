import { writeFileSync } from 'node:fs';
import { openApi, postman, table } from '../src/index.ts';

// `npm run postman`: writes docs/postman.json from the table of paths.
const file = new URL('../../../docs/postman.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(postman(openApi(table, { version: '1' })), undefined, 2)}\n`);
console.log('docs/postman.json');
