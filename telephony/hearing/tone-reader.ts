import { PowerSpectrum } from './fft.ts';

/** A steady tone of one or more frequencies; ms from the first sample. */
export interface ToneSegment {
  readonly from: number;
  readonly to: number;
  /** Components, Hz, the strongest first. */
  readonly hz: readonly number[];
  /** It still sounds. */
  readonly open: boolean;
  /** Share of the energy in its peaks, median over the tone. */
  readonly purity: number;
  /** Deviation of frequency (Hz) and level (dB) over the tone. */
  readonly wander: { readonly hz: number; readonly db: number };
}

interface Look {
  readonly level: number;
  readonly tonal: boolean;
  readonly purity: number;
  readonly peaks: readonly { readonly hz: number; readonly share: number }[];
}

const rate = 8000;
const hop = 80;
const long = 1024;
const short = 256;
const hopMs = 10;

/** Peaks of a spectrum with the share of the energy that lies within two bins of each. */
class Spectrum {
  readonly #spectrum: PowerSpectrum;
  readonly #first: number;
  constructor(size: number) {
    this.#spectrum = new PowerSpectrum(size);
    this.#first = Math.ceil((200 * size) / rate);
  }

  look(samples: Int16Array): Look {
    const { size } = this.#spectrum;
    const from = samples.length - size;
    let energy = 0;
    for (let n = from; n < samples.length; n++) {
      const x = samples[n]!;
      energy += x * x;
    }
    const level = 10 * Math.log10(energy / size / 2 ** 30 + 1e-12);
    if (level < -50) return { level, tonal: false, purity: 0, peaks: [] };
    const power = this.#spectrum.of(samples, from);
    let total = 0;
    for (let n = this.#first; n < power.length; n++) total += power[n]!;
    const peaks = this.#peaks(power, total);
    let purity = 0;
    for (let n = 0; n < Math.min(3, peaks.length); n++) purity += peaks[n]!.share;
    return { level, tonal: purity > 0.86, purity, peaks };
  }

  #peaks(power: Float64Array, total: number): Look['peaks'] {
    const found: { bin: number; hz: number; share: number }[] = [];
    const tops: number[] = [];
    for (let n = Math.max(2, this.#first); n < power.length - 2; n++) {
      const here = power[n]!;
      if (here > power[n - 1]! && here >= power[n + 1]! && here > total * 0.005) tops.push(n);
    }
    tops.sort((a, b) => power[b]! - power[a]!);
    for (const n of tops.slice(0, 6)) {
      if (found.some(({ bin }) => Math.abs(bin - n) < 3)) continue;
      const [a, b, c] = [-1, 0, 1].map((d) => Math.log(power[n + d]! + 1e-9)) as [number, number, number];
      const shift = a - 2 * b + c === 0 ? 0 : (0.5 * (a - c)) / (a - 2 * b + c);
      let share = 0;
      for (let d = -2; d <= 2; d++) share += power[n + d]!;
      found.push({ bin: n, hz: ((n + shift) * rate) / this.#spectrum.size, share: share / total });
    }
    return found.sort((x, y) => y.share - x.share);
  }
}

interface Running {
  first: number;
  last: number;
  misses: number;
  readonly purities: number[];
  readonly dominant: number[];
  readonly levels: number[];
  readonly spectra: (readonly { readonly hz: number; readonly share: number }[])[];
}

/**
 * Tones in 8 kHz audio: on and off by a short spectrum every 10 ms, frequencies by a long one.
 * On after four steady looks, off after three that miss; holes up to 60 ms within one tone are bridged.
 */
export class ToneReader {
  readonly #short = new Spectrum(short);
  readonly #long = new Spectrum(long);
  readonly #buffer = new Int16Array(long);
  #pending = 0;
  #count = 0;
  readonly #recent: Look[] = [];
  #running: Running | undefined;
  #done: ToneSegment[] = [];

  push(samples: Int16Array): void {
    for (let n = 0; n < samples.length; ) {
      const take = Math.min(hop - this.#pending, samples.length - n);
      this.#buffer.copyWithin(0, take);
      this.#buffer.set(samples.subarray(n, n + take), long - take);
      this.#pending += take;
      n += take;
      if (this.#pending < hop) break;
      this.#pending = 0;
      this.#step();
    }
  }

  /** Tones so far, the one that sounds as the last; those of the last two minutes. */
  get segments(): readonly ToneSegment[] {
    const open = this.#running && this.#segment(this.#running, true);
    return open ? joined([...this.#done, open]) : this.#done;
  }

  #step(): void {
    const frame = this.#count++;
    const look = this.#short.look(this.#buffer);
    this.#recent.push(look);
    if (this.#recent.length > 4) this.#recent.shift();
    if (this.#running) this.#follow(this.#running, look, frame);
    else if (this.#steady()) {
      this.#running = {
        first: frame - 3,
        last: frame,
        misses: 0,
        purities: [look.purity],
        dominant: this.#recent.map(({ peaks }) => peaks[0]!.hz),
        levels: [look.level],
        spectra: [],
      };
    }
  }

  #steady(): boolean {
    if (this.#recent.length < 4 || !this.#recent.every(({ tonal }) => tonal)) return false;
    return this.#recent.every(({ peaks }, n) => {
      const before = this.#recent[n - 1];
      const hz = peaks[0]!.hz;
      return (
        !before || Math.abs(before.peaks[0]!.hz - hz) < 70 || before.peaks.some((peak) => Math.abs(peak.hz - hz) < 25)
      );
    });
  }

  #follow(running: Running, look: Look, frame: number): void {
    const first = running.dominant[0]!;
    const stays = look.tonal && look.peaks.some(({ hz, share }) => share > 0.15 && Math.abs(hz - first) < 65);
    if (stays) {
      running.last = frame;
      running.misses = 0;
      running.purities.push(look.purity);
      running.levels.push(look.level);
      running.dominant.push(look.peaks[0]!.hz);
      // The long window must lie wholly in the tone; shorter tones have to do with what there is.
      if (frame - running.first >= 12 && running.spectra.length < 200)
        running.spectra.push(this.#long.look(this.#buffer).peaks);
      if (running.purities.length > 3000) running.purities.shift();
      if (running.levels.length > 3000) running.levels.shift();
      if (running.dominant.length > 3000) running.dominant.splice(1, 1);
      return;
    }
    running.misses += 1;
    if (running.misses < 3) return;
    this.#running = undefined;
    const segment = this.#segment(running, false);
    if (segment) this.#done = joined([...this.#done, segment]).slice(-240);
  }

  #segment(running: Running, open: boolean): ToneSegment | undefined {
    // A look is as long as its window: the tone began and ended about its middle.
    const from = Math.max(0, (running.first + 1) * hopMs - 16);
    const to = open ? this.#count * hopMs : (running.last + 1) * hopMs - 16;
    if (to - from < 50) return undefined;
    const hz = components(running);
    const [levels, dominant] = [running.levels.slice(2, -2), running.dominant.slice(4, -3)];
    return {
      from,
      to,
      hz,
      open,
      purity: median(running.purities),
      wander: { hz: deviation(dominant), db: deviation(levels) },
    };
  }
}

/** Peaks over 8 % of the strongest, each the median over the tone. */
function components({ spectra, dominant }: Running): readonly number[] {
  const seen = spectra.length > 0 ? spectra : [[{ hz: median(dominant), share: 1 }]];
  const groups: { hz: number[]; share: number }[] = [];
  for (const peaks of seen) {
    for (const { hz, share } of peaks) {
      if (share < peaks[0]!.share * 0.08) continue;
      const group = groups.find((one) => Math.abs(one.hz[0]! - hz) < 15);
      if (group) {
        group.hz.push(hz);
        group.share += share;
      } else groups.push({ hz: [hz], share });
    }
  }
  return groups
    .filter(({ hz }) => hz.length >= seen.length / 2)
    .sort((a, b) => b.share - a.share)
    .slice(0, 4)
    .map(({ hz }) => median(hz));
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

function deviation(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
}

export const sameTone = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((hz) => b.some((other) => Math.abs(hz - other) <= Math.max(9, hz * 0.012)));

/** Packet loss must not cut a tone in two. */
function joined(segments: readonly ToneSegment[]): ToneSegment[] {
  const out: ToneSegment[] = [];
  for (const segment of segments) {
    const last = out.at(-1);
    if (!last || segment.from - last.to > 60 || !sameTone(last.hz, segment.hz)) {
      out.push(segment);
      continue;
    }
    const purity = Math.min(last.purity, segment.purity);
    const wander = { hz: Math.max(last.wander.hz, segment.wander.hz), db: Math.max(last.wander.db, segment.wander.db) };
    out[out.length - 1] = { ...last, to: segment.to, open: segment.open, purity, wander };
  }
  return out;
}
