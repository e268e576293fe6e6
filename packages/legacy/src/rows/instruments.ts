import { type Folder, type Instrument, visibility } from '@rayni/contract';
import { z } from 'zod';
import { nothing, pathId, time } from '../fields.ts';
import { json } from '../rows.ts';

const instrument = z.object({
  id: z.uuid(),
  name: z.string(),
  vendor: z.string(),
  models_arr: z.array(z.string()),
  visibility,
  description: z.string(),
  updated_at: time,
});

const toInstrument = ({ models, updatedAt, ...same }: Instrument): z.input<typeof instrument> => ({
  id: same.id,
  name: same.name,
  vendor: same.vendor,
  models_arr: models,
  visibility: same.visibility,
  description: same.description,
  updated_at: updatedAt.toISOString(),
});

const folder = z.object({
  id: z.uuid(),
  instrument: z.uuid(),
  name: z.string(),
  parent: z.uuid().nullable(),
});

const toFolder = ({ id, instrumentId, name, parentId }: Folder): z.input<typeof folder> => ({
  id,
  instrument: instrumentId,
  name,
  parent: parentId,
});

export const instrumentRows = [
  json({
    method: 'GET',
    paths: ['/api/instruments/'],
    summary: 'The catalogue, by name.',
    input: nothing,
    call: (api) => api.instruments.list,
    shape: z.array(instrument),
    output: (found) => found.map(toInstrument),
  }),
  json({
    method: 'GET',
    paths: ['/api/instruments/:id/'],
    summary: 'One instrument.',
    input: z.object({ id: pathId }),
    call: (api) => api.instruments.get,
    shape: instrument,
    output: toInstrument,
  }),
  json({
    method: 'GET',
    paths: ['/api/folders/'],
    summary: "An instrument's folders, by name.",
    input: z
      .object({ instrument: z.uuid().optional() })
      .transform((sent) => ({ instrumentId: sent.instrument })),
    aliases: { instrument_id: 'instrument' },
    call: (api) => api.folders.list,
    shape: z.array(folder),
    output: (found) => found.map(toFolder),
  }),
];
