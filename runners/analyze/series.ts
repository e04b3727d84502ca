import type { Better } from '../../judge/judgement.ts';

export const side = { none: 0, baseline: 1, candidate: 2 } as const;
export const outcome = { none: 0, passed: 1, failed: 2 } as const;

/** Rows of one series, in order of time; 16 bytes a row, up to 10 more where there are batches, pairs, sides or outcomes. */
export interface Series {
  readonly name: string;
  readonly better: Better;
  /** Epoch ms, ascending. */
  readonly times: Float64Array;
  /** NaN where missing, or not to be used because the try failed. */
  readonly values: Float64Array;
  /** Place in the table's batch names, −1 without one. */
  readonly batches: Int32Array;
  /** Place in the table's pair names, −1 without one. */
  readonly pairs: Int32Array;
  readonly sides: Uint8Array;
  readonly outcomes: Uint8Array;
}

/** Of the whole table, by their numbers. */
interface Names {
  readonly batchNames: readonly string[];
  readonly pairNames: readonly string[];
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** A series while its rows arrive. */
export class Growing {
  readonly name: string;
  better: Better | undefined;
  /** Rows that say exactly what another one says; known when done. */
  repeats = 0;
  #size = 0;
  #times = new Float64Array(8);
  #values = new Float64Array(8);
  /** Made when the first row has a batch: most files have none, and millions of rows would pay for it. */
  #batches: Int32Array | undefined;
  #pairs: Int32Array | undefined;
  /** Side and outcome of each row; made when the first row has one. */
  #marks: Uint8Array | undefined;
  #ordered = true;

  constructor(name: string) {
    this.name = name;
  }

  add(row: {
    readonly time: number;
    readonly value: number;
    readonly batch: number;
    readonly pair: number;
    readonly side: number;
    readonly outcome: number;
  }): void {
    const at = this.#size;
    if (at === this.#times.length) this.#grow();
    if (at > 0 && row.time <= this.#times[at - 1]!) this.#ordered = false;
    this.#times[at] = row.time;
    this.#values[at] = row.value;
    if (row.batch >= 0) this.#batches ??= new Int32Array(this.#times.length).fill(-1);
    if (this.#batches) this.#batches[at] = row.batch;
    if (row.pair >= 0) this.#pairs ??= new Int32Array(this.#times.length).fill(-1);
    if (this.#pairs) this.#pairs[at] = row.pair;
    const mark = row.side * 4 + row.outcome;
    if (mark > 0) this.#marks ??= new Uint8Array(this.#times.length);
    if (this.#marks) this.#marks[at] = mark;
    this.#size += 1;
  }

  #grow(): void {
    const size = Math.ceil(this.#times.length * growth);
    this.#times = copied(this.#times, new Float64Array(size));
    this.#values = copied(this.#values, new Float64Array(size));
    if (this.#batches) this.#batches = copied(this.#batches, new Int32Array(size).fill(-1));
    if (this.#pairs) this.#pairs = copied(this.#pairs, new Int32Array(size).fill(-1));
    if (this.#marks) this.#marks = copied(this.#marks, new Uint8Array(size));
  }

  #sort({ batchNames, pairNames }: Names): void {
    const size = this.#size;
    const times = this.#times;
    const [batches, pairs, marks] = [this.#batches, this.#pairs, this.#marks];
    const batch = (i: number) => (batches && batchNames[batches[i]!]) ?? '';
    const pair = (i: number) => (pairs && pairNames[pairs[i]!]) ?? '';
    const mark = (i: number) => marks?.[i] ?? 0;
    const within = (a: number, b: number) =>
      lot(this.#values[a]!) - lot(this.#values[b]!) ||
      mark(a) - mark(b) ||
      byText(batch(a), batch(b)) ||
      byText(pair(a), pair(b));
    const order = Uint32Array.from({ length: size }, (_, i) => i).sort(
      (a, b) => times[a]! - times[b]! || within(a, b) || a - b,
    );
    for (let k = 1; k < size; k++) {
      const [a, b] = [order[k - 1]!, order[k]!];
      if (times[a] === times[b] && within(a, b) === 0) this.repeats += 1;
    }
    const pick = <A extends Float64Array | Int32Array | Uint8Array>(from: A, to: A): A => {
      for (let i = 0; i < size; i++) to[i] = from[order[i]!]!;
      return to;
    };
    this.#times = pick(times, new Float64Array(size));
    this.#values = pick(this.#values, new Float64Array(size));
    if (batches) this.#batches = pick(batches, new Int32Array(size));
    if (pairs) this.#pairs = pick(pairs, new Int32Array(size));
    if (marks) this.#marks = pick(marks, new Uint8Array(size));
    this.#ordered = true;
  }

  /** The rows by time; rows of one time by lot, so that their order in the file does not matter. */
  done(names: Names): Series {
    const size = this.#size;
    if (!this.#ordered) this.#sort(names);
    const marks = this.#marks?.subarray(0, size);
    return {
      name: this.name,
      better: this.better ?? 'lower',
      times: this.#times.subarray(0, size),
      values: this.#values.subarray(0, size),
      batches: this.#batches?.subarray(0, size) ?? same(none, size),
      pairs: this.#pairs?.subarray(0, size) ?? same(none, size),
      sides: marks?.map((mark) => mark >> 2) ?? same(blank, size),
      outcomes: marks?.map((mark) => mark & 3) ?? same(blank, size),
    };
  }
}

/** By how much a series' room grows: a tenth of it is empty on average. */
const growth = 1.25;

function copied<A extends Float64Array | Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

/** Rows that say nothing of batches, sides or outcomes: one array for all series, as long as the longest. */
const none = { array: new Int32Array(), fill: -1 };
const blank = { array: new Uint8Array(), fill: 0 };

function same<A extends Int32Array | Uint8Array>(of: { array: A; readonly fill: number }, size: number): A {
  if (of.array.length < size) of.array = new (of.array.constructor as new (size: number) => A)(size).fill(of.fill) as A;
  return of.array.subarray(0, size) as A;
}

const bits = new DataView(new ArrayBuffer(8));

/** A number drawn from a value by mixing its bits: values of one time are neither left as they came nor sorted by size, which a judge would take for a pattern. */
function lot(value: number): number {
  bits.setFloat64(0, value);
  let mixed = Math.imul(bits.getUint32(0) ^ 0x9e3779b9, 0x85ebca6b) ^ bits.getUint32(4);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
