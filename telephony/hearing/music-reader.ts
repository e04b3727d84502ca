import { lag, type Steady, SteadyNotes, steadyShare } from './steady-notes.ts';

const hopMs = 20;
/** Of that long a stretch is judged, 3 s. */
const stretch = 150;
/** Share of the power in notes that stayed. Of 3 s of speech in six languages at most .16, of music .13 to .95. */
const enough = 0.22;
const leastNotes = 4;
const leastLeading = 3;

/**
 * Music in 8 kHz audio: much of its power lies in notes that stay where they are for 160 ms, while every harmonic of a
 * voice moves. More than the one or two notes of a tone of call progress, one after the other, and no keys.
 */
export class MusicReader {
  readonly #notes = new SteadyNotes();
  #frames = 0;
  readonly #steady: Steady[] = [];
  #from: number | undefined;

  push(samples: Int16Array): void {
    for (const { steady } of this.#notes.push(samples)) this.step(steady);
  }

  /** Where the music began that plays now or did, ms from the first sample; known once there were 3 s of it. */
  get from(): number | undefined {
    return this.#from;
  }

  /** The next 20 ms, for who finds their notes. */
  step(steady: Steady): void {
    this.#frames += 1;
    this.#steady.push(steady);
    if (this.#steady.length > stretch) this.#steady.shift();
    if (this.#from !== undefined || this.#steady.length < stretch || !isMusic(this.#steady)) return;
    this.#from = Math.max(0, (this.#frames - stretch + beginning(this.#steady) - lag) * hopMs);
  }
}

function isMusic(steady: readonly Steady[]): boolean {
  const total = steady.reduce((all, notes) => all + steadyShare(notes), 0);
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
    all += steadyShare(steady[n]!) - enough;
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
