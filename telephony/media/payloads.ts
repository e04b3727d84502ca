import type { Coder, Coders } from './coders.ts';
import { type AudioTarget, opusPayload } from './offer.ts';
import type { Meaning } from './receiver.ts';
import { staticName } from './sdp.ts';

/**
 * What the numbers of payloads mean in one call. Static numbers, and those of our own offers, count even when they were not agreed: early
 * media come before the answer.
 */
export class Payloads implements Meaning {
  readonly #coders: Coders;
  /** Others make and read the packets: telephone-events are theirs. */
  readonly #outside: boolean;
  #target: AudioTarget | undefined;
  /** Of the newest packet: the next one holds the same. */
  #known = { payload: -1, coder: undefined as Coder | undefined, digits: undefined as number | undefined };

  constructor(coders: Coders, { outside }: { readonly outside: boolean }) {
    this.#coders = coders;
    this.#outside = outside;
  }

  agree(target: AudioTarget): void {
    this.#target = target;
    this.#known.payload = -1;
  }

  coder(payload: number): Coder | undefined {
    return this.#meant(payload).coder;
  }

  digits(payload: number): number | undefined {
    return this.#meant(payload).digits;
  }

  #meant(payload: number) {
    if (this.#known.payload === payload) return this.#known;
    const { digits, digitsRate = 8000, events = [] } = this.#target ?? { digits: 101 };
    const told = payload === digits ? digitsRate : events.find((event) => event.payload === payload)?.rate;
    const rate = this.#outside ? undefined : told;
    const coder = rate === undefined ? this.#coderOf(payload) : undefined;
    this.#known = { payload, coder, digits: rate };
    return this.#known;
  }

  #coderOf(payload: number): Coder | undefined {
    const agreed = this.#target?.accept.find((codec) => codec.payload === payload)?.name;
    const name = agreed ?? (payload === opusPayload && !this.#target ? 'OPUS' : staticName(payload));
    return name === undefined ? undefined : this.#coders.of(name);
  }
}
