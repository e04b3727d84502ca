import { allBands, bands, contrast, Features, frameLength, hop, type Passband } from './features.ts';
import type { Summed } from './match.ts';

/** The middle of a frame, where its window is high; so much of it gone, and the frame says nothing. */
const middle = [64, 448] as const;
const gone = 80;

/** Features of what is heard, as it comes; the oldest are dropped, so that a long call costs no more than a short one. */
export class HeardPatch implements Summed {
  readonly #features = new Features();
  readonly #keep: number;
  #samples: Int16Array<ArrayBuffer> = new Int16Array(frameLength + 1600);
  #filled = 0;
  #count = 0;
  #dropped = 0;
  #passband = allBands;
  values = new Float32Array(0);
  powers = new Float32Array(0);
  sums = new Float64Array(bands);
  squares = new Float64Array(1);
  lost = new Uint8Array(0);
  /** Stretches without packets, in samples from the beginning. */
  #holes: (readonly [from: number, to: number])[] = [];
  #pushed = 0;

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

  push(samples: Int16Array, holes: readonly (readonly [from: number, to: number])[] = []): void {
    for (const [from, to] of holes) this.#holes.push([this.#pushed + from, this.#pushed + to]);
    this.#pushed += samples.length;
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
    if (this.#holes.length > 0) {
      const begin = this.#pushed - this.#filled;
      this.#holes = this.#holes.filter(([, to]) => to > begin);
    }
    if (this.#count >= 2 * this.#keep) this.#drop(this.#count - this.#keep);
  }

  #append(from: number): void {
    if ((this.#count + 1) * bands > this.values.length) this.#grow(this.#count * 2 + 500);
    const f = this.#count;
    this.#features.powers(this.#samples, from, this.powers.subarray(f * bands, (f + 1) * bands));
    this.#contrast(f);
    this.lost[f] = this.#isLost((f + this.#dropped) * hop) ? 1 : 0;
    this.#count += 1;
  }

  /** Looks at all that is kept, and at what comes, through the bands that the line carries. */
  through(passband: Passband): void {
    this.#passband = passband;
    this.values.fill(0);
    for (let f = 0; f < this.#count; f++) this.#contrast(f);
  }

  #contrast(f: number): void {
    contrast(this.powers, f * bands, this.values, this.#passband);
    let square = 0;
    for (let n = f * bands; n < (f + 1) * bands; n++) {
      const value = this.values[n]!;
      this.sums[n + bands] = this.sums[n]! + value;
      square += value * value;
    }
    this.squares[f + 1] = this.squares[f]! + square;
  }

  #isLost(from: number): boolean {
    let missing = 0;
    for (const [a, b] of this.#holes)
      missing += Math.max(0, Math.min(b, from + middle[1]) - Math.max(a, from + middle[0]));
    return missing >= gone;
  }

  #grow(frames: number): void {
    const { values, powers, sums, squares, lost } = this;
    this.values = new Float32Array(frames * bands);
    this.powers = new Float32Array(frames * bands);
    this.sums = new Float64Array((frames + 1) * bands);
    this.squares = new Float64Array(frames + 1);
    this.values.set(values);
    this.powers.set(powers);
    this.sums.set(sums);
    this.squares.set(squares);
    this.lost = new Uint8Array(frames);
    this.lost.set(lost);
  }

  #drop(frames: number): void {
    this.values.copyWithin(0, frames * bands, this.#count * bands);
    this.powers.copyWithin(0, frames * bands, this.#count * bands);
    this.sums.copyWithin(0, frames * bands, (this.#count + 1) * bands);
    this.squares.copyWithin(0, frames, this.#count + 1);
    this.lost.copyWithin(0, frames, this.#count);
    this.#count -= frames;
    this.#dropped += frames;
  }
}
