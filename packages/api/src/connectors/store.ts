import type { Connector, ConnectorProvider, ConnectorSync } from '@rayni/contract';
import type { Insertable, Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';

type Query = Kysely<Tables>;

/** Stores a connector whose configuration is masked already. */
export async function insertConnector(query: Query, connector: Insertable<Tables['connector']>) {
  await query.insertInto('connector').values(connector).execute();
}

/** Every connector with its last sync, the oldest first. */
export async function allConnectors(query: Query): Promise<Connector[]> {
  const rows = await query
    .selectFrom('connector')
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('connector_sync')
          .select(['status', 'detail', 'started_at', 'ended_at'])
          .whereRef('connector_sync.connector_id', '=', 'connector.id')
          .orderBy('started_at', 'desc')
          .orderBy('connector_sync.id', 'desc')
          .limit(1)
          .as('last'),
      (join) => join.onTrue(),
    )
    .select(['connector.id', 'connector.provider', 'connector.config', 'connector.created_at'])
    .select(['last.status', 'last.detail', 'last.started_at', 'last.ended_at'])
    .where('connector.deleted_at', 'is', null)
    .orderBy('connector.created_at')
    .orderBy('connector.id')
    .execute();
  return rows.map(({ id, provider, config, created_at, status, detail, started_at, ended_at }) => ({
    id,
    provider,
    config,
    createdAt: created_at,
    lastSync: status && started_at ? toSync({ status, detail, started_at, ended_at }) : null,
  }));
}

/** Marks a connector as removed and forgets its secrets; false when there is none. */
export async function removeConnector(query: Query, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await query
    .updateTable('connector')
    .set({ deleted_at: now, sealed: null })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Whether there is such a connector; until the transaction ends nobody else begins a sync of it. */
export async function lockConnector(trx: Query, id: string): Promise<boolean> {
  const row = await trx
    .selectFrom('connector')
    .select('id')
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

/** The connector's sync that has not ended, if any. */
export async function openSync(query: Query, connectorId: string): Promise<ConnectorSync | undefined> {
  const row = await query
    .selectFrom('connector_sync')
    .select(['status', 'detail', 'started_at', 'ended_at'])
    .where('connector_id', '=', connectorId)
    .where('status', 'in', ['scheduled', 'running'])
    .executeTakeFirst();
  return row && toSync(row);
}

/** Stores a sync that is to be run. */
export async function insertSync(query: Query, sync: { id: string; connectorId: string; startedAt: Date }) {
  const { id, connectorId: connector_id, startedAt: started_at } = sync;
  await query
    .insertInto('connector_sync')
    .values({ id, connector_id, status: 'scheduled', started_at })
    .execute();
}

/** The provider of a sync that has not ended. */
export async function providerOfSync(query: Query, syncId: string): Promise<ConnectorProvider | undefined> {
  const row = await query
    .selectFrom('connector_sync')
    .innerJoin('connector', 'connector.id', 'connector_sync.connector_id')
    .select('connector.provider')
    .where('connector_sync.id', '=', syncId)
    .where('connector_sync.ended_at', 'is', null)
    .executeTakeFirst();
  return row?.provider;
}

/** Ends a sync as failed; one that has ended stays as it is. */
export async function failSync(query: Query, syncId: string, detail: string, now: Date) {
  await query
    .updateTable('connector_sync')
    .set({ status: 'failed', detail, ended_at: now })
    .where('id', '=', syncId)
    .where('ended_at', 'is', null)
    .execute();
}

const toSync = (row: {
  status: ConnectorSync['status'];
  detail: string | null;
  started_at: Date;
  ended_at: Date | null;
}): ConnectorSync => ({
  status: row.status,
  detail: row.detail,
  startedAt: row.started_at,
  endedAt: row.ended_at,
});
