import type { Clock } from '../core/clock.ts';

/** Between two starts at least so long, ms. */
const apart = 5;
/** The process keeps up when it sleeps no more than this longer than it wanted to, ms. */
const lag = 20;
/** It may be busy with other things than the walks: they are not held up for longer, ms. */
const patience = 1000;

/**
 * Walks begin one after the other, each once this process keeps up with those before it. Hundreds that begin at once
 * would be answered at once, and every answer but the first be read late: what they measured would be us.
 */
export class Starts {
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when it is the next walk's turn; never rejects. */
  next(stop: AbortSignal): Promise<void> {
    const before = this.#last;
    this.#last = before.then(() => this.#rested(stop)).catch(() => undefined);
    return before;
  }

  async #rested(stop: AbortSignal): Promise<void> {
    const begun = this.#clock.now();
    for (let from = begun; from - begun < patience; ) {
      await this.#clock.sleep(apart, stop);
      const now = this.#clock.now();
      if (now - from - apart <= lag) return;
      from = now;
    }
  }
}
