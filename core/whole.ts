import type { Outcome } from './act.ts';
import type { Deadline } from './deadline.ts';
import type { Step } from './journey.ts';
import type { Names } from './scope.ts';

/** A step made of steps: what one of its lanes does. */
export interface Part {
  readonly names: Names;
  readonly steps: readonly Step[];
}

/** One try at all of its lanes. */
export interface Once {
  readonly parts: readonly Part[];
  readonly bound: AbortSignal;
  readonly tries: number;
  readonly pause: Pause;
}

/** Longer than any session may take to open, ms. */
const long = 86_400_000;

/** The clock of a step made of steps stands still while a session below opens: opening is no part of a step. */
export class Pause {
  readonly #deadline: Deadline;
  readonly #above: Pause | undefined;
  #open = 0;
  #longest = 0;

  constructor(deadline: Deadline, above: Pause | undefined) {
    this.#deadline = deadline;
    this.#above = above;
  }

  begin(): void {
    this.#above?.begin();
    this.#open += 1;
    this.#deadline.longer(long);
  }

  end(): void {
    this.#above?.end();
    this.#open -= 1;
    if (this.#open === 0) this.#deadline.longer(this.#longest);
  }

  /** How long one of the lanes has waited for sessions so far, ms. */
  took(ms: number): void {
    this.#longest = Math.max(this.#longest, ms);
    if (this.#open === 0) this.#deadline.longer(this.#longest);
  }
}

/** What several tries came to: the first one is held against the target. */
export function judgedWhole(outcome: Outcome, firstMs: number | undefined, { target }: Step): Outcome {
  const told = firstMs === undefined ? outcome : { ...outcome, firstMs };
  const good = outcome.status === 'passed' || outcome.status === 'degraded';
  return good && target !== undefined && (firstMs ?? outcome.ms) > target ? { ...told, status: 'degraded' } : told;
}
