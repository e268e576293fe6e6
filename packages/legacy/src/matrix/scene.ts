import {
  createCaller,
  discardAttachments,
  errorOf,
  newId,
  receiveAttachment,
  type Viewer,
  viewerOfSession,
} from '@rayni/api';
import { callAs, guest, type TestApp } from '@rayni/api/testing';
import Fastify, { type FastifyRequest } from 'fastify';
import { legacyRoutes } from '../legacy-routes.ts';
import {
  type Actor,
  type Asked,
  actors,
  ended,
  missingPlace,
  type Place,
  type PlaceName,
  question,
  type Scene,
} from './kinds.ts';

const note = '# Calibration\n\nSet the temperature to 37 degrees and wait for 20 minutes.\n';
const hour = 3_600_000;
const session = { secret: undefined, set() {}, clear() {} };

const secretOf = ({ headers: { 'x-session': sent } }: FastifyRequest) =>
  typeof sent === 'string' ? sent : undefined;

/** The product behind the dialect; the header `x-session` brings a session's secret, as the host's cookie does. */
export async function serve({ rayni }: TestApp) {
  async function viewerOf(request: FastifyRequest): Promise<Viewer> {
    const secret = secretOf(request);
    return (secret ? await viewerOfSession(rayni.app, secret) : undefined) ?? guest;
  }
  const host = Fastify({ routerOptions: { ignoreTrailingSlash: true, maxParamLength: 5_000 } });
  await host.register(
    legacyRoutes({
      async callerOf(request, _reply, signal) {
        const context = {
          ...rayni,
          viewer: await viewerOf(request),
          requestId: request.id,
          session: { ...session, secret: secretOf(request) },
        };
        return createCaller(context, { signal });
      },
      requestIdOf: (request) => request.id,
      errorOf,
      version: '0',
      publicUrl: () => 'http://rayni.test',
      files: {
        receive: async (request, uploadId, bytes) =>
          receiveAttachment(rayni, await viewerOf(request), uploadId, bytes),
        discard: async (request, uploadIds) => discardAttachments(rayni, await viewerOf(request), uploadIds),
      },
    }),
  );
  return host;
}

/** Two instruments with documents, answers of everybody, and people of every kind with real sessions. */
export async function setScene(test: TestApp) {
  const { query } = test.rayni.app.db;
  const members = {
    member: await test.account(),
    trained: await test.account(),
    manager: await test.account(),
    elsewhere: await test.account(),
    admin: await test.account({ isAdmin: true }),
    disabled: await test.account(),
    expired: await test.account(),
  };
  const viewers: Record<Actor, Viewer> = { guest, ...members };
  const stranger = await test.account();
  await test.grant(members.elsewhere, await test.instrument(), 'instrument_manager');

  async function login(email: string): Promise<string> {
    let secret = '';
    const kept = { ...session, set: (value: string) => void (secret = value) };
    await callAs(test.rayni, guest, { session: kept }).auth.login({
      email,
    });
    return secret;
  }
  const all = [...actors, ...ended];

  async function setPlace(name: PlaceName): Promise<Place> {
    const instrumentId = await test.instrument({ name });
    await test.grant(members.trained, instrumentId, 'trained_user');
    for (const who of [members.manager, members.disabled, members.expired])
      await test.grant(who, instrumentId, 'instrument_manager');
    const approved = await test.document(members.admin, instrumentId, 'note.md', note);
    const waiting = await test.document(members.admin, instrumentId, 'waiting.md', `${note}\nMore of it.\n`);
    const pdf = await test.document(members.admin, instrumentId, 'other.md', `${note}\nAnd other things.\n`);
    await query.updateTable('source').set({ status: 'embedded' }).where('id', '=', waiting).execute();
    await query.updateTable('source').set({ type: 'pdf' }).where('id', 'in', [waiting, pdf]).execute();
    const folder = newId();
    const at = test.rayni.app.clock.now();
    await query
      .insertInto('folder')
      .values({ id: folder, instrument_id: instrumentId, name: 'Manuals', parent_id: null, created_at: at })
      .execute();
    const [fragment] = await callAs(test.rayni, members.admin).sources.fragments({ id: approved });
    const asked = async (viewer: Viewer) => {
      const { turnId, userTurnId, sessionId, citations } = await callAs(test.rayni, viewer).chat.ask({
        instrumentId,
        question,
      });
      return { turnId, userTurnId, sessionId, citation: citations[0]!.id };
    };
    const own: [Actor, Asked][] = [];
    for (const actor of all) own.push([actor, await asked(viewers[actor])]);
    return {
      name,
      instrumentId,
      approved,
      waiting,
      pdf,
      fragment: fragment!.id,
      folder,
      own: Object.fromEntries(own) as Place['own'],
      foreign: await asked(stranger),
    };
  }
  const places: Record<PlaceName, Place> = {
    public: await setPlace('public'),
    restricted: await setPlace('restricted'),
    missing: missingPlace(),
  };
  // Asked while everyone could, and closed then: what is one's own is not all one may still read.
  await query
    .updateTable('instrument')
    .set({ visibility: 'restricted' })
    .where('id', '=', places.restricted.instrumentId)
    .execute();

  const dead = { disabled: await login(members.disabled.email), expired: await login(members.expired.email) };
  await query
    .updateTable('account')
    .set({ status: 'disabled' })
    .where('id', '=', members.disabled.userId)
    .execute();
  test.advance(13 * hour);
  const sessions: Partial<Record<Actor, string>> = { ...dead };
  for (const actor of ['member', 'trained', 'manager', 'elsewhere', 'admin'] as const)
    sessions[actor] = await login(members[actor].email);
  const scene: Scene = {
    test,
    members,
    session: async (actor) =>
      actor === 'guest' || actor === 'disabled' || actor === 'expired'
        ? sessions[actor]
        : login(members[actor].email),
  };
  return { scene, places, sessions };
}
