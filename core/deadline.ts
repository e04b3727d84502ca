import { Failure } from './errors.ts';

/** Reason of a stop by `within`: tells a time-out from an interrupt without asking the clock. */
export class Late extends Failure {}

/** Reason of a stop that is nobody's failure: the user interrupted, or the walk is over. */
export class Stopped extends Error {}

interface Limits {
  now(): number;
  /** Epoch ms. */
  readonly origin: number;
  /** ms. */
  readonly within: number;
  /** What ends it earlier, with a reason of its own. */
  readonly stop: AbortSignal;
}

/**
 * A stop signal that fires at origin + within, or with another signal, until it is disposed. The origin may move while the
 * action runs: later (the phone rang) or earlier (the customer already waits).
 */
export class Deadline implements Disposable {
  readonly #over = new AbortController();
  readonly #now: () => number;
  readonly #within: number;
  readonly #stop: AbortSignal;
  #timer: NodeJS.Timeout | undefined;
  #at: number;
  #longer = 0;

  constructor({ now, origin, within, stop }: Limits) {
    this.#now = now;
    this.#within = within;
    this.#at = origin + within;
    this.#stop = stop;
    // Every step has one: AbortSignal.any costs several times as much.
    if (stop.aborted) this.#stopped();
    else stop.addEventListener('abort', this.#stopped, { once: true });
    this.#arm();
  }

  readonly #stopped = () => {
    clearTimeout(this.#timer);
    this.#over.abort(this.#stop.reason);
  };

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** ms; never below 0. */
  left(): number {
    return Math.max(0, this.#at - this.#now());
  }

  origin(at: number): void {
    this.#at = at + this.#within + this.#longer;
    this.#arm();
  }

  /** What is judged may be over before it can be known: fires so many ms later. */
  longer(ms: number): void {
    this.#at += ms - this.#longer;
    this.#longer = ms;
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#over.signal.aborted) return;
    const left = this.#at - this.#now();
    if (left <= 0) this.#fire();
    else this.#timer = setTimeout(() => (this.left() > 0 ? this.#arm() : this.#fire()), Math.min(left, 0x7fffffff));
  }

  #fire(): void {
    this.#over.abort(new Late(`not within ${this.#within} ms`));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#stop.removeEventListener('abort', this.#stopped);
  }
}

/** The grace is counted in so many pieces: a stall of our own process costs one of them at most. */
const pieces = 5;

/** What a promise came to, or `ignored` when it had not settled `grace` ms after the signal fired. */
export async function settle<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  grace: number,
): Promise<{ readonly value: T } | { readonly error: unknown } | 'ignored'> {
  let timer: NodeJS.Timeout | undefined;
  const { promise: ignored, resolve } = Promise.withResolvers<'ignored'>();
  const count = (left: number) => {
    timer = setTimeout(() => (left > 1 ? count(left - 1) : resolve('ignored')), grace / pieces);
  };
  const arm = () => count(pieces);
  if (signal.aborted) arm();
  else signal.addEventListener('abort', arm, { once: true });
  try {
    return await Promise.race([
      promise.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      ),
      ignored,
    ]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', arm);
  }
}
