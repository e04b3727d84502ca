import { claimLadder, claimNoteMs, claimNotes, claimNumber, claimPeriod, claimTune } from './claim-marker.ts';

/** Whose markers sound in a call; samples from the first that was pushed. */
export interface ClaimsHeard {
  /** One, or several where the calls of several walks are mixed. */
  readonly numbers: readonly number[];
  /** Where the last note of the first of them ended. */
  readonly to: number;
}

const hop = 80;
const size = 512;
const hops = (ms: number) => (ms * 8) / hop;
const note = hops(claimNoteMs);
const period = hops(claimPeriod);
/** Looks about the middle of a note that lie wholly within it. */
const about = 2;
const kept = note * (claimNotes - 1) + 2 * about + 1;
/** Below it is silence, mean square of int16: −50 dBov. */
const silent = 2 ** 30 * 10 ** -5;
/** Share of the power: of a note that sounds alone, of another beside it at most, and of a note of two that sound at once. */
const [alone, beside, among] = [0.6, 0.08, 0.12];

const window = Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / size));
const scale = (2 * window.reduce((sum, w) => sum + w * w, 0)) / window.reduce((sum, w) => sum + w, 0) ** 2;
const waves = claimLadder.map((hz) => ({
  cos: window.map((w, n) => w * Math.cos((2 * Math.PI * hz * n) / 8000)),
  sin: window.map((w, n) => w * Math.sin((2 * Math.PI * hz * n) / 8000)),
}));

/** The share of the power that each note of the ladder has; nothing in silence. */
function sharesOf(samples: Float64Array): Float64Array {
  const shares = new Float64Array(claimLadder.length);
  let plain = 0;
  let power = 0;
  for (let n = 0; n < size; n++) {
    const x = samples[n]!;
    plain += x * x;
    power += (x * window[n]!) ** 2;
  }
  if (plain < silent * size) return shares;
  for (const [place, { cos, sin }] of waves.entries()) {
    let re = 0;
    let im = 0;
    for (let n = 0; n < size; n++) {
      re += samples[n]! * cos[n]!;
      im += samples[n]! * sin[n]!;
    }
    shares[place] = ((re * re + im * im) * scale) / power;
  }
  return shares;
}

/**
 * Finds claim markers in 8 kHz audio, whatever they are. One of a walk that is known counts at once when it sounds
 * alone; one that nobody knows, or that sounds below another sound, when it comes again.
 */
export class ClaimReader {
  readonly #known: ReadonlyMap<number, readonly number[]>;
  readonly #buffer = new Float64Array(size);
  readonly #looks: Float64Array[] = [];
  /** Number → looks at whose end it was heard. */
  readonly #alone = new Map<number, number>();
  readonly #mixed = new Map<number, number>();
  readonly #again = new Map<number, number>();
  #pending = 0;
  #count = 0;

  constructor(known: Iterable<number>) {
    this.#known = new Map([...known].map((number) => [number, claimTune(number)]));
  }

  push(samples: Int16Array): ClaimsHeard | undefined {
    for (let n = 0; n < samples.length; ) {
      const take = Math.min(hop - this.#pending, samples.length - n);
      this.#buffer.copyWithin(0, take);
      for (let k = 0; k < take; k++) this.#buffer[size - take + k] = samples[n + k]!;
      this.#pending += take;
      n += take;
      if (this.#pending < hop) break;
      this.#pending = 0;
      const heard = this.#look();
      if (heard) return heard;
    }
    return undefined;
  }

  #look(): ClaimsHeard | undefined {
    this.#count += 1;
    this.#looks.push(sharesOf(this.#buffer));
    if (this.#looks.length > kept) this.#looks.shift();
    if (this.#looks.length < kept) return undefined;
    return this.#soleOne() ?? this.#severalAtOnce();
  }

  #soleOne(): ClaimsHeard | undefined {
    const places: number[] = [];
    for (let n = 0; n < claimNotes; n++) {
      const place = loudest(this.#note(n));
      if (place === undefined) return undefined;
      places.push(place);
    }
    const number = claimNumber(places);
    if (number === undefined) return undefined;
    const before = this.#alone.get(number);
    if (before === undefined) this.#alone.set(number, this.#count);
    const sure = this.#known.has(number) || (before !== undefined && this.#count - before > period / 2);
    return sure ? this.#heard([number], this.#count) : undefined;
  }

  #severalAtOnce(): ClaimsHeard | undefined {
    for (const [number, places] of this.#known) {
      if (!places.every((place, n) => this.#note(n).some((shares) => shares[place]! >= among))) continue;
      const before = this.#mixed.get(number);
      const off = before === undefined ? 0 : (this.#count - before) % period;
      if (before === undefined) this.#mixed.set(number, this.#count);
      else if (this.#again.has(number)) continue;
      else if (this.#count - before > period / 2 && Math.min(off, period - off) <= 2 * about)
        this.#again.set(number, this.#count);
    }
    const [first] = this.#again.values();
    if (first === undefined || this.#count - first < period + note) return undefined;
    return this.#heard([...this.#again.keys()], first);
  }

  /** Looks about the middle of a note of the tune that ends now. */
  #note(n: number): readonly Float64Array[] {
    const middle = about + n * note;
    return this.#looks.slice(middle - about, middle + about + 1);
  }

  #heard(numbers: readonly number[], count: number): ClaimsHeard {
    // The window of a look lies before its end; a tune is known from its first look that fits, which is early.
    const middle = (count + about - 1) * hop - size / 2;
    return { numbers, to: Math.round(middle + claimNoteMs * 4) };
  }
}

/** The one that sounds alone in a look; undefined when none does. */
function loudest(looks: readonly Float64Array[]): number | undefined {
  let best: { place: number; share: number; second: number } | undefined;
  for (const shares of looks) {
    let [place, second] = [0, 0];
    for (let n = 1; n < shares.length; n++) {
      if (shares[n]! > shares[place]!) {
        second = shares[place]!;
        place = n;
      } else second = Math.max(second, shares[n]!);
    }
    if (!best || shares[place]! > best.share) best = { place, share: shares[place]!, second };
  }
  return best && best.share >= alone && best.second <= beside ? best.place : undefined;
}
