import type { FragmentDraft, ReadBytes, ReaderTools } from './reading.ts';
import { Unreadable } from './reading.ts';
import { type Archive, openArchive } from './office-archive.ts';
import { readTree, relationsOf, within } from './office-xml.ts';
import { isOldOffice, oldOffice } from './old-office.ts';
import { sheetOfCsv } from './read-csv.ts';
import { readDocx } from './read-docx.ts';
import { readOdp, readOdt, refuseLocked, sheetsOfOds } from './read-odf.ts';
import { readPptx } from './read-pptx.ts';
import { sheetsOfXlsx } from './read-xlsx.ts';
import { readSheets, type Sheet } from './sheet.ts';

/**
 * Reads office files in a reader's process: documents of Word and OpenDocument as one unit, presentations a unit a slide, spreadsheets and
 * CSV a unit a sheet, with the range of cells of every quote. What a file is its bytes say, not its name.
 */
export const readOffice: ReadBytes = async (bytes, tools) => {
  const fragments = await readKind(bytes, tools);
  if (fragments.length === 0) throw new Unreadable('No text was found in this file.');
  return fragments;
};

async function readKind(bytes: Uint8Array, tools: ReaderTools): Promise<FragmentDraft[]> {
  if (isOldOffice(bytes)) throw new Unreadable(oldOffice);
  // Every archive begins with an entry, or is empty.
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) {
    if (!tools.mediaType.startsWith('text/') && !/\.(?:csv|tsv)$/i.test(tools.filename))
      throw new Unreadable('This file is damaged or of a kind that cannot be read.');
    return readSheets(one(sheetOfCsv(bytes, tools)), { ...tools, named: false });
  }
  const archive = await openArchive(bytes);
  const { kind, main } = await kindOf(archive);
  switch (kind) {
    case 'docx':
      return readDocx(archive, main, tools);
    case 'pptx':
      return readPptx(archive, main, tools);
    case 'xlsx':
      return readSheets(sheetsOfXlsx(archive, main, tools), { ...tools, named: true });
    case 'odt':
      return readOdt(archive, tools);
    case 'odp':
      return readOdp(archive, tools);
    case 'ods':
      return readSheets(each(await sheetsOfOds(archive, tools)), { ...tools, named: true });
  }
}

async function* one(sheet: Sheet): AsyncGenerator<Sheet> {
  yield sheet;
}
async function* each(sheets: Sheet[]): AsyncGenerator<Sheet> {
  yield* sheets;
}

type Kind = 'docx' | 'pptx' | 'xlsx' | 'odt' | 'odp' | 'ods';

const openDocument: Record<string, Kind> = { text: 'odt', presentation: 'odp', spreadsheet: 'ods' };
const openXml: Record<string, Kind> = {
  wordprocessingml: 'docx',
  presentationml: 'pptx',
  spreadsheetml: 'xlsx',
};

/** What an archive holds, by what it says within, and where its main part is. */
async function kindOf(archive: Archive): Promise<{ kind: Kind; main: string }> {
  if (archive.names.has('content.xml')) {
    await refuseLocked(archive);
    const mime = Buffer.from((await archive.read('mimetype')) ?? []).toString('latin1');
    const kind = openDocument[/opendocument\.(\w+)/.exec(mime)?.[1] ?? ''];
    if (kind) return { kind, main: 'content.xml' };
  }
  const main = [...(await relationsOf(archive, '')).values()].find(
    (part) => part.kind === 'officeDocument',
  )?.target;
  if (main !== undefined && archive.names.has(main)) {
    const types = await readTree(archive.chunks('[Content_Types].xml'));
    const type =
      within(types, 'Override').find(({ attributes }) => attributes['PartName'] === `/${main}`)?.attributes[
        'ContentType'
      ] ?? '';
    if (/sheet\.binary/.test(type))
      throw new Unreadable('This is a binary Excel workbook (XLSB). Save it as XLSX and upload that.');
    const kind = openXml[/officedocument\.(\w+)/.exec(type)?.[1] ?? ''] ?? byFolder[main.split('/')[0] ?? ''];
    if (kind) return { kind, main };
  }
  throw new Unreadable('This file is an archive, but no Office or OpenDocument file that can be read.');
}

const byFolder: Record<string, Kind> = { word: 'docx', ppt: 'pptx', xl: 'xlsx' };
