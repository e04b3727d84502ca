import type { OpusDecoderHandle, OpusEncoderHandle } from 'libopus-wasm';
import { type G711, g711, type Law } from './g711.ts';
import { g722 } from './g722.ts';
import { doubler, halver } from './half-band.ts';
import { linear } from './linear.ts';

/** A codec of one call, 8 kHz on our side whatever it is on theirs. It remembers the packet before: one call, one coder. */
export interface Coder {
  readonly name: string;
  /** Units of its RTP clock for each sample of ours: 6 where the clock runs at 48 kHz. */
  readonly stretch: number;
  encode(samples: Int16Array): Uint8Array;
  /** Throws Error for a payload that is none. */
  decode(payload: Uint8Array): Int16Array;
}

export interface OpusPair {
  readonly encoder: OpusEncoderHandle;
  readonly decoder: OpusDecoderHandle;
}

/** The tables of G.711, made once for all calls. */
export const laws = (): Readonly<Record<Law, G711>> => ({ PCMU: g711('PCMU'), PCMA: g711('PCMA') });

/** Opus as a telephone wants it: speech, every packet sent (a silence that is not sent looks like loss), and with what a lost packet before it held. */
export async function opusPair(): Promise<OpusPair> {
  const { Application, createDecoder, createEncoder, Signal } = await import('libopus-wasm');
  const mono = { channels: 1, sampleRate: 8000 } as const;
  const [encoder, decoder] = await Promise.all([
    createEncoder({
      ...mono,
      application: Application.Voip,
      signal: Signal.Voice,
      bitrate: 24_000,
      complexity: 5,
      dtx: false,
      fec: true,
      packetLossPercent: 5,
    }),
    createDecoder(mono),
  ]);
  return { encoder, decoder };
}

/** The coders of one call, each made when it is first wanted. */
export class Coders {
  readonly #laws: Readonly<Record<Law, G711>>;
  readonly #opus: OpusPair | undefined;
  readonly #made = new Map<string, Coder>();

  constructor(shared: Readonly<Record<Law, G711>>, opus?: OpusPair) {
    this.#laws = shared;
    this.#opus = opus;
  }

  /** Undefined for a codec that we do not speak. */
  of(name: string): Coder | undefined {
    const known = this.#made.get(name);
    if (known) return known;
    const made = this.#make(name);
    if (made) this.#made.set(name, made);
    return made;
  }

  close(): void {
    this.#opus?.encoder.free();
    this.#opus?.decoder.free();
    this.#made.clear();
  }

  #make(name: string): Coder | undefined {
    if (name === 'PCMU' || name === 'PCMA') {
      const { encode, decode } = this.#laws[name];
      return { name, stretch: 1, encode, decode };
    }
    if (name === linear.name) return { ...linear, stretch: 1 };
    if (name === 'G722') return wideband();
    if (name === 'OPUS' && this.#opus) return opus(this.#opus);
    return undefined;
  }
}

/** G.722 samples at 16 kHz, and its RTP clock says 8000 all the same (RFC 3551 §4.5.2). */
function wideband(): Coder {
  const { encode, decode } = g722();
  const [up, down] = [doubler(), halver()];
  return { name: 'G722', stretch: 1, encode: (pcm) => encode(up(pcm)), decode: (codes) => down(decode(codes)) };
}

/** The clock of Opus runs at 48 kHz whatever it samples (RFC 7587 §4.1). */
function opus({ encoder, decoder }: OpusPair): Coder {
  return {
    name: 'OPUS',
    stretch: 6,
    encode: (pcm) => encoder.encode(pcm, { frameSize: pcm.length }),
    decode: (payload) => decoder.decode(payload),
  };
}
