import type { Clock } from '../../core/clock.ts';
import { claimMarker } from '../../telephony/hearing/claim-marker.ts';
import type { Leg } from './leg.ts';
import type { ToneClaims, Voice } from './tone-claims.ts';

/** Between two steps is no waiting, ms. */
const between = 150;

interface Parts {
  readonly walk: string;
  readonly tones: ToneClaims;
  readonly clock: Clock;
  /** The call that a step would act on. */
  readonly leg: () => Leg | undefined;
}

/**
 * The customer's side of a claim by tone: sounds the marker of the walk while some agent asks for it, and only where no
 * step is disturbed: while the customer waits for what an agent says, hears music, or has nothing to do while an agent
 * of the walk stands at its `answer`.
 */
export class Sounding implements Voice, Disposable {
  readonly walk: string;
  readonly #parts: Parts;
  readonly #voice: Disposable;
  #asked = false;
  #agentWaits = false;
  #steps = 0;
  #waiting = 0;
  #stop: AbortController | undefined;

  constructor(parts: Parts) {
    this.walk = parts.walk;
    this.#parts = parts;
    this.#voice = parts.tones.speaks(this);
  }

  asked(on: boolean, agentWaits: boolean): void {
    this.#asked = on;
    this.#agentWaits = agentWaits;
    this.#weigh();
  }

  /** A step of the customer runs until it is disposed. */
  step(): Disposable {
    return this.#while((by) => {
      this.#steps += by;
    });
  }

  /** The step waits for an agent until it is disposed. */
  waits(): Disposable {
    return this.#while((by) => {
      this.#waiting += by;
    });
  }

  [Symbol.dispose](): void {
    this.#voice[Symbol.dispose]();
    this.#stop?.abort();
    this.#stop = undefined;
  }

  #while(change: (by: 1 | -1) => void): Disposable {
    change(1);
    this.#weigh();
    return {
      [Symbol.dispose]: () => {
        change(-1);
        this.#weigh();
      },
    };
  }

  #weigh(): void {
    const sounds = this.#asked && (this.#waiting > 0 || (this.#steps === 0 && this.#agentWaits));
    if (sounds && !this.#stop) {
      this.#stop = new AbortController();
      this.#sound(this.#stop.signal).catch(() => undefined);
    } else if (!sounds) {
      this.#stop?.abort();
      this.#stop = undefined;
    }
  }

  async #sound(signal: AbortSignal): Promise<void> {
    const { clock, tones, leg, walk } = this.#parts;
    await clock.sleep(between, signal);
    const number = tones.number(walk);
    const { call, chosen } = leg() ?? {};
    if (number === undefined || !call || chosen?.agent || call.signalling.direction !== 'out') return;
    await call.until((event): event is typeof event => event.type === 'answered', 0, signal);
    if (!call.over) await call.media.play(claimMarker(number), { loop: true, signal });
  }
}
