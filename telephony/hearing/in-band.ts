import type { HeardDigit } from '../media/digits.ts';

const low = [697, 770, 852, 941] as const;
const high = [1209, 1336, 1477, 1633] as const;
const keypad = '123A456B789C*0#D';
const rate = 8000;
const block = 128;
const hop = 64;
const leastLevel = -42;
const mostTwist = 8;
const leastShare = 0.6;
const rival = 6.3;
const leastMs = 28;
/** Blocks that a lost packet of 20 ms spoils; the 40 ms between two digits (Q.24) spoil five at least. */
const bridged = 3;

interface Sound {
  readonly power: number;
  readonly phase: number;
}

interface Named {
  readonly key: string;
  readonly phases: readonly [number, number];
  readonly hz: readonly [number, number];
}

interface Run {
  readonly key: string;
  readonly first: number;
  last: number;
  blocks: number;
  misses: number;
  told: boolean;
}

/**
 * Keys as tones in 8 kHz audio (ITU-T Q.24 in its limits of level, twist, frequency and duration), by Goertzel over
 * blocks of 16 ms every 8 ms. A block names a key; three of the same begin a digit, two others end it.
 */
export class InBandReader {
  readonly #buffer = new Float32Array(block);
  #filled = 0;
  /** Samples before the buffer. */
  #start = 0;
  #previous: Named | undefined;
  #run: Run | undefined;
  /** Another key within a digit that may be over. */
  #next: Run | undefined;

  /** Digits that ended within these samples; `at` is ms from the first sample ever pushed. */
  push(samples: Int16Array): readonly HeardDigit[] {
    const done: HeardDigit[] = [];
    for (const sample of samples) {
      this.#buffer[this.#filled++] = sample;
      if (this.#filled < block) continue;
      done.push(...this.#step(this.#name()));
      this.#buffer.copyWithin(0, hop);
      this.#filled = block - hop;
      this.#start += hop;
    }
    return done;
  }

  /** The digit that is sounding now. */
  get sounding(): string | undefined {
    return this.#run?.told ? this.#run.key : undefined;
  }

  #step(named: Named | undefined): HeardDigit[] {
    const key = named && this.#steady(named) ? named.key : undefined;
    this.#previous = named;
    const centre = this.#start + block / 2;
    const run = this.#run;
    if (!run?.told) {
      this.#run = key === undefined ? undefined : heardAgain(run, key, centre);
      return [];
    }
    if (key === run.key) {
      heardAgain(run, key, centre);
      this.#next = undefined;
      return [];
    }
    run.misses += 1;
    this.#next = key === undefined ? undefined : heardAgain(this.#next, key, centre);
    if (run.misses <= bridged && (this.#next?.blocks ?? 0) < 2) return [];
    this.#run = this.#next;
    this.#next = undefined;
    return told(run);
  }

  #name(): Named | undefined {
    let energy = 0;
    for (const x of this.#buffer) energy += x * x;
    if (10 * Math.log10(energy / block / 2 ** 30 + 1e-12) < leastLevel) return undefined;
    const rows = low.map((hz) => goertzel(this.#buffer, hz));
    const columns = high.map((hz) => goertzel(this.#buffer, hz));
    const [r, c] = [strongest(rows), strongest(columns)];
    const [pr, pc] = [rows[r]!.power, columns[c]!.power];
    if (Math.abs(10 * Math.log10(pc / pr)) > mostTwist) return undefined;
    if (((pr + pc) * 2) / block <= leastShare * energy) return undefined;
    if (rows.some(({ power }, n) => n !== r && power * rival > pr)) return undefined;
    if (columns.some(({ power }, n) => n !== c && power * rival > pc)) return undefined;
    return { key: keypad[r * 4 + c]!, phases: [rows[r]!.phase, columns[c]!.phase], hz: [low[r]!, high[c]!] };
  }

  /** Over one hop the phase of a tone at the right frequency advances by just so much. */
  #steady(named: Named): boolean {
    const before = this.#previous;
    if (before?.key !== named.key) return true;
    return named.hz.every((hz, n) => {
      const due = (2 * Math.PI * hz * hop) / rate;
      const off = wrap(named.phases[n]! - before.phases[n]! - due);
      return Math.abs(off) / due <= 0.021 + 2 / hz;
    });
  }
}

/** The run with one block more, or a new one where it was of another key. */
function heardAgain(run: Run | undefined, key: string, centre: number): Run {
  if (run?.key !== key) return { key, first: centre, last: centre, blocks: 1, misses: 0, told: false };
  run.last = centre;
  run.misses = 0;
  run.blocks += 1;
  run.told ||= run.blocks >= 3;
  return run;
}

function told({ key, first, last }: { key: string; first: number; last: number }): HeardDigit[] {
  const at = (first / rate) * 1000 - 4;
  const ms = ((last - first) / rate) * 1000 + 8;
  return ms >= leastMs ? [{ digit: key, at, ms }] : [];
}

const wrap = (angle: number): number => angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));

function strongest(sounds: readonly Sound[]): number {
  return sounds.reduce((best, { power }, n) => (power > sounds[best]!.power ? n : best), 0);
}

function goertzel(samples: Float32Array, hz: number): Sound {
  const angle = (2 * Math.PI * hz) / rate;
  const factor = 2 * Math.cos(angle);
  let [one, two] = [0, 0];
  for (const x of samples) {
    const zero = x + factor * one - two;
    two = one;
    one = zero;
  }
  const [re, im] = [one - two * Math.cos(angle), two * Math.sin(angle)];
  // The phase at the block's last sample; the step between two blocks is all that counts.
  return { power: re * re + im * im, phase: Math.atan2(im, re) };
}
