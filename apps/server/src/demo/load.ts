import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCaller, createSource, type Rayni, receiveAttachment, type Viewer } from '@rayni/api';
import { demo, demoFile, type DemoSource } from '../../demo/demo.ts';

const stateKey = 'demo';
const patienceMs = 120_000;

/**
 * Loads the demo into an empty database, the documents through the same jobs and readers as anyone's. Done once; a load that was
 * cut off goes on at the next start, and loads nothing twice. Resolves when every document can be asked.
 */
export async function loadDemo(rayni: Rayni, say: (line: string) => void): Promise<void> {
  if (!(await isWanted(rayni))) return;
  say(
    `Loading the demo: ${demo.instruments.length} fictional instruments with ${demo.sources.length} documents …`,
  );
  await insertPeopleAndPlaces(rayni);
  const [account] = demo.accounts;
  const admin: Viewer = {
    kind: 'member',
    key: `user:${account!.id}`,
    userId: account!.id,
    email: account!.email,
    name: account!.name,
    isAdmin: true,
    role: 'instrument_manager',
  };
  const caller = createCaller({
    ...rayni,
    viewer: admin,
    requestId: 'demo',
    session: { secret: undefined, set() {}, clear() {} },
  });
  const ids: string[] = [];
  for (const source of demo.sources) ids.push(await upload(rayni, admin, caller, source));

  const until = Date.now() + patienceMs;
  let done = -1;
  while (Date.now() < until) {
    const progress = await caller.sources.progress({ ids });
    const rejected = progress.find((one) => one.status === 'rejected');
    if (rejected) throw new Error(`A demo document could not be read: ${rejected.statusDetail}`);
    const read = progress.filter((one) => one.status === 'approved').length;
    if (read > done) say(`  ${read} of ${ids.length} documents read`);
    done = read;
    if (read === ids.length) {
      await setState(rayni, 'loaded');
      return;
    }
    await sleep(100);
  }
  throw new Error('The demo documents were not read in two minutes. Start again, or look at the log.');
}

/** Wanted in an empty database, and after a load that was cut off. */
async function isWanted({ app }: Rayni): Promise<boolean> {
  const state = await app.db.query
    .selectFrom('setting')
    .select('value')
    .where('key', '=', stateKey)
    .executeTakeFirst();
  if (state) return state.value !== 'loaded';
  const any = await app.db.query.selectFrom('instrument').select('id').limit(1).executeTakeFirst();
  return any === undefined;
}

async function setState({ app }: Rayni, value: 'loading' | 'loaded') {
  await app.db.query
    .insertInto('setting')
    .values({ key: stateKey, value })
    .onConflict((oc) => oc.column('key').doUpdateSet({ value }))
    .execute();
}

async function insertPeopleAndPlaces(rayni: Rayni) {
  const { query } = rayni.app.db;
  const now = rayni.app.clock.now();
  await setState(rayni, 'loading');
  await query
    .insertInto('account')
    .values(
      demo.accounts.map((account) => ({
        id: account.id,
        email: account.email,
        name: account.name,
        is_admin: account.isAdmin,
        role: account.isAdmin ? ('instrument_manager' as const) : ('trained_user' as const),
        status: 'active' as const,
        created_at: now,
      })),
    )
    .onConflict((oc) => oc.doNothing())
    .execute();
  await query
    .insertInto('instrument')
    .values(demo.instruments.map((instrument) => ({ ...instrument, created_at: now, updated_at: now })))
    .onConflict((oc) => oc.doNothing())
    .execute();
  await query
    .insertInto('access_grant')
    .values(
      demo.grants.map((grant) => ({
        id: grant.id,
        account_id: grant.userId,
        instrument_id: grant.instrumentId,
        role: grant.role,
        status: 'active' as const,
        created_at: now,
        updated_at: now,
      })),
    )
    .onConflict((oc) => oc.doNothing())
    .execute();
  await query
    .insertInto('folder')
    .values(
      demo.folders.map((folder) => ({
        id: folder.id,
        instrument_id: folder.instrumentId,
        name: folder.name,
        parent_id: folder.parentId,
        created_at: now,
      })),
    )
    .onConflict((oc) => oc.doNothing())
    .execute();
}

/** The three steps of any upload, or none for a page that is kept already; the id of the source that holds these bytes already, if one does. */
async function upload(
  rayni: Rayni,
  admin: Viewer,
  caller: ReturnType<typeof createCaller>,
  source: DemoSource,
): Promise<string> {
  const bytes = await readFile(demoFile(source));
  const checksum = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const { instrumentId } = source;
  const known = await caller.sources.list({ instrumentId, checksum });
  if (known.items[0]) return known.items[0].id;
  const { title, category, description, version, modelTags, folderId } = source;
  if (source.url !== undefined) {
    const { url, mediaType } = source;
    const input = {
      type: 'url' as const,
      url,
      instrumentId,
      title,
      category,
      description,
      version,
      modelTags,
    };
    const page = { url, mediaType, charset: 'utf-8', bytes };
    return (await createSource(rayni.app, admin, { ...input, folderId }, page)).id;
  }
  const put = async (filename: string, contentType: string, bytes: Uint8Array) => {
    const begun = { filename, contentType, size: bytes.length, instrumentId };
    const { uploadId } = await caller.uploads.initiate(begun);
    // Not by the signed address: callers reach it, this process perhaps not.
    await receiveAttachment(rayni, admin, uploadId, Readable.from([bytes]));
    return uploadId;
  };
  const uploadId = await put(source.file, source.mediaType, bytes);
  const captions =
    source.captions &&
    (await put(source.captions, 'text/vtt', await readFile(demoFile({ file: source.captions }))));
  const made = await caller.uploads.complete({
    uploadId,
    ...(captions && { captions }),
    instrumentId,
    title,
    category,
    description,
    version,
    modelTags,
    folderId,
  });
  return made.sourceId;
}
