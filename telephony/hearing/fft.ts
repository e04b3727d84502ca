/** Fast Fourier transform of one power-of-two length, in place, radix 2. */
export class Fft {
  readonly size: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #mirror: Uint32Array;

  constructor(size: number) {
    if (size < 2 || (size & (size - 1)) !== 0) throw new RangeError(`${size} is no power of two`);
    this.size = size;
    this.#cos = Float64Array.from({ length: size / 2 }, (_, n) => Math.cos((2 * Math.PI * n) / size));
    this.#sin = Float64Array.from({ length: size / 2 }, (_, n) => Math.sin((2 * Math.PI * n) / size));
    const bits = Math.log2(size);
    this.#mirror = Uint32Array.from({ length: size }, (_, n) => {
      let m = 0;
      for (let bit = 0; bit < bits; bit++) m |= ((n >> bit) & 1) << (bits - 1 - bit);
      return m;
    });
  }

  forward(re: Float64Array, im: Float64Array): void {
    this.#reorder(re, im);
    if (this.size >= 4) this.#fours(re, im);
    const { size } = this;
    const [cos, sin] = [this.#cos, this.#sin];
    for (let half = size >= 4 ? 4 : 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let a = start, k = 0; a < start + half; a++, k += stride) {
          const b = a + half;
          const c = cos[k]!;
          const s = sin[k]!;
          const tr = re[b]! * c + im[b]! * s;
          const ti = im[b]! * c - re[b]! * s;
          re[b] = re[a]! - tr;
          im[b] = im[a]! - ti;
          re[a] = re[a]! + tr;
          im[a] = im[a]! + ti;
        }
      }
    }
  }

  /** Bits of the index mirrored. Only what changes places; no array is made: this runs for every 10 ms of every call. */
  #reorder(re: Float64Array, im: Float64Array): void {
    const mirror = this.#mirror;
    for (let n = 0; n < this.size; n++) {
      const m = mirror[n]!;
      if (m <= n) continue;
      const r = re[n]!;
      const i = im[n]!;
      re[n] = re[m]!;
      im[n] = im[m]!;
      re[m] = r;
      im[m] = i;
    }
  }

  /** The first two stages at once: nothing to multiply in them. */
  #fours(re: Float64Array, im: Float64Array): void {
    for (let n = 0; n < this.size; n += 4) {
      const sr = re[n]! + re[n + 1]!;
      const si = im[n]! + im[n + 1]!;
      const dr = re[n]! - re[n + 1]!;
      const di = im[n]! - im[n + 1]!;
      const tr = re[n + 2]! + re[n + 3]!;
      const ti = im[n + 2]! + im[n + 3]!;
      const er = re[n + 2]! - re[n + 3]!;
      const ei = im[n + 2]! - im[n + 3]!;
      re[n] = sr + tr;
      im[n] = si + ti;
      re[n + 1] = dr + ei;
      im[n + 1] = di - er;
      re[n + 2] = sr - tr;
      im[n + 2] = si - ti;
      re[n + 3] = dr - ei;
      im[n + 3] = di + er;
    }
  }

  /** The inverse is the forward transform of the conjugate, scaled. */
  inverse(re: Float64Array, im: Float64Array): void {
    for (let n = 0; n < this.size; n++) im[n] = -im[n]!;
    this.forward(re, im);
    for (let n = 0; n < this.size; n++) {
      re[n] = re[n]! / this.size;
      im[n] = -im[n]! / this.size;
    }
  }
}

/**
 * Power of a windowed stretch of samples (Hann) in each of `size` / 2 bins. Two real samples make one complex one, so
 * that a transform of half the length does.
 */
export class PowerSpectrum {
  readonly size: number;
  readonly #fft: Fft;
  readonly #window: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #power: Float64Array;

  constructor(size: number) {
    this.size = size;
    const half = size / 2;
    this.#fft = new Fft(half);
    this.#window = hann(size);
    [this.#re, this.#im, this.#power] = [new Float64Array(half), new Float64Array(half), new Float64Array(half)];
    this.#cos = Float64Array.from({ length: half }, (_, n) => Math.cos((2 * Math.PI * n) / size));
    this.#sin = Float64Array.from({ length: half }, (_, n) => Math.sin((2 * Math.PI * n) / size));
  }

  /** From `samples[from]` on; what lies beyond the end is silence. The array is overwritten by the next call. */
  of(samples: Int16Array, from: number): Float64Array {
    const [re, im, window, power] = [this.#re, this.#im, this.#window, this.#power];
    const half = this.size / 2;
    for (let n = 0; n < half; n++) {
      re[n] = (samples[from + 2 * n] ?? 0) * window[2 * n]!;
      im[n] = (samples[from + 2 * n + 1] ?? 0) * window[2 * n + 1]!;
    }
    this.#fft.forward(re, im);
    power[0] = (re[0]! + im[0]!) ** 2;
    for (let n = 1; n < half; n++) {
      const m = half - n;
      // The even samples' spectrum and the odd ones', of which the latter is turned by half a sample.
      const er = (re[n]! + re[m]!) / 2;
      const ei = (im[n]! - im[m]!) / 2;
      const or = (im[n]! + im[m]!) / 2;
      const oi = (re[m]! - re[n]!) / 2;
      const c = this.#cos[n]!;
      const s = this.#sin[n]!;
      const x = er + or * c + oi * s;
      const y = ei + oi * c - or * s;
      power[n] = x * x + y * y;
    }
    return power;
  }
}

/** Raised cosine over `size` samples. */
export const hann = (size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size));
