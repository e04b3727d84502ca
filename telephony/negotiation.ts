import type { MediaLeg } from './media/leg.ts';
import { answerOffer, type OurAudio, readAnswer, writeOffer } from './media/offer.ts';
import type { Crypto, Direction } from './media/sdp.ts';
import type { Parley } from './sip/leg-event.ts';

/** What a call agrees by, whatever carries its sound. */
export interface Talk extends Parley {
  /** What we want; `sendonly` is hold. */
  direction: Direction;
  /** Their newest description. */
  readonly theirs: string;
  /** The leg that it speaks for; `offer` is theirs, where they have made one. */
  attach(media: MediaLeg, offer?: string): Promise<void>;
  /** Speaks for somebody else from now on. */
  lend(description: string): void;
  /** Speaks for its own leg again. */
  reclaim(): void;
}

export interface NegotiationSettings {
  /** In order of liking: PCMU, PCMA, G722, OPUS. */
  readonly codecs: readonly string[];
  /** Offer telephone-event. */
  readonly digits: boolean;
  /** SRTP by SDES with this key of ours. */
  readonly crypto?: Crypto;
  /** Of `o=`. */
  readonly session: number;
}

/** Speaks SDP for one media leg: what both sides agree on goes to the leg at once. */
export class Negotiation implements Talk {
  readonly #settings: NegotiationSettings;
  #media: MediaLeg | undefined;
  #version = 1;
  #last = '';
  /** What we want; `sendonly` is hold. */
  direction: Direction = 'sendrecv';
  #theirs = '';
  #lent: string | undefined;

  constructor(settings: NegotiationSettings, media?: MediaLeg) {
    this.#settings = settings;
    this.#media = media;
  }

  /** Their newest description. */
  get theirs(): string {
    return this.#theirs;
  }

  /** Speaks for somebody else from now on: offers and answers this description, and sends no sound of its own. */
  lend(description: string): void {
    this.#lent = description;
    const { target } = this.#leg;
    if (target) this.#leg.connect({ ...target, direction: 'inactive' });
  }

  /** Speaks for itself again, from the next offer or answer on. */
  reclaim(): void {
    this.#lent = undefined;
  }

  /** The leg of a call that came in is opened after the call is known. */
  async attach(media: MediaLeg): Promise<void> {
    this.#media = media;
  }

  offer(): string {
    if (this.#lent !== undefined) return this.#restamped(this.#lent);
    return this.#versioned((our) => writeOffer(our));
  }

  answer(offer: string): string {
    this.#theirs = offer;
    if (this.#lent !== undefined) return this.#restamped(this.#lent);
    return this.#versioned((our) => {
      const { sdp, target } = answerOffer(offer, our);
      this.#leg.connect(target);
      return sdp;
    });
  }

  accept(answer: string): void {
    this.#theirs = answer;
    if (this.#lent !== undefined) return;
    this.#leg.connect(readAnswer(answer, this.#our()));
  }

  /** The lent description under an `o=` of ours, which grows with each change. */
  #restamped(description: string): string {
    const { host } = this.#leg.local;
    this.#version += 1;
    const origin = `o=- ${this.#settings.session} ${this.#version} IN ${host.includes(':') ? 'IP6' : 'IP4'} ${host}`;
    return description.replace(/^o=.*$/m, origin);
  }

  get #leg(): MediaLeg {
    if (!this.#media) throw new Error('no ports for audio yet');
    return this.#media;
  }

  #our(): OurAudio {
    const { codecs, session, crypto } = this.#settings;
    const { host, port } = this.#leg.local;
    const { direction } = this;
    // A number that was agreed keeps its meaning for the whole call (RFC 3264 §8.3.2), and is the one that they know.
    const { digits: agreed, digitsRate: rate } = this.#leg.target ?? {};
    const digits = this.#settings.digits && (agreed !== undefined && rate === 8000 ? agreed : true);
    return { host, port, codecs, digits, direction, crypto, session: { id: session, version: this.#version } };
  }

  /** The version of `o=` grows only with a change of the rest (RFC 3264 §8). */
  #versioned(write: (our: OurAudio) => string): string {
    const same = write(this.#our());
    if (this.#last === '' || same === this.#last) {
      this.#last = same;
      return same;
    }
    this.#version += 1;
    this.#last = write(this.#our());
    return this.#last;
  }
}
