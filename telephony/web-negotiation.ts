import type { MediaLeg } from './media/leg.ts';
import { linear } from './media/linear.ts';
import { type AudioTarget, codecLines, common, eventsFor, meet, targetOf } from './media/offer.ts';
import { type AudioDescription, type Codec, type Direction, readSession, SdpError } from './media/sdp.ts';
import type { WebEngine } from './media/web-wire.ts';
import type { Talk } from './negotiation.ts';

/**
 * Speaks SDP for a leg over WebRTC. Descriptions are made by the thread that holds the connection, before they are asked
 * for here; a re-INVITE gets the same one with the direction that fits.
 */
export class WebNegotiation implements Talk {
  readonly #codecs: readonly string[];
  readonly #engine: WebEngine;
  #media: MediaLeg | undefined;
  #ours = '';
  #theirs = '';
  direction: Direction = 'sendrecv';

  /** `codecs` in order of liking. */
  constructor({ codecs, engine = 'werift' }: { readonly codecs: readonly string[]; readonly engine?: WebEngine }) {
    this.#codecs = codecs;
    this.#engine = engine;
  }

  /** Makes our description: an offer, or the answer to theirs. Throws SdpError for an offer that we cannot take. */
  async attach(media: MediaLeg, offer?: string): Promise<void> {
    this.#media = media;
    const theirs = offer ? audioOf(offer) : undefined;
    const codecs = theirs && common(this.#codecs, theirs);
    const made = await media.describe(offer || undefined);
    this.#ours =
      theirs && codecs && this.#engine === 'werift' ? speaking(made, codecs, eventsFor(codecs, theirs)) : made;
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
    const direction = meet(this.direction, audio.direction);
    this.#connect(audio, common(this.#codecs, audio), direction);
    return first ? this.#ours : this.#directed(direction);
  }

  accept(answer: string): void {
    const first = this.#theirs === '';
    this.#theirs = answer;
    const audio = audioOf(answer);
    const codecs = common(this.#codecs, audio);
    // Theirs is the last word: what they name first they want to hear (RFC 3264 §7).
    const chosen = codecs.find(({ payload }) => payload === audio.codecs[0]?.payload) ?? codecs[0]!;
    if (first) this.#media?.accept(answer);
    this.#connect(audio, [chosen, ...codecs], meet(this.direction, audio.direction));
  }

  #connect(audio: AudioDescription, codecs: readonly Codec[], direction: Direction): void {
    // Where packets go is the connection's affair (ICE); they come and go on one port.
    const place = { host: '127.0.0.1', port: 9, rtcpPort: 9, mux: true };
    const target = { ...targetOf(audio, codecs, direction), ...place };
    this.#media?.connect(this.#engine === 'werift' ? target : this.#sampled(target));
  }

  /** Between us and who makes the packets go plain samples: it has the codec, and sends telephone-events itself where it can, under the number that it named. */
  #sampled({ digits, digitsRate: _, events: __, ...target }: AudioTarget): AudioTarget {
    const samples = { name: linear.name, payload: linear.payload, rate: linear.rate };
    const keys = new RegExp(`^a=rtpmap:${digits} telephone-event/`, 'm').test(this.#ours);
    return {
      ...target,
      ...(keys && digits !== undefined ? { digits } : {}),
      codec: samples,
      accept: [samples],
      ptime: 20,
    };
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

/** The answer with these codecs and no others: werift 0.25 matches telephone-event without a look at its clock, and orders as the offer does. */
function speaking(answer: string, codecs: readonly Codec[], events: readonly Codec[]): string {
  const formats = [...codecs, ...events].map(({ payload }) => payload).join(' ');
  const bare = answer.replaceAll(/^a=(rtpmap|fmtp|rtcp-fb):.*\r?\n/gm, '').replace(/\r?\n?$/, '\r\n');
  const lines = codecLines(codecs, events).map((line) => `${line}\r\n`);
  return bare.replace(/^(m=audio \S+ \S+) .*?(\r?)$/m, `$1 ${formats}$2`) + lines.join('');
}
