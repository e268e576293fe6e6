import {
  type Folder,
  folderCreateInput,
  type Instrument,
  instrumentReplaceInput,
  visibility,
} from '@rayni/contract';
import { z } from 'zod';
import { given, list, nothing, orNone, pathId, time } from '../fields.ts';
import { json, silent } from '../rows.ts';

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

const { name, vendor, models, description } = instrumentReplaceInput.shape;

const created = z
  .object({
    name,
    vendor: given(vendor),
    models_arr: given(list.pipe(models)),
    visibility: given(visibility),
    description: given(description),
  })
  .transform(({ models_arr, ...same }) => ({ ...same, models: models_arr }));

const updated = z
  .object({
    id: pathId,
    name: given(name),
    vendor: vendor.optional(),
    models_arr: list.pipe(models).optional(),
    visibility: given(visibility),
    description: description.optional(),
  })
  .transform(({ models_arr, ...same }) => ({ ...same, models: models_arr }));

const replaced = z
  .object({ id: pathId, name, vendor, models_arr: list.pipe(models), visibility, description })
  .transform(({ models_arr, ...same }) => ({ ...same, models: models_arr }));

const folderName = folderCreateInput.shape.name;

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
    method: 'POST',
    paths: ['/api/instruments/'],
    summary: 'A new instrument, restricted unless said otherwise.',
    input: created,
    call: (api) => api.instruments.create,
    status: 201,
    shape: instrument,
    output: toInstrument,
  }),
  json({
    method: 'PATCH',
    paths: ['/api/instruments/:id/'],
    summary: 'Changes the fields that are given.',
    input: updated,
    call: (api) => api.instruments.update,
    shape: instrument,
    output: toInstrument,
  }),
  json({
    method: 'PUT',
    paths: ['/api/instruments/:id/'],
    summary: 'Changes every field.',
    input: replaced,
    call: (api) => api.instruments.replace,
    shape: instrument,
    output: toInstrument,
  }),
  silent({
    method: 'DELETE',
    paths: ['/api/instruments/:id/'],
    summary: 'Deletes an instrument with its sources; grants on it end.',
    input: z.object({ id: pathId }),
    call: (api) => api.instruments.delete,
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
  json({
    method: 'POST',
    paths: ['/api/folders/'],
    summary: 'A new folder, at the top or in another one of the same instrument.',
    input: z
      .object({ instrument: z.uuid(), name: folderName, parent: orNone(z.uuid()) })
      .transform((sent) => ({ instrumentId: sent.instrument, name: sent.name, parentId: sent.parent })),
    aliases: { instrument_id: 'instrument', parent_id: 'parent' },
    call: (api) => api.folders.create,
    status: 201,
    shape: folder,
    output: toFolder,
  }),
  json({
    method: 'PATCH',
    paths: ['/api/folders/:id/'],
    summary: 'Another name, another place, or both; no parent is the top.',
    input: z
      .object({ id: pathId, name: given(folderName), parent: orNone(z.uuid()) })
      .transform((sent) => ({ id: sent.id, name: sent.name, parentId: sent.parent })),
    aliases: { parent_id: 'parent' },
    call: (api) => api.folders.update,
    shape: folder,
    output: toFolder,
  }),
  silent({
    method: 'DELETE',
    paths: ['/api/folders/:id/'],
    summary: 'Removes a folder; what lies in it moves to where it lay.',
    input: z.object({ id: pathId }),
    call: (api) => api.folders.delete,
  }),
];
