/** Both halves of ITU-T G.722 (mode 1, 64 kbit/s): two samples of 16 kHz become one byte. Each direction has a state of its own. */
export interface G722 {
  /** An even number of 16 kHz samples; the odd one of an odd number is dropped. */
  encode(samples: Int16Array): Uint8Array;
  decode(codes: Uint8Array): Int16Array;
}

const mirror = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11] as const;
const decisions = Int32Array.of(
  ...[0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121],
  ...[1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919],
);
const lowOf4 = Int32Array.of(
  ...[0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0],
);
const lowOf6 = Int32Array.of(
  ...[-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360],
  ...[-8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688],
  ...[-1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192],
  ...[6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136],
);
const highOf2 = Int32Array.of(-7408, -1616, 7408, 1616);
const lowSteps = Int32Array.of(-60, -30, 58, 172, 334, 538, 1198, 3042);
const lowStepOf = Int32Array.of(0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0);
const highStepOf = Int32Array.of(798, -214, 798, -214);
const inverseLog = Int32Array.of(
  ...[2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960],
  ...[3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008],
);

const bound = (value: number): number => (value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value);

/** A sub-band: its scale factor and its adaptive predictor of two poles and six zeros (clauses 3.5 and 3.6; names as there). */
class Band {
  /** Estimate of the next sample. */
  s = 0;
  det: number;
  readonly #steps: { readonly most: number; readonly shift: number };
  #nb = 0;
  #sz = 0;
  readonly #a = new Int32Array(3);
  readonly #b = new Int32Array(7);
  readonly #d = new Int32Array(7);
  readonly #p = new Int32Array(3);
  readonly #r = new Int32Array(3);

  constructor(det: number, steps: { readonly most: number; readonly shift: number }) {
    this.det = det;
    this.#steps = steps;
  }

  /** Scale factor (LOGSC, SCALE), then predictor, after a quantised difference. */
  adapt(difference: number, step: number): void {
    const { most, shift } = this.#steps;
    this.#nb = Math.max(0, Math.min(most, ((this.#nb * 127) >> 7) + step));
    const mantissa = inverseLog[(this.#nb >> 6) & 31]!;
    const down = shift - (this.#nb >> 11);
    this.det = (down < 0 ? mantissa << -down : mantissa >> down) << 2;
    this.#predict(difference);
  }

  #predict(difference: number): void {
    const [a, b, d, p, r] = [this.#a, this.#b, this.#d, this.#p, this.#r];
    const now = bound(this.s + difference);
    const partial = bound(this.#sz + difference);
    this.#poles(partial);
    this.#zeros(difference);
    for (let n = 6; n > 1; n--) d[n] = d[n - 1]!;
    d[1] = difference;
    r[2] = r[1]!;
    r[1] = now;
    p[2] = p[1]!;
    p[1] = partial;
    const pole = bound(((a[1]! * bound(2 * r[1]!)) >> 15) + ((a[2]! * bound(2 * r[2]!)) >> 15));
    let sz = 0;
    for (let n = 6; n > 0; n--) sz += (b[n]! * bound(2 * d[n]!)) >> 15;
    this.#sz = bound(sz);
    this.s = bound(pole + this.#sz);
  }

  /** UPPOL2, UPPOL1 */
  #poles(partial: number): void {
    const [a, p] = [this.#a, this.#p];
    const sign = partial >> 15;
    const four = bound(a[1]! * 4);
    const turned = Math.min(32_767, sign === p[1]! >> 15 ? -four : four);
    const second = (sign === p[2]! >> 15 ? 128 : -128) + (turned >> 7) + ((a[2]! * 32_512) >> 15);
    const second2 = Math.max(-12_288, Math.min(12_288, second));
    const first = bound((sign === p[1]! >> 15 ? 192 : -192) + ((a[1]! * 32_640) >> 15));
    const limit = bound(15_360 - second2);
    a[1] = Math.max(-limit, Math.min(limit, first));
    a[2] = second2;
  }

  /** UPZERO; `#d` still holds the differences before this one. */
  #zeros(difference: number): void {
    const [b, d] = [this.#b, this.#d];
    const gain = difference === 0 ? 0 : 128;
    const sign = difference >> 15;
    for (let n = 1; n <= 6; n++) b[n] = bound((d[n]! >> 15 === sign ? gain : -gain) + ((b[n]! * 32_640) >> 15));
  }
}

const lowBand = () => new Band(32, { most: 18_432, shift: 8 });
const highBand = () => new Band(8, { most: 22_528, shift: 10 });

export function g722(): G722 {
  return { encode: encoder(), decode: decoder() };
}

/** The newest 24 samples of the quadrature mirror filter, written twice so that they always lie in a row. */
class Mirror {
  readonly #x = new Int32Array(48);
  #at = 0;

  push(older: number, newer: number): void {
    this.#x[this.#at] = this.#x[this.#at + 24] = older;
    this.#x[this.#at + 1] = this.#x[this.#at + 25] = newer;
    this.#at = (this.#at + 2) % 24;
  }

  /** Sums over the older and over the newer of each pair. */
  sums(): readonly [older: number, newer: number] {
    let [older, newer] = [0, 0];
    for (let n = 0, at = this.#at; n < 12; n++, at += 2) {
      older += this.#x[at]! * mirror[n]!;
      newer += this.#x[at + 1]! * mirror[11 - n]!;
    }
    return [older, newer];
  }
}

function encoder(): G722['encode'] {
  const [low, high, filter] = [lowBand(), highBand(), new Mirror()];
  return (samples) => {
    const codes = new Uint8Array(samples.length >> 1);
    for (let n = 0; n < codes.length; n++) {
      filter.push(samples[2 * n]!, samples[2 * n + 1]!);
      const [older, newer] = filter.sums();
      codes[n] = (codeHigh(high, (newer - older) >> 14) << 6) | codeLow(low, (newer + older) >> 14);
    }
    return codes;
  };
}

/** QUANTL, INVQAL and adaptation. */
function codeLow(band: Band, sample: number): number {
  const error = bound(sample - band.s);
  const size = error >= 0 ? error : -(error + 1);
  let level = 1;
  while (level < 30 && size >= (decisions[level]! * band.det) >> 12) level += 1;
  const code = error < 0 ? (level > 2 ? 34 - level : 64 - level) : 62 - level;
  const four = code >> 2;
  band.adapt((band.det * lowOf4[four]!) >> 15, lowSteps[lowStepOf[four]!]!);
  return code;
}

/** QUANTH, INVQAH and adaptation. */
function codeHigh(band: Band, sample: number): number {
  const error = bound(sample - band.s);
  const size = error >= 0 ? error : -(error + 1);
  const far = size >= (564 * band.det) >> 12;
  const code = (error < 0 ? 0 : 2) + (far ? 0 : 1);
  band.adapt((band.det * highOf2[code]!) >> 15, highStepOf[code]!);
  return code;
}

const within = (value: number): number => (value > 16_383 ? 16_383 : value < -16_384 ? -16_384 : value);

function decoder(): G722['decode'] {
  const [low, high, filter] = [lowBand(), highBand(), new Mirror()];
  return (codes) => {
    const samples = new Int16Array(codes.length * 2);
    for (let n = 0; n < codes.length; n++) {
      const code = codes[n]!;
      const [six, four, two] = [code & 0x3f, (code & 0x3f) >> 2, code >> 6];
      const rlow = within(low.s + ((low.det * lowOf6[six]!) >> 15));
      low.adapt((low.det * lowOf4[four]!) >> 15, lowSteps[lowStepOf[four]!]!);
      const dhigh = (high.det * highOf2[two]!) >> 15;
      const rhigh = within(dhigh + high.s);
      high.adapt(dhigh, highStepOf[two]!);
      filter.push(rlow + rhigh, rlow - rhigh);
      const [older, newer] = filter.sums();
      samples[2 * n] = bound(newer >> 11);
      samples[2 * n + 1] = bound(older >> 11);
    }
    return samples;
  };
}
