import { keyFrequencies } from '../media/tones.ts';
import { PowerSpectrum } from './fft.ts';

const rate = 8000;
const size = 1024;
const hop = 160;
const hopMs = 20;
/** Frames between two looks at one note: 160 ms, longer than the window, so that both hear it anew. */
const lag = 8;
/** Of that long a stretch is judged, 3 s. */
const stretch = 150;
/** Share of the power in notes that stayed. Of 3 s of speech in six languages at most .16, of music .13 to .95. */
const enough = 0.22;
const leastLevel = -50;
const leastNotes = 4;
const leastLeading = 3;
const keys = [...'0123456789*#ABCD'].map(keyFrequencies);

interface Peak {
  readonly hz: number;
  readonly share: number;
}

/** Notes that stay, quarter tones above 100 Hz, with their share of the power. */
type Steady = ReadonlyMap<number, number>;

const near = (a: number, b: number): boolean => Math.abs(a - b) < Math.max(3, 0.008 * b);

/**
 * Music in 8 kHz audio: much of its power lies in notes that stay where they are for 160 ms, while every harmonic of a
 * voice moves. More than the one or two notes of a tone of call progress, one after the other, and no keys.
 */
export class MusicReader {
  readonly #spectrum = new PowerSpectrum(size);
  readonly #buffer = new Int16Array(size);
  #pending = 0;
  #frames = 0;
  readonly #peaks: (readonly Peak[])[] = [];
  readonly #steady: Steady[] = [];
  #from: number | undefined;

  push(samples: Int16Array): void {
    for (let n = 0; n < samples.length; ) {
      const take = Math.min(hop - this.#pending, samples.length - n);
      this.#buffer.copyWithin(0, take);
      this.#buffer.set(samples.subarray(n, n + take), size - take);
      this.#pending += take;
      n += take;
      if (this.#pending < hop) return;
      this.#pending = 0;
      this.#step();
    }
  }

  /** Where the music began that plays now or did, ms from the first sample; known once there were 3 s of it. */
  get from(): number | undefined {
    return this.#from;
  }

  #step(): void {
    this.#frames += 1;
    const peaks = this.#look();
    const before = this.#peaks.length < lag ? [] : this.#peaks.shift()!;
    this.#peaks.push(peaks);
    const stayed = peaks.filter(({ hz }) => before.some((peak) => near(peak.hz, hz)));
    this.#steady.push(new Map(stayed.map(({ hz, share }) => [Math.round(24 * Math.log2(hz / 100)), share])));
    if (this.#steady.length > stretch) this.#steady.shift();
    if (this.#from !== undefined || this.#steady.length < stretch || !isMusic(this.#steady)) return;
    this.#from = Math.max(0, (this.#frames - stretch + beginning(this.#steady) - lag) * hopMs);
  }

  #look(): readonly Peak[] {
    let energy = 0;
    for (const x of this.#buffer) energy += x * x;
    if (10 * Math.log10(energy / size / 2 ** 30 + 1e-12) < leastLevel) return [];
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
    const found = tops.slice(0, 6).map((n): Peak => {
      const [a, b, c] = [-1, 0, 1].map((d) => Math.log(power[n + d]! + 1e-9)) as [number, number, number];
      const shift = a - 2 * b + c === 0 ? 0 : (0.5 * (a - c)) / (a - 2 * b + c);
      let share = 0;
      for (let d = -2; d <= 2; d++) share += power[n + d]!;
      return { hz: ((n + shift) * rate) / size, share: Math.min(1, share / total) };
    });
    return isKey(found) ? [] : found;
  }
}

/** Its two strongest frequencies are those of a key of the telephone. */
function isKey([one, other]: readonly Peak[]): boolean {
  if (!one || !other) return false;
  const [low, high] = one.hz < other.hz ? [one.hz, other.hz] : [other.hz, one.hz];
  return keys.some(([row, column]) => Math.abs(low - row) < 0.018 * row && Math.abs(high - column) < 0.018 * column);
}

const sum = (notes: Steady): number =>
  Math.min(
    1,
    [...notes.values()].reduce((all, share) => all + share, 0),
  );

function isMusic(steady: readonly Steady[]): boolean {
  const total = steady.reduce((all, notes) => all + sum(notes), 0);
  if (total < enough * steady.length) return false;
  const [power, leads] = [new Map<number, number>(), new Map<number, number>()];
  for (const notes of steady) {
    let leading: readonly [note: number, share: number] | undefined;
    for (const [note, share] of notes) {
      power.set(note, (power.get(note) ?? 0) + share);
      if (share > (leading?.[1] ?? 0)) leading = [note, share];
    }
    if (leading) leads.set(leading[0], (leads.get(leading[0]) ?? 0) + 1);
  }
  return different(power, total * 0.03) >= leastNotes && different(leads, stretch * 0.03) >= leastLeading;
}

/** Where in a stretch that ends in music it begins: there is more than enough from there on, and less before. */
function beginning(steady: readonly Steady[]): number {
  let [best, most, all] = [0, 0, 0];
  for (let n = steady.length - 1; n >= 0; n--) {
    all += sum(steady[n]!) - enough;
    if (all > most) [best, most] = [n, all];
  }
  return best;
}

/** How many notes have at least so much; neighbours are one that lies between two quarter tones. */
function different(notes: ReadonlyMap<number, number>, least: number): number {
  const found = [...notes].filter(([, much]) => much >= least).map(([note]) => note);
  found.sort((a, b) => a - b);
  return found.filter((note, n) => n === 0 || note - found[n - 1]! > 1).length;
}
