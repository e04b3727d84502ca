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
  readonly #rows = new FourTones(low);
  readonly #columns = new FourTones(high);
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
    for (let n = 0; n < block; n++) energy += this.#buffer[n]! * this.#buffer[n]!;
    if (10 * Math.log10(energy / block / 2 ** 30 + 1e-12) < leastLevel) return undefined;
    // Most blocks are no key: half of the tones say so.
    const r = this.#rows.listen(this.#buffer);
    const pr = this.#rows.power(r);
    if ((pr * (1 + 10 ** (mostTwist / 10)) * 2) / block <= leastShare * energy || !this.#rows.alone(r))
      return undefined;
    const c = this.#columns.listen(this.#buffer);
    const pc = this.#columns.power(c);
    if (Math.abs(10 * Math.log10(pc / pr)) > mostTwist) return undefined;
    if (((pr + pc) * 2) / block <= leastShare * energy || !this.#columns.alone(c)) return undefined;
    const phases = [this.#rows.phase(r), this.#columns.phase(c)] as const;
    return { key: keypad[r * 4 + c]!, phases, hz: [low[r]!, high[c]!] };
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

/** Goertzel's recurrence for four tones in one pass: each step of one waits for the step before it, so four cost as one. */
class FourTones {
  readonly #angles: readonly number[];
  readonly #factors: readonly [number, number, number, number];
  /** Real and imaginary part of each at the block's last sample. */
  readonly #re = new Float64Array(4);
  readonly #im = new Float64Array(4);

  constructor(hz: readonly [number, number, number, number]) {
    this.#angles = hz.map((one) => (2 * Math.PI * one) / rate);
    const [a = 0, b = 0, c = 0, d = 0] = this.#angles.map((angle) => 2 * Math.cos(angle));
    this.#factors = [a, b, c, d];
  }

  /** Which of them is the strongest. */
  listen(samples: Float32Array): number {
    const [fa, fb, fc, fd] = this.#factors;
    let [a1, a2, b1, b2, c1, c2, d1, d2] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let n = 0; n < samples.length; n++) {
      const x = samples[n]!;
      const [a0, b0, c0, d0] = [x + fa * a1 - a2, x + fb * b1 - b2, x + fc * c1 - c2, x + fd * d1 - d2];
      a2 = a1;
      a1 = a0;
      b2 = b1;
      b1 = b0;
      c2 = c1;
      c1 = c0;
      d2 = d1;
      d1 = d0;
    }
    this.#keep(0, a1, a2);
    this.#keep(1, b1, b2);
    this.#keep(2, c1, c2);
    this.#keep(3, d1, d2);
    let best = 0;
    for (let n = 1; n < 4; n++) if (this.power(n) > this.power(best)) best = n;
    return best;
  }

  power(n: number): number {
    return this.#re[n]! ** 2 + this.#im[n]! ** 2;
  }

  /** No other comes near it. */
  alone(n: number): boolean {
    const own = this.power(n);
    for (let other = 0; other < 4; other++) if (other !== n && this.power(other) * rival > own) return false;
    return true;
  }

  /** At the block's last sample; the step between two blocks is all that counts. */
  phase(n: number): number {
    return Math.atan2(this.#im[n]!, this.#re[n]!);
  }

  #keep(n: number, one: number, two: number): void {
    const angle = this.#angles[n]!;
    this.#re[n] = one - two * Math.cos(angle);
    this.#im[n] = two * Math.sin(angle);
  }
}
