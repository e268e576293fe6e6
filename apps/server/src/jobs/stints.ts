import { MadeWay, type Stint } from '@rayni/api';

/** So many times as long each time a job is begun anew: all that was lost is then at most a third more than what it takes. */
const growth = 4;
const lookAgainMs = 1_000;

/** A job that made way so often takes long: once begun again it is left to its end, but for its beginning it waits until nobody else does. */
export const longLevel = 3;

type Circumstances = {
  /** How often the job has made way. */
  level: number;
  /** Beside jobs that take long, where only what is short may stay. */
  beside: boolean;
  /** Does a job wait that has made way so often at most? */
  othersWait: (level: number) => Promise<boolean>;
  /** The job takes longer than usual, and goes on where it is. */
  onStay: () => void;
};

/**
 * The stint of one run of a job. It is over when the job has had its time and another waits that has had no more, unless its progress says that
 * it will end soon. `madeWay` is why it was stopped, if it was.
 */
export function stintOf({ level: first, beside, othersWait, onStay }: Circumstances) {
  const away = new AbortController();
  let madeWay: MadeWay | undefined;
  let kept = false;
  let over = false;
  let share = 0;
  let began = 0;
  let usual = 0;
  let timer: NodeJS.Timeout | undefined;
  let stays = false;

  const stay = () => {
    if (!stays) onStay();
    stays = true;
  };

  const upTo = (level: number) => usual * growth ** level;
  const look = (level: number, inMs: number) => {
    timer = setTimeout(() => void judge(level), Math.max(inMs, 1));
  };
  const judge = async (level: number) => {
    const last = level === longLevel - 1;
    if (kept || (last && !beside)) return stay();
    const had = performance.now() - began;
    const endsSoon = share > 0 && had / share < upTo(longLevel - 1);
    const waiting = !endsSoon && (await othersWait(level).catch(() => false));
    if (over) return;
    if (waiting && !kept) {
      madeWay = new MadeWay(level + 1);
      away.abort(madeWay);
      return;
    }
    if (!endsSoon) stay();
    if (last) look(level, lookAgainMs);
    else look(level + 1, upTo(level + 1) - (performance.now() - began));
  };

  const stint: Stint = {
    begin(usualMs) {
      began = performance.now();
      usual = usualMs;
      // It took longer than usual before, and may take four times as long now.
      if (first > 0) stay();
      if (first < longLevel) look(first, upTo(first));
      return away.signal;
    },
    progress(done, total) {
      share = total > 0 ? done / total : 0;
    },
    keep() {
      kept = true;
    },
  };
  return {
    ...stint,
    get madeWay() {
      return madeWay;
    },
    [Symbol.dispose]() {
      over = true;
      clearTimeout(timer);
    },
  };
}

/** Opens one more place while so many are held by jobs that stay, and closes it again: what is short need not wait for what is long. */
export function oneBeside<T>(
  places: number,
  {
    open,
    close,
    onError,
  }: { open: () => Promise<T>; close: (opened: T) => Promise<void>; onError: (error: unknown) => void },
): { stay(): Disposable } {
  let staying = 0;
  let opened: Promise<T> | undefined;
  let closed: Promise<unknown> = Promise.resolve();
  return {
    stay() {
      if (++staying >= places && !opened) {
        // There is one at most: what was taken there may still be at work.
        opened = closed.then(open);
        opened.catch(onError);
      }
      return {
        [Symbol.dispose]() {
          if (--staying >= places) return;
          if (opened) closed = opened.then(close).catch(onError);
          opened = undefined;
        },
      };
    },
  };
}
