import type { Call } from '../../telephony/call.ts';
import { type Claim, callersOf, sameNumber } from './claims.ts';
import type { Leg } from './leg.ts';
import type { Chosen } from './settings.ts';

/** A call that rings at one of our phones. */
export interface Rung {
  readonly call: Call;
  readonly chosen: Chosen;
  readonly claim: Claim;
  /** Answered by itself, since it took the place of a call that was up (RFC 3891): the leg it is. */
  readonly leg?: Leg;
}

/** The calls that ring at an actor's phones, until one is taken. */
export class Ringing implements AsyncDisposable {
  readonly #rung: Rung[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #alone: (chosen: Chosen) => boolean;

  /** `alone`: no other walk of this process waits at that phone. */
  constructor(alone: (chosen: Chosen) => boolean) {
    this.#alone = alone;
  }

  add(rung: Rung): void {
    this.#rung.push(rung);
    for (const wake of this.#waiting) wake();
  }

  /** The first that is ours and still rings; of the caller that is named, when one is. It stays until it is `taken`. */
  async next(signal: AbortSignal, from?: string): Promise<Rung> {
    for (;;) {
      const ringing = this.#rung.filter(({ call }) => !call.over);
      const first = ringing.find((rung) =>
        from === undefined ? this.#isOurs(rung) : rung.claim !== 'theirs' && isFrom(rung, from),
      );
      if (first) return first;
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      const stop = () => resolve();
      signal.addEventListener('abort', stop, { once: true });
      await promise;
      this.#waiting.delete(resolve);
      signal.removeEventListener('abort', stop);
    }
  }

  taken(call: Call): void {
    const at = this.#rung.findIndex((one) => one.call === call);
    if (at >= 0) this.#rung.splice(at, 1);
  }

  /** What rang and was left alone, for whoever waited in vain; empty when nothing did. */
  get left(): string {
    return this.#rung
      .filter(({ leg }) => !leg)
      .map((rung) => {
        const { uri } = rung.call.signalling.remote;
        const why = this.#isOurs(rung)
          ? rung.call.over
            ? 'and gave up'
            : 'and rings on'
          : rung.claim === 'theirs'
            ? 'which is the call of another walk'
            : 'which nothing marks as ours while other walks wait at this phone';
        return `a call from ${uri.user || uri.text} rang, ${why}`;
      })
      .join('; ');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#rung.filter(({ leg }) => !leg).map(({ call }) => call.close()));
  }

  #isOurs({ claim, chosen }: Rung): boolean {
    return claim === 'ours' || (claim === 'unknown' && this.#alone(chosen));
  }
}

function isFrom({ call }: Rung, from: string): boolean {
  const { invite } = call.signalling;
  return invite !== undefined && callersOf(invite).some((one) => sameNumber(decodeURIComponent(one), from));
}
