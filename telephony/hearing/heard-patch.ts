import { bands, Features, frameLength, hop } from './features.ts';
import type { Summed } from './match.ts';

/** Features of what is heard, as it comes; the oldest are dropped, so that a long call costs no more than a short one. */
export class HeardPatch implements Summed {
  readonly #features = new Features();
  readonly #keep: number;
  #samples: Int16Array<ArrayBuffer> = new Int16Array(frameLength + 1600);
  #filled = 0;
  #count = 0;
  #dropped = 0;
  values = new Float32Array(0);
  sums = new Float64Array(bands);
  squares = new Float64Array(1);

  /** `keep` frames stay at least. */
  constructor(keep: number) {
    this.#keep = keep;
    this.#grow(Math.min(2 * keep, 1000));
  }

  get count(): number {
    return this.#count;
  }
  /** Frames that were dropped: frame n of this patch is frame n + dropped of the sound. */
  get dropped(): number {
    return this.#dropped;
  }

  push(samples: Int16Array): void {
    if (this.#filled + samples.length > this.#samples.length) {
      const more = new Int16Array(this.#filled + samples.length);
      more.set(this.#samples.subarray(0, this.#filled));
      this.#samples = more;
    }
    this.#samples.set(samples, this.#filled);
    this.#filled += samples.length;
    let from = 0;
    for (; from + frameLength <= this.#filled; from += hop) this.#append(from);
    this.#samples.copyWithin(0, from, this.#filled);
    this.#filled -= from;
    if (this.#count >= 2 * this.#keep) this.#drop(this.#count - this.#keep);
  }

  #append(from: number): void {
    if ((this.#count + 1) * bands > this.values.length) this.#grow(this.#count * 2 + 500);
    const f = this.#count;
    const frame = this.values.subarray(f * bands, (f + 1) * bands);
    this.#features.frame(this.#samples, from, frame);
    let square = 0;
    for (let b = 0; b < bands; b++) {
      this.sums[(f + 1) * bands + b] = this.sums[f * bands + b]! + frame[b]!;
      square += frame[b]! ** 2;
    }
    this.squares[f + 1] = this.squares[f]! + square;
    this.#count += 1;
  }

  #grow(frames: number): void {
    const [values, sums, squares] = [this.values, this.sums, this.squares];
    this.values = new Float32Array(frames * bands);
    this.sums = new Float64Array((frames + 1) * bands);
    this.squares = new Float64Array(frames + 1);
    this.values.set(values);
    this.sums.set(sums);
    this.squares.set(squares);
  }

  #drop(frames: number): void {
    this.values.copyWithin(0, frames * bands, this.#count * bands);
    this.sums.copyWithin(0, frames * bands, (this.#count + 1) * bands);
    this.squares.copyWithin(0, frames, this.#count + 1);
    this.#count -= frames;
    this.#dropped += frames;
  }
}
