/** `at` is the truth, back-dated; `known` is when it could be told. Both are ms from the first sample. */
export type VoiceChange =
  | { readonly type: 'start'; readonly at: number; readonly known: number }
  | { readonly type: 'end'; readonly at: number; readonly known: number }
  /** The start before it was a step of noise or a tone: withdraw what it made you do. */
  | { readonly type: 'cancel'; readonly at: number; readonly known: number };

export interface VoiceOptions {
  /** Strong frames that make a start, ms. */
  readonly minOnMs?: number;
  /** Silence that makes an end, ms. */
  readonly hangMs?: number;
}

const rate = 8000;
const size = rate / 100;
const onDb = 8;
const offDb = 5;
const absMin = -58;
const startFloor = -66;
const bootMs = 400;
const patience = 7;
const backward = 23;
const pole = Math.exp((-2 * Math.PI * 150) / rate);
const pole2 = pole * pole;
const none: readonly VoiceChange[] = [];

/** A ring of the newest values. */
class Recent {
  readonly #values: Float64Array;
  #count = 0;
  constructor(length: number) {
    this.#values = new Float64Array(length);
  }
  get count(): number {
    return this.#count;
  }
  get full(): boolean {
    return this.#count >= this.#values.length;
  }
  add(value: number): void {
    this.#values[this.#count++ % this.#values.length] = value;
  }
  least(): number {
    let least = Number.POSITIVE_INFINITY;
    for (let n = 0; n < Math.min(this.#count, this.#values.length); n++) least = Math.min(least, this.#values[n]!);
    return least;
  }
  spread(): { readonly mean: number; readonly deviation: number } {
    const n = Math.min(this.#count, this.#values.length);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < n; i++) {
      sum += this.#values[i]!;
      squares += this.#values[i]! ** 2;
    }
    const mean = sum / n;
    return { mean, deviation: Math.sqrt(Math.max(0, squares / n - mean * mean)) };
  }
}

/**
 * Speech by energy over a learnt noise floor, frames of 10 ms at 8 kHz.
 *
 *     silent ──strong frame──► candidate ──enough strong, and learnt | old | modulated──► speech
 *       ▲  ▲                       │                                                       │  │
 *       │  └──7 weak | stationary──┘                          hang-over without activity───┘  │
 *       └───────────────────────── cancel ◄──stationary within 0.6 s of the start─────────────┘
 */
export class VoiceActivity {
  readonly #minOn: number;
  readonly #hang: number;
  readonly #frame = new Int16Array(size);
  #filled = 0;
  #x = 0;
  #y = 0;
  #count = 0;
  #previous: number | undefined;
  readonly #raws = new Recent(40);
  readonly #blocks = new Recent(16);
  #blockLeast = Number.POSITIVE_INFINITY;
  #floor = startFloor;
  #deviation = 1.5;
  #learned = false;
  readonly #active = new Uint8Array(32);
  #state: 'silent' | 'speech' = 'silent';
  #candidate: { first: number; strong: number; weak: number } | undefined;
  #startFrame = 0;
  #startAt = 0;
  #last = 0;
  #level = -85;
  #squares = 0;
  #peak = 0;

  constructor({ minOnMs = 50, hangMs = 500 }: VoiceOptions = {}) {
    this.#minOn = Math.ceil(minOnMs / 10);
    this.#hang = Math.ceil(hangMs / 10);
  }

  get speaking(): boolean {
    return this.#state === 'speech';
  }
  /** dBov of the newest 10 ms, high-passed at 150 Hz. */
  get levelDbov(): number {
    return this.#level;
  }
  get floorDbov(): number {
    return this.#floor;
  }

  /** Of the piece that was pushed last: the sum of the squares of its samples, exact. */
  get squares(): number {
    return this.#squares;
  }
  /** Of the piece that was pushed last: its largest sample, without the sign. */
  get peak(): number {
    return this.#peak;
  }

  push(samples: Int16Array): readonly VoiceChange[] {
    let changes: VoiceChange[] | undefined;
    this.#squares = 0;
    this.#peak = 0;
    for (let n = 0; n < samples.length; ) {
      // Most pieces hold whole frames: they are read where they lie.
      const whole = this.#filled === 0 && samples.length - n >= size;
      if (!whole) {
        this.#add(samples[n]!);
        this.#frame[this.#filled++] = samples[n++]!;
        if (this.#filled < size) continue;
        this.#filled = 0;
      }
      const change = this.#step(whole ? this.#power(samples, n) : this.#powerOfFrame());
      if (whole) n += size;
      if (change) changes = [...(changes ?? none), change];
    }
    return changes ?? none;
  }

  #add(sample: number): void {
    this.#squares += sample * sample;
    this.#peak = Math.max(this.#peak, Math.abs(sample));
  }

  /** Its samples have been counted already. */
  #powerOfFrame(): number {
    const squares = this.#squares;
    const peak = this.#peak;
    const power = this.#power(this.#frame, 0);
    this.#squares = squares;
    this.#peak = peak;
    return power;
  }

  /** Of one frame from there on, dBov; what else is counted of it is counted in the same turn. Two steps of the high-pass at a time: each waits for the one before it. */
  #power(samples: Int16Array, from: number): number {
    let sum = 0;
    let squares = this.#squares;
    let peak = this.#peak;
    let x = this.#x;
    let y = this.#y;
    for (let n = from; n < from + size; n += 2) {
      const one = samples[n]!;
      const two = samples[n + 1]!;
      const first = pole * (one - x);
      const y1 = pole * y + first;
      y = pole2 * y + pole * (first + two - one);
      x = two;
      sum += y1 * y1 + y * y;
      squares += one * one;
      squares += two * two;
      const size1 = one < 0 ? -one : one;
      const size2 = two < 0 ? -two : two;
      if (size1 > peak) peak = size1;
      if (size2 > peak) peak = size2;
    }
    this.#squares = squares;
    this.#peak = peak;
    this.#x = x;
    this.#y = y;
    return Math.max(-85, 10 * Math.log10(sum / size / 2 ** 30 + 1e-10));
  }

  #step(raw: number): VoiceChange | undefined {
    const f = this.#count++;
    this.#level = raw;
    const energy = (raw + (this.#previous ?? raw)) / 2;
    this.#previous = raw;
    this.#raws.add(raw);
    const { mean, deviation } = this.#raws.spread();
    const stationary = this.#raws.count >= 30 && deviation < 1.7;
    const strong = energy > Math.max(this.#floor + Math.max(onDb, 4.5 * this.#deviation), absMin);
    const active = energy > Math.max(this.#floor + Math.max(offDb - 1, 3 * this.#deviation), absMin - 3);
    this.#active[f % this.#active.length] = active ? 1 : 0;
    this.#learn(energy, { active, stationary, mean, deviation });
    return this.#state === 'silent' ? this.#wait(f, strong, stationary) : this.#follow(f, active, stationary);
  }

  #learn(energy: number, seen: { active: boolean; stationary: boolean; mean: number; deviation: number }): void {
    this.#blockLeast = Math.min(this.#blockLeast, energy);
    if (this.#count % 10 === 0) {
      this.#blocks.add(this.#blockLeast);
      this.#blockLeast = Number.POSITIVE_INFINITY;
    }
    if (seen.stationary) {
      const share = this.#learned ? 0.15 : 0.6;
      this.#learned = true;
      this.#floor += share * (seen.mean - this.#floor);
      this.#deviation += share * (seen.deviation - this.#deviation);
    } else if (energy < this.#floor) this.#floor += 0.1 * (energy - this.#floor);
    else if (this.#state === 'silent' && !seen.active) {
      this.#floor += 0.03 * (energy - this.#floor);
      this.#deviation += 0.03 * (1.25 * Math.abs(energy - this.#floor) - this.#deviation);
    } else if (this.#blocks.full) {
      const least = this.#blocks.least();
      if (least > this.#floor) this.#floor += 0.03 * (least - this.#floor);
    }
    this.#floor = Math.max(-78, Math.min(-25, this.#floor));
    this.#deviation = Math.max(0.5, Math.min(5, this.#deviation));
  }

  #wait(f: number, strong: boolean, stationary: boolean): VoiceChange | undefined {
    if (strong) {
      this.#candidate ??= { first: f, strong: 0, weak: 0 };
      this.#candidate.strong += 1;
      this.#candidate.weak = 0;
    } else if (this.#candidate) this.#candidate.weak += 1;
    const candidate = this.#candidate;
    if (!candidate) return undefined;
    if (stationary || candidate.weak >= patience) {
      this.#candidate = undefined;
      return undefined;
    }
    if (candidate.strong < this.#minOn) return undefined;
    const modulated = f - candidate.first >= 12 && this.#raws.spread().deviation > 3;
    if (!this.#learned && f * 10 < bootMs && !modulated) return undefined;
    this.#candidate = undefined;
    this.#state = 'speech';
    this.#startFrame = f;
    this.#last = f;
    this.#startAt = this.#backdate(candidate.first, f) * 10;
    return { type: 'start', at: this.#startAt, known: (f + 1) * 10 };
  }

  /** Walks back from the candidate over active frames, bridging one that is not. */
  #backdate(first: number, f: number): number {
    let start = first;
    const isActive = (n: number) =>
      n >= 0 && f - n < this.#active.length && this.#active[n % this.#active.length] === 1;
    for (let n = first - 1; n >= first - backward; n--) {
      if (isActive(n)) start = n;
      else if (!isActive(n - 1)) break;
    }
    return start;
  }

  #follow(f: number, active: boolean, stationary: boolean): VoiceChange | undefined {
    if (stationary && f - this.#startFrame <= 60) {
      this.#state = 'silent';
      return { type: 'cancel', at: this.#startAt, known: (f + 1) * 10 };
    }
    if (active) this.#last = f;
    if (f - this.#last < this.#hang) return undefined;
    this.#state = 'silent';
    return { type: 'end', at: (this.#last + 1) * 10, known: (f + 1) * 10 };
  }
}
