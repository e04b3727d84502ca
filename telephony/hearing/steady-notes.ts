import { keyFrequencies } from '../media/tones.ts';
import { PowerSpectrum } from './fft.ts';

const rate = 8000;
const size = 1024;
const hop = 160;
/** Frames between two looks at one note: 160 ms, longer than the window, so that both hear it anew. */
export const lag = 8;
const leastLevel = -50;
const keys = [...'0123456789*#ABCD'].map(keyFrequencies);

interface Peak {
  readonly hz: number;
  readonly share: number;
}

/** Notes that stay, quarter tones above 100 Hz, with their share of the power. */
export type Steady = ReadonlyMap<number, number>;

/** What of 20 ms stayed where it was 160 ms before. */
export interface Frame {
  readonly steady: Steady;
  /** Loud enough to say anything, and so it was before. */
  readonly loud: boolean;
  /** A key of the telephone. */
  readonly key: boolean;
}

const near = (a: number, b: number): boolean => Math.abs(a - b) < Math.max(3, 0.008 * b);

/** Finds notes in 8 kHz audio that stay where they are for 160 ms, as those of music do; every harmonic of a voice moves. */
export class SteadyNotes {
  readonly #spectrum = new PowerSpectrum(size);
  readonly #buffer = new Int16Array(size);
  #pending = 0;
  readonly #peaks: (readonly Peak[] | undefined)[] = [];

  /** Every 20 ms that these samples complete. */
  push(samples: Int16Array): readonly Frame[] {
    const frames: Frame[] = [];
    for (let n = 0; n < samples.length; ) {
      const take = Math.min(hop - this.#pending, samples.length - n);
      this.#buffer.copyWithin(0, take);
      this.#buffer.set(samples.subarray(n, n + take), size - take);
      this.#pending += take;
      n += take;
      if (this.#pending < hop) break;
      this.#pending = 0;
      frames.push(this.#step());
    }
    return frames;
  }

  #step(): Frame {
    const found = this.#look();
    const key = found !== undefined && isKey(found);
    const peaks = key ? [] : found;
    const before = this.#peaks.length < lag ? undefined : this.#peaks.shift();
    this.#peaks.push(peaks);
    const stayed = (peaks ?? []).filter(({ hz }) => before?.some((peak) => near(peak.hz, hz)));
    const steady = new Map(stayed.map(({ hz, share }) => [Math.round(24 * Math.log2(hz / 100)), share]));
    return { steady, loud: peaks !== undefined && before !== undefined, key };
  }

  #look(): readonly Peak[] | undefined {
    let energy = 0;
    for (const x of this.#buffer) energy += x * x;
    if (10 * Math.log10(energy / size / 2 ** 30 + 1e-12) < leastLevel) return undefined;
    const power = this.#spectrum.of(this.#buffer, 0);
    const [first, last] = [(200 * size) / rate, (3400 * size) / rate].map(Math.round) as [number, number];
    let total = 0;
    for (let n = first; n < last; n++) total += power[n]!;
    const tops: number[] = [];
    for (let n = first; n < last; n++) {
      const here = power[n]!;
      if (here > power[n - 1]! && here >= power[n + 1]! && here > total * 0.005) tops.push(n);
    }
    tops.sort((a, b) => power[b]! - power[a]!);
    return tops.slice(0, 6).map((n): Peak => {
      const [a, b, c] = [-1, 0, 1].map((d) => Math.log(power[n + d]! + 1e-9)) as [number, number, number];
      const shift = a - 2 * b + c === 0 ? 0 : (0.5 * (a - c)) / (a - 2 * b + c);
      let share = 0;
      for (let d = -2; d <= 2; d++) share += power[n + d]!;
      return { hz: ((n + shift) * rate) / size, share: Math.min(1, share / total) };
    });
  }
}

/** Its two strongest frequencies are those of a key of the telephone. */
function isKey([one, other]: readonly Peak[]): boolean {
  if (!one || !other) return false;
  const [low, high] = one.hz < other.hz ? [one.hz, other.hz] : [other.hz, one.hz];
  return keys.some(([row, column]) => Math.abs(low - row) < 0.018 * row && Math.abs(high - column) < 0.018 * column);
}

/** Share of the power that is in notes that stayed. */
export const steadyShare = (notes: Steady): number =>
  Math.min(
    1,
    [...notes.values()].reduce((all, share) => all + share, 0),
  );
