import { setTimeout as sleep } from 'node:timers/promises';
import { type RayniProcess, startRayni } from '../bench/rayni-process.ts';
import type { Random } from './random.ts';

export type Fleet = Awaited<ReturnType<typeof startFleet>>;

/** Several server processes on one database, to be killed, stopped and resumed; one that was killed is started again. */
export async function startFleet(size: number, env: Record<string, string>) {
  let over = false;
  const counts = { kills: 0, stops: 0 };
  const work = new Set<Promise<void>>();
  const started: (RayniProcess | undefined)[] = await Promise.all(
    Array.from({ length: size }, () => startRayni(env)),
  );
  const members = started.map((server) => ({ server, stopped: false }));

  async function kill(member: (typeof members)[number]) {
    const { server } = member;
    if (!server || over) return;
    member.server = undefined;
    counts.kills += 1;
    process.kill(server.pid, 'SIGKILL');
    await server[Symbol.asyncDispose]();
    if (over) return;
    const next = await startRayni(env);
    if (over) await next[Symbol.asyncDispose]();
    else member.server = next;
  }

  /** Longer than a lease at times: what wakes up then has been replaced. */
  async function stop(member: (typeof members)[number], ms: number) {
    const { server } = member;
    if (!server || over) return;
    counts.stops += 1;
    member.stopped = true;
    process.kill(server.pid, 'SIGSTOP');
    await sleep(ms);
    if (member.server === server) process.kill(server.pid, 'SIGCONT');
    member.stopped = false;
  }

  return {
    counts,
    /** Of those that were started; a stopped one takes connections and answers nothing. */
    ports: () => members.flatMap(({ server }) => (server ? [Number(new URL(server.url).port)] : [])),
    /** Kills, and stops with that probability instead, at random, until so many are killed; never more than are `due()` by now. */
    async suffer(kills: number, stops: number, due: () => number, random: Random) {
      while (counts.kills < kills && !over) {
        await sleep(random.between(300, 2_000));
        if (counts.kills >= due()) continue;
        const up = members.filter(({ server, stopped }) => server && !stopped);
        // Somebody has to be there to take over, but not at every moment.
        if (up.length < members.length && !random.chance(0.2)) continue;
        const member = random.of(up);
        if (!member) continue;
        if (random.chance(stops)) work.add(stop(member, random.between(500, 14_000)));
        else work.add(kill(member));
      }
    },
    async close() {
      over = true;
      await Promise.all(
        members.map(async ({ server, stopped }) => {
          if (server && stopped) process.kill(server.pid, 'SIGCONT');
          await server?.[Symbol.asyncDispose]();
        }),
      );
      await Promise.all(work);
    },
  };
}
