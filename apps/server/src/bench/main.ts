import { ingestionBench } from './ingestion.ts';
import { table } from './measure.ts';

console.log(table(await ingestionBench(process.argv[2]!, Number(process.argv[3] ?? 1))));
