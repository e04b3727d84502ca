import type { MediaLeg } from './media/leg.ts';
import type { AudioTarget } from './media/offer.ts';
import { type AudioDescription, type Direction, readSession, SdpError } from './media/sdp.ts';
import type { Talk } from './negotiation.ts';

const usable = ['PCMU', 'PCMA'];

/**
 * Speaks SDP for a leg over WebRTC. Descriptions are made by the thread that holds the connection, before they are asked
 * for here; a re-INVITE gets the same one with the direction that fits.
 */
export class WebNegotiation implements Talk {
  #media: MediaLeg | undefined;
  #ours = '';
  #theirs = '';
  direction: Direction = 'sendrecv';

  /** Makes our description: an offer, or the answer to theirs. Throws Error for an offer that is none for WebRTC. */
  async attach(media: MediaLeg, offer?: string): Promise<void> {
    this.#media = media;
    if (offer) audioOf(offer);
    this.#ours = await media.describe(offer || undefined);
  }

  lend(): never {
    throw new Error('a call over WebRTC cannot be put through to somebody else by its description');
  }

  reclaim(): void {}

  get theirs(): string {
    return this.#theirs;
  }

  offer(): string {
    return this.#directed(this.direction);
  }

  answer(offer: string): string {
    const first = this.#theirs === '';
    this.#theirs = offer;
    const audio = audioOf(offer);
    this.#media?.connect(targetOf(audio, meet(this.direction, audio.direction)));
    return first ? this.#ours : this.#directed(meet(this.direction, audio.direction));
  }

  accept(answer: string): void {
    const first = this.#theirs === '';
    this.#theirs = answer;
    const audio = audioOf(answer);
    if (first) this.#media?.accept(answer);
    this.#media?.connect(targetOf(audio, meet(this.direction, audio.direction)));
  }

  /** The same description, its direction and version moved on (RFC 3264 §8). */
  #directed(direction: Direction): string {
    const versioned = this.#ours.replace(
      /^(o=\S+ \S+ )(\d+)/m,
      (_, head: string, version: string) => `${head}${BigInt(version) + 1n}`,
    );
    const changed = versioned.replace(/^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m, `a=${direction}\r`);
    if (this.#theirs === '') return this.#ours;
    this.#ours = changed;
    return changed;
  }
}

function audioOf(text: string): AudioDescription {
  const { audio } = readSession(text);
  if (!audio) throw new SdpError('no-audio', 'the description has no audio line');
  if (!/^a=fingerprint:/m.test(text))
    throw new SdpError('refused', 'the other side does not speak WebRTC (no fingerprint)');
  return audio;
}

function targetOf(audio: AudioDescription, direction: Direction): AudioTarget {
  const accept = audio.codecs.filter(({ name, rate }) => usable.includes(name) && rate === 8000);
  const [codec] = accept;
  if (!codec) {
    const theirs = audio.codecs.map(({ name }) => name).join(', ') || 'none';
    throw new SdpError('no-common-codec', `no codec in common: theirs are ${theirs}; ours are ${usable.join(', ')}`);
  }
  const { digits } = audio;
  const place = { host: '127.0.0.1', port: 9, rtcpPort: 9, mux: true };
  return { ...place, codec, accept, ptime: 20, direction, ...(digits === undefined ? {} : { digits }) };
}

function meet(ours: Direction, theirs: Direction): Direction {
  const sends = (one: Direction) => one === 'sendrecv' || one === 'sendonly';
  const hears = (one: Direction) => one === 'sendrecv' || one === 'recvonly';
  const [out, back] = [sends(ours) && hears(theirs), hears(ours) && sends(theirs)];
  return out ? (back ? 'sendrecv' : 'sendonly') : back ? 'recvonly' : 'inactive';
}
