/** The time a job may take before it has to make way for others that have had less. */
export type Stint = {
  /**
   * Begins to count; most jobs of its kind are over within so many milliseconds. The signal fires, with a `MadeWay` as its reason, when this one
   * is to stop: it is begun anew later, and may take longer then.
   */
  begin(usualMs: number): AbortSignal;
  /** How far it is: what will be over soon is left to its end. */
  progress(done: number, total: number): void;
  /** From now on it is left to its end: to begin it anew would cost more than time. */
  keep(): void;
};

/** Why a job was stopped that others could not wait for. */
export class MadeWay extends Error {
  override readonly name = 'MadeWay';
  /** How often it has made way by now, or as if, by the time it has had. */
  readonly level: number;
  constructor(level: number) {
    super('Made way for documents that had less time; it is begun anew after them.');
    this.level = level;
  }
}

/** Of a job that nobody waits for. */
export const unhurried: Stint = { begin: () => new AbortController().signal, progress() {}, keep() {} };
