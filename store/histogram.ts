/** Relative accuracy of a value that is told again. */
const accuracy = 0.01;
const growth = (1 + accuracy) / (1 - accuracy);
const width = Math.log(growth);
const version = 1;

/**
 * Counts in bins whose borders grow by 2.02 %: a quantile comes back within 1 % of the value at rank floor(p·(n − 1)), merging
 * is addition and exact. The mapping is DDSketch's (Masson, Rim, Lee: DDSketch, VLDB 2019, §2.1); zero and negative values
 * have bins of their own.
 */
export class Histogram {
  readonly #above = new Map<number, number>();
  readonly #below = new Map<number, number>();
  #zero = 0;
  #n = 0;

  get n(): number {
    return this.#n;
  }

  static of(values: Iterable<number>): Histogram {
    const made = new Histogram();
    for (const value of values) made.add(value);
    return made;
  }

  /** Throws RangeError for what is no number. */
  add(value: number, count = 1): void {
    if (!Number.isFinite(value)) throw new RangeError(`a histogram cannot hold ${value}`);
    this.#n += count;
    if (value === 0) this.#zero += count;
    else {
      const side = value > 0 ? this.#above : this.#below;
      const key = Math.ceil(Math.log(Math.abs(value)) / width);
      side.set(key, (side.get(key) ?? 0) + count);
    }
  }

  merge(other: Histogram): void {
    this.#n += other.#n;
    this.#zero += other.#zero;
    for (const [key, count] of other.#above) this.#above.set(key, (this.#above.get(key) ?? 0) + count);
    for (const [key, count] of other.#below) this.#below.set(key, (this.#below.get(key) ?? 0) + count);
  }

  /** The value at rank floor(p·(n − 1)), p from 0 to 1, within 1 %; NaN where nothing is held. */
  quantile(p: number): number {
    if (this.#n === 0) return Number.NaN;
    const rank = Math.floor(p * (this.#n - 1));
    let seen = 0;
    for (const [key, count] of ascending(this.#below).reverse()) {
      seen += count;
      if (seen > rank) return -middle(key);
    }
    seen += this.#zero;
    if (seen > rank) return 0;
    const above = ascending(this.#above);
    for (const [key, count] of above) {
      seen += count;
      if (seen > rank) return middle(key);
    }
    return middle(above.at(-1)?.[0] ?? 0);
  }

  /** A version byte, then LEB128 varints: zeros, number of negative bins, and each bin as the zigzag distance to the one before and its count. */
  encode(): Uint8Array {
    const out: number[] = [version];
    varint(out, this.#zero);
    varint(out, this.#below.size);
    for (const side of [this.#below, this.#above]) {
      let before = 0;
      for (const [key, count] of ascending(side)) {
        const step = key - before;
        varint(out, step < 0 ? -2 * step - 1 : 2 * step);
        varint(out, count);
        before = key;
      }
    }
    return Uint8Array.from(out);
  }

  /** Throws RangeError for bytes of another version. */
  static decode(bytes: Uint8Array): Histogram {
    if (bytes[0] !== version)
      throw new RangeError(`a histogram of version ${bytes[0]}, this Throughline knows ${version}`);
    const made = new Histogram();
    let place = 1;
    const next = () => {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes[place++] ?? 0;
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
    };
    made.#zero = next();
    made.#n = made.#zero;
    const negative = next();
    let before = 0;
    for (let bin = 0; place < bytes.length; bin += 1) {
      if (bin === negative) before = 0;
      const coded = next();
      before += coded % 2 === 1 ? -(coded + 1) / 2 : coded / 2;
      const count = next();
      (bin < negative ? made.#below : made.#above).set(before, count);
      made.#n += count;
    }
    return made;
  }
}

const ascending = (bins: ReadonlyMap<number, number>) => [...bins].sort(([a], [b]) => a - b);
const middle = (key: number) => (2 * growth ** key) / (growth + 1);

function varint(out: number[], value: number): void {
  let left = value;
  while (left >= 128) {
    out.push((left % 128) | 128);
    left = Math.floor(left / 128);
  }
  out.push(left);
}
