import type { HeardDigit } from '../media/digits.ts';

const low = [697, 770, 852, 941] as const;
const high = [1209, 1336, 1477, 1633] as const;
const keypad = '123A456B789C*0#D';
const rate = 8000;
const block = 128;
const hop = 64;
/** −42 dBov over a block. */
const leastEnergy = (10 ** -4.2 - 1e-12) * 2 ** 30 * block;
const mostTwist = 8;
const leastShare = 0.6;
const rival = 6.3;
const leastMs = 28;
/** Blocks that a lost packet of 20 ms spoils; the 40 ms between two digits (Q.24) spoil five at least. */
const bridged = 3;
const none: readonly HeardDigit[] = [];

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
  /** Energy of the newer half of the block, and whether its rows have been listened to. */
  #energy = 0;
  #known = false;
  /** Samples before the buffer. */
  #start = 0;
  #previous: Named | undefined;
  #run: Run | undefined;
  /** Another key within a digit that may be over. */
  #next: Run | undefined;

  /** Digits that ended within these samples; `at` is ms from the first sample ever pushed. */
  push(samples: Int16Array): readonly HeardDigit[] {
    let done = none;
    for (let n = 0; n < samples.length; ) {
      const from = this.#filled;
      const take = Math.min(block - from, samples.length - n);
      for (let k = 0; k < take; k++) this.#buffer[from + k] = samples[n + k]!;
      n += take;
      this.#filled = from + take;
      if (this.#filled < block) break;
      const told = this.#step(this.#name());
      if (told.length > 0) done = [...done, ...told];
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

  #step(named: Named | undefined): readonly HeardDigit[] {
    const key = named && this.#steady(named) ? named.key : undefined;
    this.#previous = named;
    const centre = this.#start + block / 2;
    const run = this.#run;
    if (!run?.told) {
      this.#run = key === undefined ? undefined : heardAgain(run, key, centre);
      return none;
    }
    if (key === run.key) {
      heardAgain(run, key, centre);
      this.#next = undefined;
      return none;
    }
    run.misses += 1;
    this.#next = key === undefined ? undefined : heardAgain(this.#next, key, centre);
    if (run.misses <= bridged && (this.#next?.blocks ?? 0) < 2) return none;
    this.#run = this.#next;
    this.#next = undefined;
    return told(run);
  }

  #name(): Named | undefined {
    const older = this.#energy;
    this.#energy = energyOf(this.#buffer, hop);
    const energy = older + this.#energy;
    const known = this.#known;
    this.#known = energy > leastEnergy;
    if (!this.#known) return undefined;
    // The older half of a block is the newer half of the one before. Most blocks are no key: their rows say so.
    if (!known) this.#rows.next(this.#buffer, 0);
    const r = this.#rows.next(this.#buffer, hop);
    const pr = this.#rows.power(r);
    if ((pr * (1 + 10 ** (mostTwist / 10)) * 2) / block <= leastShare * energy || !this.#rows.alone(r))
      return undefined;
    this.#columns.next(this.#buffer, 0);
    const c = this.#columns.next(this.#buffer, hop);
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

function told({ key, first, last }: { key: string; first: number; last: number }): readonly HeardDigit[] {
  const at = (first / rate) * 1000 - 4;
  const ms = ((last - first) / rate) * 1000 + 8;
  return ms >= leastMs ? [{ digit: key, at, ms }] : none;
}

const wrap = (angle: number): number => angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));

function energyOf(samples: Float32Array, from: number): number {
  let even = 0;
  let odd = 0;
  for (let n = from; n < from + hop; n += 2) {
    even += samples[n]! * samples[n]!;
    odd += samples[n + 1]! * samples[n + 1]!;
  }
  return even + odd;
}

/**
 * Goertzel's recurrence for four tones in one pass (each step of one waits for the step before it, so four cost as one),
 * over blocks that overlap by half: a block is its older half, turned by a hop, and its newer one.
 */
class FourTones {
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  /** What a hop turns each by. */
  readonly #turnCos: Float64Array;
  readonly #turnSin: Float64Array;
  /** Real and imaginary part of each at the last sample of the newer half, and of the whole block. */
  readonly #newRe = new Float64Array(4);
  readonly #newIm = new Float64Array(4);
  readonly #re = new Float64Array(4);
  readonly #im = new Float64Array(4);
  readonly #powers = new Float64Array(4);
  /** The recurrence at the last sample, and at the one before it. */
  readonly #last = new Float64Array(4);
  readonly #before = new Float64Array(4);

  constructor(hz: readonly number[]) {
    const angles = Float64Array.from(hz, (one) => (2 * Math.PI * one) / rate);
    this.#cos = angles.map(Math.cos);
    this.#sin = angles.map(Math.sin);
    this.#turnCos = angles.map((angle) => Math.cos(angle * hop));
    this.#turnSin = angles.map((angle) => Math.sin(angle * hop));
  }

  /** Takes the next half from there on; which tone is the strongest in the block that it ends. */
  next(samples: Float32Array, from: number): number {
    const fa = 2 * this.#cos[0]!;
    const fb = 2 * this.#cos[1]!;
    const fc = 2 * this.#cos[2]!;
    const fd = 2 * this.#cos[3]!;
    let a1 = 0;
    let a2 = 0;
    let b1 = 0;
    let b2 = 0;
    let c1 = 0;
    let c2 = 0;
    let d1 = 0;
    let d2 = 0;
    for (let n = from; n < from + hop; n++) {
      const x = samples[n]!;
      const a0 = x - a2 + fa * a1;
      const b0 = x - b2 + fb * b1;
      const c0 = x - c2 + fc * c1;
      const d0 = x - d2 + fd * d1;
      a2 = a1;
      a1 = a0;
      b2 = b1;
      b1 = b0;
      c2 = c1;
      c1 = c0;
      d2 = d1;
      d1 = d0;
    }
    const last = this.#last;
    last[0] = a1;
    last[1] = b1;
    last[2] = c1;
    last[3] = d1;
    const before = this.#before;
    before[0] = a2;
    before[1] = b2;
    before[2] = c2;
    before[3] = d2;
    return this.#add();
  }

  power(n: number): number {
    return this.#powers[n]!;
  }

  /** No other comes near it. */
  alone(n: number): boolean {
    const own = this.#powers[n]!;
    for (let other = 0; other < 4; other++) if (other !== n && this.#powers[other]! * rival > own) return false;
    return true;
  }

  /** At the block's last sample; the step between two blocks is all that counts. */
  phase(n: number): number {
    return Math.atan2(this.#im[n]!, this.#re[n]!);
  }

  /** Puts the half that was read behind the one before it. */
  #add(): number {
    let best = 0;
    for (let n = 0; n < 4; n++) {
      const two = this.#before[n]!;
      const re = this.#last[n]! - two * this.#cos[n]!;
      const im = two * this.#sin[n]!;
      const oldRe = this.#newRe[n]!;
      const oldIm = this.#newIm[n]!;
      const cos = this.#turnCos[n]!;
      const sin = this.#turnSin[n]!;
      const wholeRe = re + oldRe * cos - oldIm * sin;
      const wholeIm = im + oldRe * sin + oldIm * cos;
      this.#re[n] = wholeRe;
      this.#im[n] = wholeIm;
      this.#powers[n] = wholeRe * wholeRe + wholeIm * wholeIm;
      this.#newRe[n] = re;
      this.#newIm[n] = im;
      if (this.#powers[n]! > this.#powers[best]!) best = n;
    }
    return best;
  }
}
