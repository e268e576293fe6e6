import { setTimeout as sleep } from 'node:timers/promises';
import { type FaultPoint, faultPoints } from './fault-points.ts';
import { type MortalProcess, spawnMortal } from './mortal-process.ts';
import type { Random } from './random.ts';

export type Role = 'api' | 'worker' | 'all';
type Member = { role: Role; process: MortalProcess; port: number | undefined; state: State };
/** `armed`: it answers until it comes by a point. */
type State = 'starting' | 'up' | 'armed' | 'down';

/** What was done to the processes of a run. */
export type FleetCounts = {
  /** Of those that answer, at random moments. */
  killsAtRandom: number;
  /** Of those that answer, by the point they died at. */
  killsAt: Record<FaultPoint, number>;
  workerKills: number;
  stopsAtRandom: number;
  stopsAt: Record<FaultPoint, number>;
  workerStops: number;
  /** Processes that ended while they started, as they do when the database breaks off, and were started again. */
  failedStarts: number;
};

export type Fleet = ReturnType<typeof startFleet>;

const none = () => Object.fromEntries(faultPoints.map((point) => [point, 0])) as Record<FaultPoint, number>;
const sum = (counts: Record<FaultPoint, number>) => Object.values(counts).reduce((n, m) => n + m, 0);
/** For so long a process is given to come by the point it was told of. */
const atPointMs = 5_000;
/** So many points it is told of, those at which the fewest were struck so far: some are hardly ever passed. */
const pointsAtOnce = 5;

/** Server processes of these roles, to be killed, stopped and resumed; one that was killed is replaced. */
export function startFleet(roles: readonly Role[], env: Record<string, string>, random: Random) {
  let over = false;
  const counts: FleetCounts = {
    killsAtRandom: 0,
    killsAt: none(),
    workerKills: 0,
    stopsAtRandom: 0,
    stopsAt: none(),
    workerStops: 0,
    failedStarts: 0,
  };
  const passed = new Set<FaultPoint>();
  const crashes: string[] = [];
  const all = new Set<MortalProcess>();
  const work = new Set<Promise<void>>();
  const faults = new Map<MortalProcess, PromiseWithResolvers<FaultPoint>>();
  let spare: MortalProcess | undefined;
  let wanted = 0;

  function spawn(): MortalProcess {
    const started = spawnMortal({
      pass: (point) => passed.add(point),
      fault: (point) => faults.get(started)?.resolve(point),
    });
    all.add(started);
    void started.ended.then(() => all.delete(started));
    return started;
  }

  const members: Member[] = roles.map((role) => ({
    role,
    process: spawn(),
    port: undefined,
    state: 'starting',
  }));
  const answering = members.filter(({ role }) => role !== 'worker');
  const working = members.filter(({ role }) => role === 'worker');

  /** Until it listens, however often it takes. */
  async function begin(member: Member): Promise<void> {
    member.state = 'starting';
    while (!over) {
      try {
        member.port = await member.process.begin({ ...env, ROLE: member.role });
        member.state = 'up';
        void watch(member, member.process);
        return;
      } catch {
        if (over) return;
        counts.failedStarts += 1;
        member.process = spawn();
      }
    }
  }

  /** Nothing in a run is a reason for a server that was up to end by itself. */
  async function watch(member: Member, watched: MortalProcess) {
    const how = await watched.ended;
    // Nobody but this run sends that.
    if (over || how === 'SIGKILL') return;
    crashes.push(`a process (${member.role}) ended by itself with ${how}`);
    await replace(member);
  }

  async function replace(member: Member) {
    member.port = undefined;
    const next = spare ?? spawn();
    spare = undefined;
    member.process = next;
    await begin(member);
    // After the start, so that it does not compete with it.
    if (!over && kills() < wanted) spare ??= spawn();
  }

  async function kill(member: Member, at: readonly FaultPoint[]): Promise<void> {
    const { process } = member;
    const where = await strike(member, 'SIGKILL', at);
    await process.ended;
    // Ended by itself before it was told to.
    if (over || member.process !== process) return;
    if (member.role === 'worker') counts.workerKills += 1;
    else if (where) counts.killsAt[where] += 1;
    else counts.killsAtRandom += 1;
    await replace(member);
  }

  /** Longer than a lease at times: what wakes up then has been replaced. */
  async function stop(member: Member, at: readonly FaultPoint[]): Promise<void> {
    const { process } = member;
    const where = await strike(member, 'SIGSTOP', at);
    if (member.role === 'worker') counts.workerStops += 1;
    else if (where) counts.stopsAt[where] += 1;
    else counts.stopsAtRandom += 1;
    const ms = random.chance(0.6) ? random.between(200, 4_000) : random.between(10_500, 16_000);
    for (const until = performance.now() + ms; performance.now() < until && !over; ) await sleep(100);
    process.signal('SIGCONT');
    if (member.process === process) member.state = 'up';
  }

  /** Has the process do so at the point, and does it from here when it does not come by soon; returns where. */
  async function strike(
    member: Member,
    signal: 'SIGKILL' | 'SIGSTOP',
    at: readonly FaultPoint[],
  ): Promise<FaultPoint | undefined> {
    const { process } = member;
    let struck: FaultPoint | undefined;
    if (at.length > 0) {
      member.state = 'armed';
      const fault = Promise.withResolvers<FaultPoint>();
      faults.set(process, fault);
      process.order(at, signal);
      struck = await Promise.race([fault.promise, sleep(atPointMs, undefined)]);
      faults.delete(process);
    }
    member.state = 'down';
    if (struck) return struck;
    // It would otherwise do it once more when it is resumed.
    process.order([], signal);
    process.signal(signal);
    return undefined;
  }

  const kills = () => counts.killsAtRandom + sum(counts.killsAt);

  /** The points at which the fewest were struck so far. */
  function rarest(of: Record<FaultPoint, number>): readonly FaultPoint[] {
    return faultPoints.toSorted((one, other) => of[one] - of[other]).slice(0, pointsAtOnce);
  }

  return {
    counts,
    crashes,
    /** Points that any process has come by. */
    passed,
    kills,
    stops: () => counts.stopsAtRandom + sum(counts.stopsAt),
    /** Resolves when all of them listen. */
    ready: async () => void (await Promise.all(members.map(begin))),
    /** Of those that answer and were started; a stopped one takes connections and says nothing. */
    ports: () => answering.flatMap(({ port }) => port ?? []),
    /**
     * Kills of those that answer, most of them at points, until there are that many, never more than are `due()` by now; stops with that
     * probability instead. A tenth as much is done to workers.
     */
    async suffer(howMany: number, options: { stops: number; due: () => number; pauseMs: number }) {
      wanted = howMany;
      spare = spawn();
      const act = (done: Promise<void>) => {
        work.add(done);
        void done.finally(() => work.delete(done));
      };
      const done = { kill, stop };
      while (kills() < wanted && !over) {
        await sleep(random.between(options.pauseMs / 5, options.pauseMs));
        const what = random.chance(options.stops) ? 'stop' : 'kill';
        if (kills() + answering.filter(({ state }) => state === 'armed').length >= options.due()) continue;
        if (counts.workerKills * 10 < kills() && random.chance(0.2)) {
          const worker = random.of(working.filter(({ state }) => state === 'up'));
          if (worker) act(done[what](worker, []));
        }
        const there = answering.filter(({ state }) => state === 'up' || state === 'armed');
        // Somebody has to be there to take over, but not at every moment.
        if (there.length < answering.length && !random.chance(0.25)) continue;
        const member = random.of(there.filter(({ state }) => state === 'up'));
        if (!member) continue;
        const at = random.chance(0.7) ? rarest(what === 'kill' ? counts.killsAt : counts.stopsAt) : [];
        act(done[what](member, at));
      }
      await Promise.all(work);
    },
    async close() {
      over = true;
      for (const process of all) process.signal('SIGKILL');
      await Promise.all([...all].map(({ ended }) => ended));
      await Promise.all(work);
    },
  };
}
