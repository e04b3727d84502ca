import type { HeardChunk } from '../media/tap.ts';
import { hop } from './features.ts';
import { HeardPatch } from './heard-patch.ts';
import { correlation } from './match.ts';
import { MusicReader } from './music-reader.ts';
import type { Reference } from './reference.ts';
import { sure } from './verdict.ts';

/** Music that plays; epoch ms. */
export interface HeardMusic {
  readonly kind: 'music';
  /** The enrolled sample that it was; undefined where any music would do. */
  readonly name?: string;
  /** 0-1 */
  readonly score?: number;
  readonly onset: number;
  readonly knownAt: number;
}

/** Frames that are looked for in a sample: 4 s; and between two such looks: 0.5 s. */
const excerpt = 200;
const every = 25;

/** Listens for music: for any, or for one of these samples from wherever in it the music began. */
export class MusicListener {
  readonly #samples: readonly Reference[];
  readonly #reader = new MusicReader();
  readonly #heard = new HeardPatch(2 * excerpt);
  #pushed = 0;
  #looked = 0;

  constructor(samples: readonly Reference[]) {
    this.#samples = samples;
  }

  push({ at, samples, holes }: HeardChunk, now: number): HeardMusic | undefined {
    const zero = at - this.#pushed / 8;
    this.#pushed += samples.length;
    if (this.#samples.length === 0) {
      this.#reader.push(samples);
      const { from } = this.#reader;
      return from === undefined ? undefined : { kind: 'music', onset: zero + from, knownAt: now };
    }
    this.#heard.push(samples, holes);
    const end = this.#heard.count + this.#heard.dropped;
    if (end < excerpt || end < this.#looked + every) return undefined;
    this.#looked = end;
    const best = this.#samples
      .map((sample) => ({ sample, ...this.#best(sample) }))
      .sort((a, b) => b.score - a.score)[0]!;
    if (best.score < sure) return undefined;
    const onset = zero + ((end - best.length) * hop) / 8;
    return { kind: 'music', name: best.sample.name, score: best.score, onset, knownAt: now };
  }

  /** The newest seconds that were heard at every place of a sample, all of it where it is shorter. */
  #best({ patch }: Reference): { readonly score: number; readonly length: number } {
    const length = Math.min(excerpt, patch.count);
    const q = this.#heard.count - length;
    let score = 0;
    for (let r = 0; r + length <= patch.count; r++)
      score = Math.max(score, correlation(patch, this.#heard, { r, q, length }));
    return { score, length };
  }
}
