import type { Pacer } from './wheel.ts';

/** Times a second that the thread may be woken; oftener, it sleeps. */
const many = 1000;
const second = 1000;
/** It looks anew after so many ms. */
const spell = 20_000;
/** ms that it sleeps at a time: by so much at most is what comes stamped late. */
const nap = 2.5;

/**
 * How the thread that keeps time waits. Few calls wake it with every packet, and each packet has the time at which it came. To be
 * woken costs more than to read a packet, so where that happens too often the thread sleeps, and reads together what came.
 */
export class Pace implements Pacer {
  readonly now: () => number;
  readonly #loops: () => number;
  readonly #bed = new Int32Array(new SharedArrayBuffer(4));
  #sleepsUntil = 0;
  #since = 0;
  #looped = 0;

  /** `loops`: how often the thread has been woken so far. */
  constructor(now: () => number, loops = () => performance.nodeTiming.uvMetricsInfo.loopCount) {
    this.now = now;
    this.#loops = loops;
  }

  /** Calls back once after so many ms: by a timer to the ms, after sleep exactly. */
  after(ms: number, call: () => void): () => void {
    const now = this.now();
    if (this.#sleeps(now)) return this.#asleep(now + ms, call);
    const timer = setTimeout(call, Math.max(1, Math.ceil(ms - 0.5)));
    return () => clearTimeout(timer);
  }

  soon(call: () => void): void {
    setImmediate(call);
  }

  #asleep(due: number, call: () => void): () => void {
    const sleep = () => {
      const left = due - this.now();
      if (left > 0) Atomics.wait(this.#bed, 0, 0, Math.min(nap, left));
      // What came meanwhile is read before it sleeps on.
      if (left > nap) immediate = setImmediate(sleep);
      else call();
    };
    let immediate = setImmediate(sleep);
    return () => clearImmediate(immediate);
  }

  #sleeps(now: number): boolean {
    if (now < this.#sleepsUntil) return true;
    const past = now - this.#since;
    if (past < second) return false;
    const loops = this.#loops();
    // Of a time before a rest, or in which it slept, nothing is known.
    const often = past < 2 * second && ((loops - this.#looped) * second) / past > many;
    [this.#since, this.#looped] = [now, loops];
    if (often) this.#sleepsUntil = now + spell;
    return often;
  }
}
