import { bands, type Patch } from './features.ts';

/** A patch with sums over any range of its frames: for each band, and of all squares. */
export interface Summed extends Patch {
  /** (count + 1) × bands: before frame f. */
  readonly sums: Float64Array;
  /** count + 1 */
  readonly squares: Float64Array;
  /** 1 for a frame whose sound did not come: it says nothing. */
  readonly lost?: Uint8Array;
}

export function summed({ count, values, powers }: Patch): Summed {
  const sums = new Float64Array((count + 1) * bands);
  const squares = new Float64Array(count + 1);
  for (let f = 0; f < count; f++) {
    let square = 0;
    for (let b = 0; b < bands; b++) {
      const value = values[f * bands + b]!;
      sums[(f + 1) * bands + b] = sums[f * bands + b]! + value;
      square += value * value;
    }
    squares[f + 1] = squares[f]! + square;
  }
  return { count, values, sums, squares, ...(powers ? { powers } : {}) };
}

/** Correlation of `length` frames of both, each band's mean removed; a constant gain does not matter. */
export function correlation(
  r: Summed,
  q: Summed,
  at: { readonly r: number; readonly q: number; readonly length: number },
): number {
  const { length } = at;
  let dot = 0;
  const [rv, qv] = [r.values, q.values];
  const end = (at.r + length) * bands;
  for (let n = at.r * bands, m = at.q * bands; n < end; n++, m++) dot += rv[n]! * qv[m]!;
  let [cross, rMean, qMean] = [0, 0, 0];
  for (let b = 0; b < bands; b++) {
    const rs = r.sums[(at.r + length) * bands + b]! - r.sums[at.r * bands + b]!;
    const qs = q.sums[(at.q + length) * bands + b]! - q.sums[at.q * bands + b]!;
    cross += rs * qs;
    rMean += rs * rs;
    qMean += qs * qs;
  }
  const rr = r.squares[at.r + length]! - r.squares[at.r]! - rMean / length;
  const qq = q.squares[at.q + length]! - q.squares[at.q]! - qMean / length;
  return rr <= 1e-9 || qq <= 1e-9 ? 0 : (dot - cross / length) / Math.sqrt(rr * qq);
}

export interface Rigid {
  readonly score: number;
  /** Frame of the heard sound at which frame 0 of the reference lies; negative when its start was cut off. */
  readonly offset: number;
}

export interface Search {
  /** Share of the reference that must overlap. */
  readonly overlap?: number;
  /** Offsets to try, from and to, both included. */
  readonly between?: readonly [number, number];
}

const leastFrames = 8;
const nowhere: Rigid = { score: 0, offset: 0 };

/** The best place of a reference in a heard sound, without warping. */
export function findRigid(reference: Summed, heard: Summed, { overlap = 0.65, between }: Search = {}): Rigid {
  const least = Math.min(reference.count, Math.max(leastFrames, Math.ceil(reference.count * overlap)));
  const first = Math.max(least - reference.count, between?.[0] ?? Number.NEGATIVE_INFINITY);
  const last = Math.min(heard.count - least, between?.[1] ?? Number.POSITIVE_INFINITY);
  let best = nowhere;
  for (let offset = first; offset <= last; offset++) {
    const r = Math.max(0, -offset);
    const q = Math.max(0, offset);
    const length = Math.min(reference.count - r, heard.count - q);
    const score = correlation(reference, heard, { r, q, length });
    if (score > best.score) best = { score, offset };
  }
  return best;
}

/** Also tries the heard speech inside the reference: a prompt that lost its beginning or end is still that prompt. */
export function findEitherWay(reference: Summed, heard: Summed, search: Search = {}): Rigid {
  const plain = findRigid(reference, heard, search);
  if (heard.count < 25 || heard.count >= reference.count) return plain;
  const inside = findRigid(heard, reference, { overlap: 0.95 });
  return inside.score > plain.score ? { score: inside.score, offset: -inside.offset } : plain;
}

/** Frames from..to of a patch as one of its own. */
export function slice(patch: Patch & Pick<Summed, 'lost'>, from: number, to: number): Summed {
  const [values, powers] = [patch.values, patch.powers].map((all) => all?.subarray(from * bands, to * bands));
  return {
    ...summed({ count: to - from, values: values!, ...(powers ? { powers } : {}) }),
    ...(patch.lost ? { lost: patch.lost.subarray(from, to) } : {}),
  };
}
