import type { Manual } from './blocks.ts';
import { ionthicketManual } from './ionthicket.ts';
import { lanternfenManual } from './lanternfen.ts';
import { oakspindleManual } from './oakspindle.ts';
import { sorrelightManual } from './sorrelight.ts';
import { sorrelightSop } from './sorrelight-sop.ts';

/** The demo's PDFs by file name. */
export const manuals: Record<string, Manual> = {
  'ionthicket-q9-manual.pdf': ionthicketManual,
  'lanternfen-7-manual.pdf': lanternfenManual,
  'oakspindle-r6-manual.pdf': oakspindleManual,
  'sorrelight-320-manual.pdf': sorrelightManual,
  'sorrelight-320-sop-daily.pdf': sorrelightSop,
};
