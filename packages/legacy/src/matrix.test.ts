import { newId } from '@rayni/api';
import { footprint, type TestApp, testApp } from '@rayni/api/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { accessEntries } from './matrix/access.ts';
import { authEntries } from './matrix/auth.ts';
import { chatEntries } from './matrix/chat.ts';
import { connectorEntries } from './matrix/connectors.ts';
import { feedbackEntries } from './matrix/feedback.ts';
import {
  type Actor,
  actors,
  type Case,
  ended,
  type Entries,
  type PlaceName,
  places,
} from './matrix/kinds.ts';
import { libraryEntries } from './matrix/library.ts';
import { serve, setScene } from './matrix/scene.ts';
import { uploadEntries } from './matrix/uploads.ts';
import { viewerEntries } from './matrix/viewer.ts';
import type { Path, Row } from './rows.ts';
import { table } from './table.ts';

const entries: Entries = {
  ...accessEntries,
  ...authEntries,
  ...chatEntries,
  ...libraryEntries,
  ...viewerEntries,
  ...uploadEntries,
  ...feedbackEntries,
  ...connectorEntries,
};

const everybody: readonly Actor[] = [...actors, ...ended];

let test: TestApp;
let host: Awaited<ReturnType<typeof serve>>;
let set: Awaited<ReturnType<typeof setScene>>;

beforeAll(async () => {
  // Every row on the embedded engine; the procedures behind them have a table of their own on PostgreSQL.
  test = await testApp({ engine: 'embedded' });
  set = await setScene(test);
  host = await serve(test);
});
afterAll(async () => {
  await host?.close();
  await test?.[Symbol.asyncDispose]();
});

type Call = { place: PlaceName; actor: Actor; status: number; call: Awaited<ReturnType<typeof prepared>> };

const nameOf = (row: Row) => `${row.method} ${row.paths[0] ?? '/'}` as const;
const settled = () =>
  expect.poll(() => test.rayni.live.running.size, { timeout: 20_000, interval: 5 }).toBe(0);

function expected(row: Case, place: PlaceName, actor: Actor): number {
  const index = actors.findIndex((one) => one === actor);
  return index === -1 ? (row.ended?.[place] ?? row[place][0]) : (row[place][index] ?? 0);
}

/** The call as it goes over the wire. */
async function prepared(row: Row, path: Path, one: Case, place: PlaceName, actor: Actor) {
  const {
    params = {},
    query = {},
    body,
    files,
    ...other
  } = await one.send(set.places[place], actor, set.scene);
  const session = 'session' in other ? other.session : set.sessions[actor];
  const url = path.replace(/:(\w+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`${path} needs ${name}`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams(query).toString();
  const headers: Record<string, string> = session ? { 'x-session': session } : {};
  const form = files && new FormData();
  for (const [name, value] of form ? Object.entries(body ?? {}) : []) form?.append(name, String(value));
  for (const { field, filename, bytes } of files ?? []) form?.append(field, new File([bytes], filename));
  return () =>
    host.inject({
      method: row.method,
      url: search ? `${url}?${search}` : url,
      headers,
      ...(form ? { payload: form } : body ? { payload: body } : {}),
    });
}

/** The fields of a row's body, by the row itself, none of them with what fits: an object is no text, number, list or choice. */
function badBody(row: Row, path: Path): object {
  const { properties = {}, oneOf = [] } = z.toJSONSchema(row.input, { io: 'input', unrepresentable: 'any' });
  const names = [properties, ...oneOf.map((kind) => kind.properties ?? {})].flatMap((each) =>
    Object.keys(each),
  );
  return Object.fromEntries(
    names.filter((name) => !path.includes(`:${name}`)).map((name) => [name, { unlike: true }]),
  );
}

/** Whatever the row is asked for, and wherever. */
const always = (row: Row, actor: Actor, status: number) =>
  Object.values(entries[nameOf(row)] ?? {}).every((one) =>
    places.every((place) => expected(one, place, actor) === status),
  );

it.each(
  table
    .filter((row) => row.method !== 'GET')
    .flatMap((row) =>
      row.paths.map((path) => [`${row.method} ${path}`, row, path, badBody(row, path)] as const),
    )
    .filter(([, , , body]) => Object.keys(body).length > 0),
)('%s refuses who may not call it before it looks at the body', async (_name, row, path, payload) => {
  const send = async (actor: Actor) => {
    const session = set.sessions[actor];
    const url = path.replace(/:\w+/g, () => newId());
    const headers: Record<string, string> = session ? { 'x-session': session } : {};
    return (await host.inject({ method: row.method, url, headers, payload })).statusCode;
  };
  const before = await footprint(test.rayni.app);
  expect({
    guest: await send('guest'),
    disabled: await send('disabled'),
    manager: await send('manager'),
    admin: await send('admin'),
  }).toEqual({
    guest: always(row, 'guest', 401) ? 401 : 400,
    disabled: always(row, 'guest', 401) ? 401 : 400,
    manager: always(row, 'manager', 403) ? 403 : 400,
    admin: 400,
  });
  expect(await footprint(test.rayni.app)).toEqual(before);
});

it('has cases for every row there is, and for none that is not', () => {
  expect(Object.keys(entries).sort()).toEqual(table.map(nameOf).sort());
});

describe.each(
  table.flatMap((row) =>
    Object.entries(entries[nameOf(row)] ?? {}).flatMap(([what, one]) =>
      row.paths.map((path) => [`${row.method} ${path}${what && `, ${what}`}`, row, path, one] as const),
    ),
  ),
)('%s', (_name, row, path, one) => {
  it('answers everybody as their rights are, and refuses without a trace', async () => {
    const calls: Call[] = [];
    for (const place of places)
      for (const actor of everybody) {
        const status = expected(one, place, actor);
        calls.push({ place, actor, status, call: await prepared(row, path, one, place, actor) });
      }
    await settled();
    const before = await footprint(test.rayni.app);
    const replies = new Map<string, { status: number; payload: string; headers: object }>();
    const run = async ({ place, actor, call }: Call) => {
      const { statusCode: status, payload, headers } = await call();
      const { date: _date, 'x-request-id': _id, ...same } = headers;
      replies.set(`${actor} ${place}`, { status, payload, headers: same });
    };
    const refused = calls.filter(({ status }) => status >= 400);
    for (const each of refused) await run(each);
    await settled();
    expect(await footprint(test.rayni.app)).toEqual(before);
    for (const each of calls.filter(({ status }) => status < 400)) await run(each);

    const table = (of: (key: string, at: Call) => unknown) =>
      Object.fromEntries(calls.map((at) => [`${at.actor} ${at.place}`, of(`${at.actor} ${at.place}`, at)]));
    expect(table((key) => replies.get(key)?.status)).toEqual(table((_key, { status }) => status));

    // What may not be known of answers as what is not there; whoever has to sign in first learns nothing else.
    for (const { place, actor, status } of calls) {
      if (status !== 404 && status !== 401) continue;
      const missing = replies.get(`${actor} missing`);
      expect([actor, place, replies.get(`${actor} ${place}`)]).toEqual([actor, place, missing]);
    }
    for (const { payload } of replies.values())
      expect(payload).not.toMatch(/node_modules|\.ts:\d|select |SQLSTATE/);
  });
});
