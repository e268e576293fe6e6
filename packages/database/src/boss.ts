import type { Db } from 'pg-boss';
import type { Database } from './open-database.ts';

/**
 * What pg-boss takes as its `db`, on both engines. For a job that is stored with a transaction give `send` pg-boss's own
 * `fromKysely(trx)`, after the queue was asked once outside (`getJobById` after `createQueue`): a cold queue cache asks
 * this database in the middle of the transaction, which is refused. With `useListenNotify`, retries are found by
 * polling only: set `notifyPollingIntervalSeconds` (30 by default).
 */
export function bossDatabase(database: Pick<Database, 'pool' | 'listen'>): Db {
  return {
    // Not fromKysely: statements come several at a time, and Kysely keeps the rows of one.
    executeSql: (text, values) => database.pool.query(text, values),
    async listen(channel, onNotification, onReconnect) {
      const listener = await database.listen(channel, (payload) => {
        if (payload === undefined) onReconnect();
        else onNotification(payload);
      });
      onReconnect();
      return listener;
    },
  };
}
