import type { App, Trx, Web } from '../app.ts';
import { newId } from '../ids.ts';
import { pageKind } from './page-kind.ts';
import { insertVersion, newestVersion, setType } from './store.ts';
import type { Stored } from './with-bytes.ts';

/** What came from an address. */
export type Page = Awaited<ReturnType<Web['fetch']>>;

const extensions: Record<string, string> = {
  'text/html': '.html',
  'application/xhtml+xml': '.xhtml',
  'text/markdown': '.md',
  'text/x-markdown': '.md',
  'application/pdf': '.pdf',
};

/** Makes the bytes of a fetched page the next version of a source, to be read. The page is kept as it was: a Proof opens it, whatever becomes of the original. */
export async function addPage(
  app: Pick<App, 'clock' | 'jobs'>,
  trx: Trx,
  page: Page,
  made: Stored & { sourceId: string; type: 'url' | 'pdf'; label: string; by: string | null },
) {
  const versionId = newId();
  const newest = await newestVersion(trx, made.sourceId);
  const mediaType = made.type === 'pdf' ? 'application/pdf' : page.mediaType;
  await setType(trx, made.sourceId, made.type);
  await insertVersion(trx, {
    id: versionId,
    source_id: made.sourceId,
    ordinal: (newest?.ordinal ?? 0) + 1,
    label: made.label,
    blob_key: made.key,
    filename: filenameOf(page.url, extensions[mediaType] ?? '.txt'),
    media_type: typeOf(page, mediaType),
    size: made.size,
    sha256: made.sha256,
    origin_url: page.url,
    created_by: made.by,
    created_at: app.clock.now(),
  });
  await app.jobs.enqueue(trx, 'ingest', { versionId });
}

/** The media type with the encoding that the server named, which the bytes alone do not tell. */
export const typeOf = ({ charset }: Pick<Page, 'charset'>, mediaType: string): string =>
  charset !== undefined && /^[\w.:-]{1,40}$/.test(charset) ? `${mediaType};charset=${charset}` : mediaType;

/** As `pageKind`. */
export const kindOf = (page: Page) => pageKind(page.mediaType, page.bytes);

function filenameOf(address: string, extension: string): string {
  const { hostname, pathname } = new URL(address);
  const last = pathname.split('/').findLast((part) => part !== '') ?? hostname;
  const name = readable(last)
    .replace(/[\p{Cc}/\\]+/gu, ' ')
    .slice(0, 100);
  return name.toLowerCase().endsWith(extension) ? name : `${name}${extension}`;
}

function readable(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
