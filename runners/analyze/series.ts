import type { Better } from '../../judge/judgement.ts';

export const side = { none: 0, baseline: 1, candidate: 2 } as const;
export const outcome = { none: 0, passed: 1, failed: 2 } as const;

/** Rows of one series, in order of time; about 21 bytes a row. */
export interface Series {
  readonly name: string;
  readonly better: Better;
  /** Epoch ms, ascending. */
  readonly times: Float64Array;
  /** NaN where missing, or not to be used because the try failed. */
  readonly values: Float64Array;
  /** Place in the table's batch names, −1 without one. */
  readonly batches: Int32Array;
  readonly sides: Uint8Array;
  readonly outcomes: Uint8Array;
}

/** A series while its rows arrive. */
export class Growing {
  readonly name: string;
  better: Better | undefined;
  #size = 0;
  #times = new Float64Array(8);
  #values = new Float64Array(8);
  #batches = new Int32Array(8);
  #marks = new Uint8Array(8);
  #ordered = true;

  constructor(name: string) {
    this.name = name;
  }

  add(row: {
    readonly time: number;
    readonly value: number;
    readonly batch: number;
    readonly side: number;
    readonly outcome: number;
  }): void {
    const at = this.#size;
    if (at === this.#times.length) this.#grow();
    if (at > 0 && row.time < this.#times[at - 1]!) this.#ordered = false;
    this.#times[at] = row.time;
    this.#values[at] = row.value;
    this.#batches[at] = row.batch;
    this.#marks[at] = row.side * 4 + row.outcome;
    this.#size += 1;
  }

  #grow(): void {
    const size = Math.ceil(this.#times.length * 1.6);
    const times = new Float64Array(size);
    times.set(this.#times);
    const values = new Float64Array(size);
    values.set(this.#values);
    const batches = new Int32Array(size);
    batches.set(this.#batches);
    const marks = new Uint8Array(size);
    marks.set(this.#marks);
    this.#times = times;
    this.#values = values;
    this.#batches = batches;
    this.#marks = marks;
  }

  #sort(): void {
    const size = this.#size;
    const times = this.#times;
    const order = Uint32Array.from({ length: size }, (_, i) => i).sort((a, b) => times[a]! - times[b]! || a - b);
    const pick = <A extends Float64Array | Int32Array | Uint8Array>(from: A, to: A): A => {
      for (let i = 0; i < size; i++) to[i] = from[order[i]!]!;
      return to;
    };
    this.#times = pick(times, new Float64Array(size));
    this.#values = pick(this.#values, new Float64Array(size));
    this.#batches = pick(this.#batches, new Int32Array(size));
    this.#marks = pick(this.#marks, new Uint8Array(size));
    this.#ordered = true;
  }

  /** The rows by time; rows of one time stay in the order of the file. */
  done(): Series {
    const size = this.#size;
    if (!this.#ordered) this.#sort();
    const marks = this.#marks.subarray(0, size);
    return {
      name: this.name,
      better: this.better ?? 'lower',
      times: this.#times.subarray(0, size),
      values: this.#values.subarray(0, size),
      batches: this.#batches.subarray(0, size),
      sides: marks.map((mark) => mark >> 2),
      outcomes: marks.map((mark) => mark & 3),
    };
  }
}
