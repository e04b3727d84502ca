import { allBands, bands, contrast, type Passband, profile } from './features.ts';
import { type Summed, summed } from './match.ts';
import type { Reference } from './reference.ts';

/** Of a band that is not carried so much is left of what speech has there, in features: 20 dB less. */
const gone = 0.25;
/** And on the slope against the three bands further in: 5 dB less. */
const slope = 0.7;
const leastBands = 8;
const leastFrames = 15;

/** Which bands a line carries: those in which what is heard becomes as loud as what is known, once it did. */
export class Line {
  readonly #usual: Float64Array;
  readonly #carried = new Float64Array(bands);
  #passband = allBands;

  constructor(known: readonly Reference[]) {
    this.#usual = Float64Array.from({ length: bands }, (_, b) =>
      known.reduce((sum, { profile }) => sum + profile[b]! / known.length, 0),
    );
  }

  /** Undefined as long as it seems to carry everything. */
  get carries(): Passband | undefined {
    return this.#passband === allBands ? undefined : this.#passband;
  }

  /** Of these frames of speech. Undefined when that is no news. */
  hear(heard: Summed, first: number, last: number): Passband | undefined {
    if (last - first < leastFrames) return undefined;
    const levels = profile(heard, first, last).map((level, b) => level / (this.#usual[b]! + 1e-12));
    const whole = [...levels].sort((a, b) => a - b)[Math.floor(bands * 0.75)]! + 1e-12;
    for (let b = 0; b < bands; b++) this.#carried[b] = Math.max(this.#carried[b]!, levels[b]! / whole);
    const passband = passbandOf(this.#carried);
    const { from, to } = this.#passband;
    if (passband.from === from && passband.to === to) return undefined;
    this.#passband = passband;
    return passband;
  }
}

function passbandOf(carried: Float64Array): Passband {
  const from = edge([...carried]);
  const to = bands - edge([...carried].reverse());
  return to - from < leastBands ? allBands : { from, to };
}

/** How many bands from the first on are not carried, with the neighbour that overlaps them and what lies on a slope. */
function edge(carried: readonly number[]): number {
  let n = carried.findIndex((level) => level >= gone);
  if (n <= 0) return 0;
  n += 1;
  const inwards = () => carried.slice(n + 1, n + 4).reduce((sum, level) => sum + level / 3, 0);
  while (n < bands - leastBands && carried[n]! < slope * inwards()) n += 1;
  return n;
}

const views = new WeakMap<Float64Array, { readonly passband: Passband; readonly view: Reference }>();

/** A reference as it would sound on a line that carries only these bands. */
export function seenThrough(reference: Reference, passband: Passband): Reference {
  const known = views.get(reference.profile);
  if (known?.passband.from === passband.from && known.passband.to === passband.to) return known.view;
  const { patch, half } = reference;
  const view = { ...reference, patch: through(patch, passband), ...(half ? { half: through(half, passband) } : {}) };
  views.set(reference.profile, { passband, view });
  return view;
}

/** The same sound where only these bands are carried. Throws RangeError where their powers are not kept. */
export function through({ count, powers, lost }: Summed, passband: Passband): Summed {
  if (!powers) throw new RangeError('these features were kept without the bands that they are of');
  const values = new Float32Array(count * bands);
  for (let f = 0; f < count; f++) contrast(powers, f * bands, values, passband);
  return { ...summed({ count, values, powers }), ...(lost ? { lost } : {}) };
}
