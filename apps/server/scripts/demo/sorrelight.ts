import type { Manual } from './blocks.ts';
import { sorrelightCare } from './sorrelight-care.ts';
import { cytometerFront } from './sorrelight-figures.ts';
import { sorrelightUse } from './sorrelight-use.ts';

export const sorrelightManual: Manual = {
  title: 'Sorrelight 320 Flow Cytometer',
  subtitle: 'Operating manual',
  number: 'QM-320-01',
  revision: 'D',
  date: new Date(Date.UTC(2026, 2, 9, 8)),
  size: [595, 842],
  trim: 0,
  face: 'Helvetica',
  columns: 2,
  front: 'cover',
  emblem: cytometerFront,
  blocks: [...sorrelightUse, ...sorrelightCare],
};
