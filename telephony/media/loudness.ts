import type { HeardPiece } from './heard.ts';

export interface LoudnessFigures {
  /** dBov of what is spoken, pauses left out (ITU-T P.56, method B); absent while there is nothing over −60. */
  readonly activeLevel?: number;
  /** 0-1, of the samples that are spoken: those in flat tops at the peak of the sound. */
  readonly clipped: number;
  /** Holes that cut into sound. */
  readonly gaps: number;
  /** ms */
  readonly longestGap: number;
}

/** Below the level of speech by more than this is pause (P.56 §7). */
const margin = 15.9;
/** Softer than this nothing is spoken, dBov. */
const spoken = -50;
const floor = -60;
/** What reaches so much of the peak is at the peak, three samples in a row at least. */
const top = 0.985;
const run = 3;

/** How loud, how distorted and how broken the sound of a call is, as it is heard. */
export class Loudness {
  /** Power and count of pieces for each whole dBov from 0 down. */
  readonly #power = new Float64Array(101);
  readonly #count = new Uint32Array(101);
  #peak = 0;
  #clipped = 0;
  #samples = 0;
  #last = -100;
  #gap = 0;
  #cut = false;
  #gaps = 0;
  #longest = 0;

  /** `squares` is their sum over the piece, `peak` its largest sample. */
  hear({ samples, hole }: HeardPiece, { squares, peak }: { readonly squares: number; readonly peak: number }): void {
    if (hole) {
      this.#hole(samples.length / 8);
      return;
    }
    this.#gap = 0;
    const power = squares / Math.max(1, samples.length) / 2 ** 30;
    this.#last = Math.max(-100, 10 * Math.log10(power + 1e-10));
    const bin = Math.round(-this.#last);
    this.#power[bin]! += power;
    this.#count[bin]! += 1;
    if (this.#last >= spoken) this.#clip(samples, peak);
  }

  get figures(): LoudnessFigures {
    const activeLevel = this.#active();
    return {
      ...(activeLevel === undefined ? {} : { activeLevel }),
      clipped: this.#samples === 0 ? 0 : this.#clipped / this.#samples,
      gaps: this.#gaps,
      longestGap: this.#longest,
    };
  }

  #hole(ms: number): void {
    if (this.#gap === 0) {
      this.#cut = this.#last >= spoken;
      this.#gaps += this.#cut ? 1 : 0;
    }
    this.#gap += ms;
    if (this.#cut) this.#longest = Math.max(this.#longest, this.#gap);
  }

  /** Speech is over 10 % of full scale at its loudest; flat tops of softer sound are those of its coding. */
  #clip(samples: Int16Array, own: number): void {
    const peak = Math.max(own, this.#peak);
    this.#samples += samples.length;
    if (peak * top > this.#peak) this.#clipped = 0;
    this.#peak = peak;
    if (peak < 3276) return;
    const edge = peak * top;
    if (own < edge) return;
    let length = 0;
    let sign = 0;
    for (let n = 0; n < samples.length; n++) {
      const sample = samples[n]!;
      const side = sample >= edge ? 1 : sample <= -edge ? -1 : 0;
      length = side !== 0 && side === sign ? length + 1 : side === 0 ? 0 : 1;
      sign = side;
      this.#clipped += length === run ? run : length > run ? 1 : 0;
    }
  }

  #active(): number | undefined {
    let [power, count] = [0, 0];
    for (let bin = 0; bin <= -floor; bin++) {
      power += this.#power[bin]!;
      count += this.#count[bin]!;
      if (count === 0) continue;
      const level = 10 * Math.log10(power / count);
      if (level + bin >= margin) return level;
    }
    return count === 0 ? undefined : 10 * Math.log10(power / count);
  }
}
