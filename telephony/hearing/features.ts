import { PowerSpectrum } from './fft.ts';

/** Changes whenever a constant below does: features of another version are not comparable. */
export const featureVersion = 1;
export const bands = 20;
/** Samples between two frames: 20 ms at 8 kHz. */
export const hop = 160;
export const frameLength = 512;
const reach = 3;
const loud = 0.95;

/** `count` frames of `bands` values, one after the other. */
export interface Patch {
  readonly count: number;
  readonly values: Float32Array;
  /** The compressed bands that `values` are the contrast of: what it is made of anew when a line lacks some. */
  readonly powers?: Float32Array;
}

/** Bands that a line carries: from the first to before the last. */
export interface Passband {
  readonly from: number;
  readonly to: number;
}
export const allBands: Passband = { from: 0, to: bands };

interface Band {
  readonly first: number;
  readonly weights: Float64Array;
}

const mel = (hz: number): number => 2595 * Math.log10(1 + hz / 700);
const hertz = (m: number): number => 700 * (10 ** (m / 2595) - 1);

/** Triangles on the mel scale, 250-3600 Hz, over the bins of the spectrum. */
function melBands(): readonly Band[] {
  const [low, high] = [mel(250), mel(3600)];
  const edges = Array.from(
    { length: bands + 2 },
    (_, n) => (hertz(low + ((high - low) * n) / (bands + 1)) * frameLength) / 8000,
  );
  return Array.from({ length: bands }, (_, b) => {
    const [left, middle, right] = [edges[b]!, edges[b + 1]!, edges[b + 2]!];
    const first = Math.ceil(left);
    const weights = Float64Array.from({ length: Math.floor(right) - first + 1 }, (_, n) => {
      const bin = first + n;
      return bin <= middle ? (bin - left) / (middle - left) : (right - bin) / (right - middle);
    });
    return { first, weights };
  });
}

/**
 * What a sound looks like to the matcher: 20 mel bands of a 64 ms spectrum every 20 ms, compressed (S^0.3), each
 * against the mean of its six neighbours, which takes level, line equalisation and broadband noise away.
 */
export class Features {
  readonly #spectrum = new PowerSpectrum(frameLength);
  readonly #bands = melBands();

  /** Frames of a whole sound; a sound shorter than a frame ends in silence. */
  of(samples: Int16Array): Patch {
    const count = Math.max(1, Math.floor((samples.length - frameLength) / hop) + 1);
    const [values, powers] = [new Float32Array(count * bands), new Float32Array(count * bands)];
    for (let f = 0; f < count; f++) {
      this.powers(samples, f * hop, powers.subarray(f * bands, (f + 1) * bands));
      contrast(powers, f * bands, values);
    }
    return { count, values, powers };
  }

  /** The bands of one frame, from `samples[from]` on. */
  powers(samples: Int16Array, from: number, out: Float32Array): void {
    const power = this.#spectrum.of(samples, from);
    for (let b = 0; b < bands; b++) {
      const { first, weights } = this.#bands[b]!;
      let sum = 0;
      for (let n = 0; n < weights.length; n++) sum += weights[n]! * power[first + n]!;
      out[b] = (sum / 2 ** 30) ** 0.3;
    }
  }
}

/** The frame that begins at `at`, each band against the mean of its neighbours, of those that the line carries. */
export function contrast(powers: Float32Array, at: number, out: Float32Array, { from, to }: Passband = allBands): void {
  for (let b = from; b < to; b++) {
    let [sum, count] = [0, 0];
    for (let n = Math.max(from, b - reach); n <= Math.min(to - 1, b + reach); n++) {
      if (n === b) continue;
      sum += powers[at + n]!;
      count += 1;
    }
    out[at + b] = powers[at + b]! - sum / count;
  }
}

/** How loud each band becomes in these frames: the level that it reaches in a twentieth of them, 1 in all. */
export function profile({ powers = new Float32Array(0) }: Patch, first: number, last: number): Float64Array {
  const levels = Float64Array.from({ length: bands }, (_, b) => {
    const band = Float32Array.from({ length: last - first }, (_, f) => powers[(first + f) * bands + b] ?? 0).sort();
    return band[Math.min(band.length - 1, Math.floor(band.length * loud))] ?? 0;
  });
  const all = levels.reduce((sum, x) => sum + x, 0) + 1e-12;
  return levels.map((x) => x / all);
}
