import type { Call } from '../../telephony/call.ts';
import type { Phone } from '../../telephony/phone.ts';
import { type Claim, callersOf, sameNumber } from './claims.ts';
import type { Leg } from './leg.ts';
import type { Chosen } from './settings.ts';

/** A call that rings at one of our phones. */
export interface Rung {
  readonly call: Call;
  readonly chosen: Chosen;
  /** Where it came in; of another walk at the same extension, for a call that only its sound can tell. */
  readonly phone: Phone;
  readonly claim: Claim;
  /** Answered by itself, since it took the place of a call that was up (RFC 3891): the leg it is. */
  readonly leg?: Leg;
  /** Answered already, since only its sound could tell whose it is. */
  readonly taken?: TakenByTone;
}

/** Epoch ms. */
export interface TakenByTone {
  /** When it was answered. */
  readonly at: number;
  /** When its marker was known. */
  readonly known: number;
  /** From when on no marker is heard in it any more. */
  readonly clear: number;
}

export interface Fits {
  /** Who must call. */
  readonly from?: string | undefined;
  /** A call that only a marker can tell is wanted too. */
  readonly byTone?: boolean;
}

/** What the other walks of this process do. */
interface House {
  /** None of them waits at that phone. */
  alone(chosen: Chosen): boolean;
  /** One of them has taken that call to hear whose it is. */
  isTaken(rung: Rung): boolean;
}

/** The calls that ring at an actor's phones, until one is taken. */
export class Ringing implements AsyncDisposable {
  #rung: Rung[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #house: House;
  readonly #tried = new Map<Call, string>();

  constructor(house: House) {
    this.#house = house;
  }

  add(rung: Rung): void {
    if (!this.#rung.includes(rung)) this.#rung.push(rung);
    for (const wake of this.#waiting) wake();
  }

  /** The first that is ours and still rings; of the caller that is named, when one is. It stays until it is `taken`. */
  async next(signal: AbortSignal, { from, byTone = false }: Fits = {}): Promise<Rung> {
    for (;;) {
      const ringing = this.#rung.filter(({ call }) => !call.over);
      const wanted = ringing.filter((rung) => from === undefined || isFrom(rung, from));
      const first =
        wanted.find((rung) =>
          from === undefined ? this.#isOurs(rung) : rung.claim !== 'theirs' && !onlyByTone(rung),
        ) ?? wanted.find((rung) => byTone && onlyByTone(rung) && !this.#house.isTaken(rung));
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
    this.#rung = this.#rung.filter((one) => one.call !== call);
  }

  /** What has become of a call that we took to hear whose it is; nothing to tell once it is with its walk. */
  tried(call: Call, words: string | undefined): void {
    if (words === undefined) this.#tried.delete(call);
    else this.#tried.set(call, `a call from ${call.signalling.remote.uri.user || 'nobody'} was answered: ${words}`);
  }

  /** What rang and was left alone, for whoever waited in vain; empty when nothing did. */
  get left(): string {
    const rang = this.#rung
      .filter((rung) => !rung.leg && !(onlyByTone(rung) && this.#house.isTaken(rung)))
      .map((rung) => {
        const { uri } = rung.call.signalling.remote;
        const why = this.#isOurs(rung)
          ? rung.call.over
            ? 'and gave up'
            : 'and rings on'
          : rung.claim === 'theirs'
            ? 'which is the call of another walk'
            : onlyByTone(rung)
              ? 'whose marker nobody asked for'
              : 'which nothing marks as ours while other walks wait at this phone';
        return `a call from ${uri.user || uri.text} rang, ${why}`;
      });
    return [...this.#tried.values(), ...rang].join('; ');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that only its sound can tell may be another walk's at the same extension: it ends with its phone.
    const ours = this.#rung.filter((rung) => !rung.leg && !onlyByTone(rung));
    await Promise.all(ours.map(({ call }) => call.close()));
  }

  #isOurs(rung: Rung): boolean {
    const { claim, chosen } = rung;
    return claim === 'ours' || (claim === 'unknown' && !onlyByTone(rung) && this.#house.alone(chosen));
  }
}

/** Nothing but its sound may tell whose it is. */
export const onlyByTone = ({ claim, chosen }: Rung): boolean =>
  claim === 'unknown' && chosen.persona.claim !== undefined;

function isFrom({ call }: Rung, from: string): boolean {
  const { invite } = call.signalling;
  return invite !== undefined && callersOf(invite).some((one) => sameNumber(decodeURIComponent(one), from));
}
