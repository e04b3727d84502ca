import type { Clock } from '../../core/clock.ts';
import { seedOf } from '../../core/random.ts';
import type { Call } from '../../telephony/call.ts';
import { claimMarkers } from '../../telephony/hearing/claim-marker.ts';
import type { HearingThread } from '../../telephony/hearing/thread.ts';
import type { Rung } from './ringing.ts';

/** A phone at which a walk waits for a call that its marker tells. */
export interface Seat {
  readonly walk: string;
  /** Of all walks of all processes: what its number is made of. */
  readonly mark: string;
  readonly phone: string;
  /** A call that only its sound can tell rings there, at this walk's phone or another's; or it was found to be this walk's. */
  rings(rung: Rung): void;
}

/** A customer of a walk, who sounds its marker while that is asked for. */
export interface Voice {
  readonly walk: string;
  /** `agentWaits`: an agent of the walk stands at its `answer`. */
  asked(on: boolean, agentWaits: boolean): void;
}

/** Whose a call is, by what was heard in it. */
export type Heard =
  | { readonly kind: 'walk'; readonly walk: string }
  | { readonly kind: 'several'; readonly walks: readonly string[] }
  /** The marker of a walk that this process does not know. */
  | { readonly kind: 'stranger' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'over' };

/** No marker until the call or our patience was over; what else went wrong is ours. */
function unheard(error: unknown): undefined {
  if (!(error instanceof Error) || !/^(no longer listening|the call has ended)$/.test(error.message)) throw error;
}

/** So long after a call was taken at a phone, its other forks have been taken back, ms. */
const apart = 300;

/**
 * Whose call is it that carries nothing to tell: it is taken, the customers who wait for an agent are asked for their
 * markers, and the walk whose marker is heard has the call (docs/decisions/0120).
 */
export class ToneClaims {
  readonly #seats = new Set<Seat>();
  readonly #voices = new Set<Voice>();
  readonly #numbers = new Map<string, number>();
  /** Walk → agents of it that stand at their `answer`. */
  readonly #waiting = new Map<string, number>();
  /** Walks that have been given a call since they last waited for one. */
  readonly #given = new Set<string>();
  /** Calls that only their sound can tell, until they are over; and those that were taken. */
  readonly #rung = new Set<Rung>();
  readonly #taken = new WeakSet<Call>();
  /** Phone → when a call may next be taken there, epoch ms. */
  readonly #next = new Map<string, number>();
  #asking = 0;

  /** A walk waits at a phone until it is disposed. */
  sits(seat: Seat): Disposable {
    this.#seats.add(seat);
    if (!this.#numbers.has(seat.walk)) this.#numbers.set(seat.walk, this.#free(seedOf(seat.mark) % claimMarkers));
    for (const rung of this.#rung) if (this.#isFree(rung) && rung.chosen.name === seat.phone) seat.rings(rung);
    return { [Symbol.dispose]: () => void this.#seats.delete(seat) };
  }

  /** A call that only its sound can tell rings, for every walk that waits at its extension. */
  rang(rung: Rung): void {
    for (const old of this.#rung) if (!this.#isFree(old)) this.#rung.delete(old);
    this.#rung.add(rung);
    for (const seat of this.#seats) if (seat.phone === rung.chosen.name) seat.rings(rung);
  }

  /** Somebody has taken it to hear whose it is. */
  isTaken({ call }: Rung): boolean {
    return this.#taken.has(call);
  }

  /** A customer of a walk can be asked until it is disposed. */
  speaks(voice: Voice): Disposable {
    this.#voices.add(voice);
    return { [Symbol.dispose]: () => void this.#voices.delete(voice) };
  }

  /** An agent of the walk stands at its `answer` until it is disposed. */
  awaits(walk: string): Disposable {
    const change = (by: number) => {
      // A step that was given up may end after its walk was forgotten.
      this.#waiting.set(walk, Math.max(0, (this.#waiting.get(walk) ?? 0) + by));
      this.#ask();
    };
    this.#given.delete(walk);
    change(1);
    return { [Symbol.dispose]: () => change(-1) };
  }

  /** What the customers of a walk sound; undefined when it waits for no call by tone. */
  number(walk: string): number | undefined {
    return this.#numbers.get(walk);
  }

  seat(walk: string, phone: string): Seat | undefined {
    return [...this.#seats].find((seat) => seat.walk === walk && seat.phone === phone);
  }

  forget(walk: string): void {
    this.#numbers.delete(walk);
    this.#waiting.delete(walk);
    this.#given.delete(walk);
  }

  /** Takes a call for the one who asks first, when it may be taken; false: somebody else has. */
  async takes(rung: Rung, clock: Clock, signal: AbortSignal): Promise<boolean> {
    if (!this.#isFree(rung)) return false;
    const { call, chosen } = rung;
    this.#taken.add(call);
    const at = Math.max(clock.now(), this.#next.get(chosen.name) ?? 0);
    this.#next.set(chosen.name, at + apart);
    try {
      await clock.sleep(Math.max(0, at - clock.now()), signal);
    } catch (error) {
      this.#taken.delete(call);
      this.rang(rung);
      throw error;
    }
    return !call.over;
  }

  /** Listens to a call that was answered just now, for so many ms. */
  async whose(
    call: Call,
    { thread, clock, within }: { readonly thread: HearingThread; readonly clock: Clock; readonly within: number },
  ): Promise<Heard> {
    this.#asking += 1;
    this.#ask();
    const over = new AbortController();
    try {
      const wanted = { for: 'claim', known: [...this.#numbers.values()] } as const;
      const listening = thread.listen(call.media, wanted, clock.now());
      const ends = call.until((event): event is typeof event => event.type === 'ended', 0, over.signal);
      const late = Promise.race([clock.sleep(within, over.signal), ends]);
      late.then(
        () => listening.stop(),
        () => undefined,
      );
      const heard = await listening.result.catch(unheard);
      listening.stop().catch(() => undefined);
      if (heard?.kind === 'claim') return this.#told(heard.numbers);
      return { kind: call.over ? 'over' : 'nothing' };
    } finally {
      over.abort();
      this.#asking -= 1;
      this.#ask();
    }
  }

  #isFree(rung: Rung): boolean {
    return !rung.call.over && !this.isTaken(rung);
  }

  #told(numbers: readonly number[]): Heard {
    const walks = [...this.#numbers].flatMap(([walk, number]) => (numbers.includes(number) ? [walk] : []));
    const [walk] = walks;
    if (walk === undefined) return { kind: 'stranger' };
    if (walks.length > 1) return { kind: 'several', walks };
    this.#given.add(walk);
    return { kind: 'walk', walk };
  }

  #ask(): void {
    for (const voice of this.#voices) {
      const waits = (this.#waiting.get(voice.walk) ?? 0) > 0;
      voice.asked(this.#asking > 0 && this.#numbers.has(voice.walk) && !this.#given.has(voice.walk), waits);
    }
  }

  /** Two walks of this process never have one number. */
  #free(number: number): number {
    const taken = new Set(this.#numbers.values());
    while (taken.has(number)) number = (number + 1) % claimMarkers;
    return number;
  }
}
