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
    const { size } = this;
    const [mirror, cos, sin] = [this.#mirror, this.#cos, this.#sin];
    for (let n = 0; n < size; n++) {
      const m = mirror[n]!;
      if (m <= n) continue;
      [re[n], re[m]] = [re[m]!, re[n]!];
      [im[n], im[m]] = [im[m]!, im[n]!];
    }
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let n = 0; n < half; n++) {
          const [c, s] = [cos[n * stride]!, sin[n * stride]!];
          const [a, b] = [start + n, start + n + half];
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

/** Raised cosine over `size` samples. */
export const hann = (size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size));
