import { bands } from './features.ts';
import { type Summed, summed } from './match.ts';
import { through } from './passband.ts';

/** A reference and the path that it took through what was heard. */
export interface Followed {
  readonly reference: Summed;
  readonly heard: Summed;
  /** Frame of the heard sound where the path's shift 0 lies. */
  readonly offset: number;
  readonly path: Uint8Array;
}

export const frameMs = 20;
const loudPause = 0.7;
const leastPauses = 8;
const drowned = 3;
const twice = 2;
const leastUnlike = 0.08;
const mostMissing = 9;
const leastRest = 25;

/** Bands that the line did not carry, or bends: that they fit badly is no matter of the words that were changed. */
export function bandsOfLine(
  words: Followed,
  changed: readonly { readonly from: number; readonly to: number }[],
): readonly number[] {
  const missing = bandsMissing(words, () => true);
  const rest = (f: number) => !changed.some(({ from, to }) => f * frameMs >= from && f * frameMs < to);
  const frames = words.path.reduce((sum, _, f) => sum + (rest(f) ? 1 : 0), 0);
  if (missing.length === 0 || frames < leastRest) return missing;
  const elsewhere = bandsMissing(words, rest);
  return missing.filter((band) => elsewhere.includes(band));
}

/** Bands that over these frames have little to do with the reference, while most others have. */
function bandsMissing(
  { reference, heard, offset, path }: Followed,
  among: (frame: number) => boolean,
): readonly number[] {
  const [cross, ours, theirs] = [new Float64Array(bands), new Float64Array(bands), new Float64Array(bands)];
  for (const [f, d] of path.entries()) {
    const q = f + offset + d;
    if (!among(f) || q < 0 || q >= heard.count || heard.lost?.[q] === 1) continue;
    for (let b = 0; b < bands; b++) {
      const [r, h] = [reference.values[f * bands + b]!, heard.values[q * bands + b]!];
      [cross[b], ours[b], theirs[b]] = [cross[b]! + r * h, ours[b]! + r * r, theirs[b]! + h * h];
    }
  }
  const gain = total(cross) / (total(ours) + 1e-12);
  // What is left of each band's power once the reference, as loud as it is on the whole, is taken away.
  const alikes = Array.from({ length: bands }, (_, b) => {
    const left = theirs[b]! - 2 * gain * cross[b]! + gain * gain * ours[b]!;
    return 1 - left / (Math.max(theirs[b]!, gain * gain * ours[b]!) + 1e-12);
  });
  const usual = [...alikes].sort((a, b) => a - b)[bands >> 1]!;
  const missing = alikes.flatMap((alike, b) => (1 - alike > twice * (1 - usual) + leastUnlike ? [b] : []));
  return missing.length <= mostMissing ? missing : [];
}

const mostLevelled = 4;
const edge = 0.75;
/** A line whose bands differ by less is level. */
const even = 0.9;

/**
 * Both as if the line were level: each band of what was heard as loud as that of the reference over all frames that were
 * not changed, without the bands on the slopes of its edges and the outermost: they hold now more and now less of a voice. Undefined where it is level, or nothing is kept that could be levelled.
 */
export function levelled(
  { reference, heard, offset, path }: Followed,
  changed: readonly { readonly from: number; readonly to: number }[],
): Pick<Followed, 'reference' | 'heard'> | undefined {
  const [ours, theirs] = [reference.powers, heard.powers];
  if (!ours || !theirs) return undefined;
  const [cross, squares, said] = [new Float64Array(bands), new Float64Array(bands), new Float64Array(bands)];
  for (const [f, d] of path.entries()) {
    const q = f + offset + d;
    const other = changed.some(({ from, to }) => f * frameMs >= from && f * frameMs < to);
    if (other || q < 0 || q >= heard.count || heard.lost?.[q] === 1) continue;
    for (let b = 0; b < bands; b++) {
      const [r, h] = [ours[f * bands + b]!, theirs[q * bands + b]!];
      cross[b] = cross[b]! + r * h;
      squares[b] = squares[b]! + h * h;
      said[b] = said[b]! + Math.abs(reference.values[f * bands + b]!);
    }
  }
  const gains = cross.map((sum, b) => sum / (squares[b]! + 1e-12));
  const usual = [...gains].sort((a, b) => a - b)[bands >> 1]! + 1e-12;
  const carried = (b: number) => (said[b] ?? 0) > 0 && gains[b]! * edge <= usual;
  const bent = gains.some((gain, b) => said[b]! > 0 && (gain * even > usual || gain < usual * even));
  if (!bent) return undefined;
  const inside = Array.from({ length: bands }, (_, b) => b).filter(
    (b) => carried(b) && carried(b - 1) && carried(b + 1),
  );
  const passband = { from: inside[0] ?? 0, to: (inside.at(-1) ?? bands - 1) + 1 };
  const level = gains.map((gain) => Math.max(1 / mostLevelled, Math.min(mostLevelled, gain / usual)));
  const powers = Float32Array.from({ length: heard.count * bands }, (_, n) => theirs[n]! * level[n % bands]!);
  return { reference: through(reference, passband), heard: through({ ...heard, powers }, passband) };
}

const total = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0);

/** A patch that says nothing in these bands. */
export function without(patch: Summed, missing: readonly number[]): Summed {
  const values = patch.values.slice(0, patch.count * bands);
  for (let f = 0; f < patch.count; f++) for (const b of missing) values[f * bands + b] = 0;
  return { ...summed({ count: patch.count, values }), ...(patch.lost ? { lost: patch.lost } : {}) };
}

/** Which pauses of the reference were filled with something as loud as its words, and which of its words drown in what fills them. */
export function levels(frames: readonly number[], active: Uint8Array, { reference, heard, offset, path }: Followed) {
  const theirs = (f: number) => {
    const q = f + offset + path[f]!;
    return q < 0 || q >= heard.count ? 0 : heard.squares[q + 1]! - heard.squares[q]!;
  };
  const ours = (f: number) => reference.squares[f + 1]! - reference.squares[f]!;
  const mean = (power: (f: number) => number) => {
    const loud = frames.filter((f) => active[f] === 1);
    return loud.reduce((sum, f) => sum + power(f), 0) / Math.max(1, loud.length);
  };
  const [spoken, gain] = [mean(theirs), mean(theirs) / (mean(ours) + 1e-12)];
  const pauses = frames
    .filter((f) => active[f] === 0)
    .map(theirs)
    .sort((a, b) => a - b);
  const noise = pauses.length < leastPauses ? 0 : pauses[pauses.length >> 1]!;
  return {
    filled: (f: number) => active[f] === 0 && theirs(f) > loudPause * spoken,
    masked: (f: number) => gain * ours(f) < drowned * noise,
  };
}
