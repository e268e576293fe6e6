/** The moments in the reading of a document at which a worker may be told to die. */
export const ingestPoints = [
  'page to be fetched taken',
  /** Its bytes lie in the store. */
  'version of a page stored, not committed',
  'job taken',
  'marked as being read',
  'reading begun',
  'reader started',
  'units sent',
  'units stored',
  'fragments sent',
  'fragments stored',
  'facts stored',
  'postings stored',
  'progress stored',
  /** Of ffmpeg, for a recording. */
  'helper started',
  /** A key for a frame of a recording is written down, nothing lies there yet. */
  'frame reserved',
  /** The frame lies in the store, no row holds it. */
  'before the frame is held',
  'frame held, not committed',
  'reading published, not committed',
  'version turned, not committed',
  'source turned, not committed',
  'approved, not committed',
  'before the commit',
  'commit sent',
  'committed',
  'before the job is done',
  'job done sent',
  'job done',
] as const;

export type IngestPoint = (typeof ingestPoints)[number];

/** The points that one statement passes: before it goes out, once it is on its way, and once it is through. */
export type Passes = Partial<Record<'before' | 'sent' | 'stored', IngestPoint>>;

const committing: Passes = { before: 'before the commit', sent: 'commit sent', stored: 'committed' };
const finishing: Passes = { before: 'before the job is done', sent: 'job done sent', stored: 'job done' };

/**
 * Knows the statements of a reading by their text; one reader for each connection, since a commit is that of what came before it. A statement that
 * was rewritten is not known any more: a run says which points it never came by.
 */
export function ingestReader(): (text: string, values: unknown) => Passes | undefined {
  let publishing = false;
  return (text, values) => {
    const is = (value: string) => Array.isArray(values) && values.includes(value);
    if (text.includes(`j.name = 'fetch'`) && text.includes('SKIP LOCKED'))
      return { stored: 'page to be fetched taken' };
    if (text.startsWith('insert into "source_version"'))
      return { stored: 'version of a page stored, not committed' };
    if (text.includes(`j.name = 'ingest'`) && text.includes('SKIP LOCKED')) return { stored: 'job taken' };
    if (text.includes('SET completed_on') && is('ingest')) return finishing;
    if (text.startsWith('insert into "reading"')) return { stored: 'reading begun' };
    if (text.startsWith('insert into "unit"')) return { sent: 'units sent', stored: 'units stored' };
    if (text.startsWith('insert into "fragment"'))
      return { sent: 'fragments sent', stored: 'fragments stored' };
    if (text.startsWith('insert into "unclaimed_blob"')) return { stored: 'frame reserved' };
    if (text.startsWith('insert into "companion"'))
      return { before: 'before the frame is held', stored: 'frame held, not committed' };
    if (text.startsWith('update "reading" set "facts"')) return { stored: 'facts stored' };
    if (text.startsWith('update "reading" set "segment"')) return { stored: 'postings stored' };
    if (text.startsWith('update "source" set "progress_done"')) return { stored: 'progress stored' };
    if (text.startsWith('update "reading" set "published_at"')) {
      publishing = true;
      return { stored: 'reading published, not committed' };
    }
    if (text.startsWith('update "source_version" set "current_reading_id"'))
      return { stored: 'version turned, not committed' };
    if (text.startsWith('update "source" set "current_version_id"'))
      return { stored: 'source turned, not committed' };
    if (text.startsWith('update "source" set "status"')) {
      if (is('processing')) return { stored: 'marked as being read' };
      return is('approved') ? { stored: 'approved, not committed' } : undefined;
    }
    if (text !== 'commit' || !publishing) return undefined;
    publishing = false;
    return committing;
  };
}
