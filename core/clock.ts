import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

/** Time, injected. `now` is epoch milliseconds with fractions and never goes backwards. */
export interface Clock {
  now(): number;
  /** Rejects with the signal's reason when stopped. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: async (ms, signal) => {
    try {
      // A timer holds 31 bits; more fires at once.
      await wait(Math.min(ms, 0x7fffffff), undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};

/** ms since the machine started: the same in every thread. */
export const uptime = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What added to `other` gives `one`, ms: of many readings the closest, since anything may come between two. */
export function apart(one: () => number, other: () => number): number {
  let closest = Number.POSITIVE_INFINITY;
  let found = 0;
  for (let tries = 0; tries < 20; tries += 1) {
    const before = other();
    const at = one();
    const after = other();
    if (after - before >= closest) continue;
    closest = after - before;
    found = at - (before + after) / 2;
  }
  return found;
}
