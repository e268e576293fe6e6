import type { Manual } from './blocks.ts';
import { ionthicketCare } from './ionthicket-care.ts';
import { ionPath } from './ionthicket-figures.ts';
import { ionthicketUse } from './ionthicket-use.ts';

export const ionthicketManual: Manual = {
  title: 'Ionthicket Q9 Mass Spectrometer',
  subtitle: 'Operating and maintenance manual',
  number: 'QM-Q9-01',
  revision: 'F',
  date: new Date(Date.UTC(2026, 0, 19, 8)),
  size: [595, 842],
  trim: 24,
  face: 'Times',
  columns: 2,
  front: 'cover',
  emblem: ionPath,
  blocks: [...ionthicketUse, ...ionthicketCare],
};
