import type { VoiceChange } from './voice-activity.ts';

/** A stretch of speech, epoch ms. */
export interface Utterance {
  readonly from: number;
  /** Undefined while it goes on. */
  readonly to?: number;
}

/** Joins speech over pauses shorter than `pause` ms; one that was taken back was never there. */
export class Utterances {
  readonly #pause: number;
  #open: { from: number; to: number | undefined } | undefined;
  readonly #starts: number[] = [];

  constructor(pause: number) {
    this.#pause = pause;
  }

  get speaking(): Utterance | undefined {
    return this.#open && { from: this.#open.from, ...(this.#open.to === undefined ? {} : { to: this.#open.to }) };
  }

  /** The detected start nearest to a moment, if one is within reach. */
  startNear(at: number, reach: number): number | undefined {
    const near = this.#starts.filter((start) => Math.abs(start - at) <= reach);
    return near.sort((a, b) => Math.abs(a - at) - Math.abs(b - at))[0];
  }

  /** Utterances that are over by now. `heardTo` is how far has been listened. */
  push(changes: readonly VoiceChange[], heardTo: number): readonly Required<Utterance>[] {
    const done: Required<Utterance>[] = [];
    for (const change of changes) {
      done.push(...this.#over(change.type === 'start' ? change.at : change.known));
      if (change.type === 'start') {
        this.#starts.push(change.at);
        if (this.#starts.length > 200) this.#starts.shift();
        this.#open ??= { from: change.at, to: undefined };
        this.#open.to = undefined;
      } else if (change.type === 'end') {
        this.#open ??= { from: change.at, to: change.at };
        this.#open.to = change.at;
      } else this.#withdraw(change.at);
    }
    done.push(...this.#over(heardTo));
    return done;
  }

  #withdraw(start: number): void {
    const at = this.#starts.lastIndexOf(start);
    if (at >= 0) this.#starts.splice(at, 1);
    if (!this.#open) return;
    if (this.#open.from >= start) this.#open = undefined;
    else this.#open.to = start;
  }

  #over(until: number): Required<Utterance>[] {
    const open = this.#open;
    if (open?.to === undefined || until - open.to < this.#pause) return [];
    this.#open = undefined;
    return [{ from: open.from, to: open.to }];
  }
}
