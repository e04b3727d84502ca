import { bands } from './features.ts';
import { bandsOfLine, type Followed, frameMs, levelled, levels, without } from './line.ts';
import { correlation, type Summed, slice } from './match.ts';

/** A stretch of the reference that sounded otherwise, ms from its start. */
export interface ChangedRegion {
  readonly from: number;
  readonly to: number;
  /** 0-1 */
  readonly similarity: number;
}

export interface Warp {
  /** Correlation along the path. */
  readonly score: number;
  /** Share of the active frames that sound alike. */
  readonly coverage: number;
  /** Share that is there, be it under noise. */
  readonly present: number;
  /** Audio inserted (+) or lost (−) on the way, at ms of the reference. */
  readonly jumps: readonly { readonly at: number; readonly ms: number }[];
  /** Shift of the first and of the last active frame against the rigid place, ms. */
  readonly first: number;
  readonly last: number;
  readonly changed: readonly ChangedRegion[];
}

const around = 6;
const alike = 0.8;
/** A line that changes so little shows more. */
const clean = 0.97;
const unlike = 0.72;
/** Under noise a word falls to this, another word to less than half of it. */
const there = 0.65;
const another = 0.4;
const margin = 0.15;
const leastChanged = 240;
const turn = 2;
const turnEach = 0.05;

/** Follows a reference through what was heard with a play of ±120 ms (`slack` frames): same words, same timing? */
export function warp(reference: Summed, heard: Summed, offset: number, { slack = 6 } = {}): Warp {
  const followed = follow(reference, heard, offset, slack);
  const { path, changed } = followed;
  if (changed.length === 0) return followed;
  const begin = Math.max(0, offset - slack);
  const part = slice(heard, ...within(heard, offset - slack, reference.count + 2 * slack));
  const words = { reference, heard: part, offset: offset - slack - begin, path };
  const plain = { reference, heard: part };
  const level = levelled(words, changed);
  const looks = (level ? [plain, level] : [plain]).map((both) => {
    const missing = bandsOfLine({ ...words, ...both }, changed);
    if (both === plain && missing.length === 0) return followed;
    return follow(without(both.reference, missing), without(both.heard, missing), offset - begin, slack);
  });
  return looks.reduce((best, look) => (look.coverage > best.coverage ? look : best), followed);
}

const within = (heard: Summed, from: number, length: number): [number, number] => {
  const first = Math.max(0, from);
  return [first, Math.max(first, Math.min(heard.count, from + length))];
};

function follow(reference: Summed, heard: Summed, offset: number, slack: number): Warp & { readonly path: Uint8Array } {
  const active = activeFrames(reference);
  const shifts = 2 * slack + 1;
  const similarity = Array.from({ length: shifts }, (_, d) => similarityAt(reference, heard, offset + d - slack));
  const path = bestPath(similarity, active);
  const along = (f: number) => similarity[path[f]!]![f]!;
  const came = (f: number) => heard.lost?.[f + offset - slack + path[f]!] !== 1;
  const words = { reference, heard, offset: offset - slack, path };
  const all = Array.from({ length: reference.count }, (_, f) => f).filter(came);
  const { filled, masked } = levels(all, active, words);
  const frames = all.filter((f) => active[f] === 1 && !masked(f));
  const spoken = all.filter((f) => (active[f] === 1 && !masked(f)) || filled(f));
  const share = (least: number) => frames.filter((f) => along(f) >= least).length / Math.max(1, frames.length);
  const turns = jumps(path, frames);
  return {
    path,
    score: scoreAlong(reference, heard, { offset: offset - slack, path }),
    coverage: share(alike),
    present: share(there),
    jumps: turns,
    first: (path[frames[0] ?? 0]! - slack) * frameMs,
    last: (path[frames.at(-1) ?? 0]! - slack) * frameMs,
    changed: [...regions(spoken, along), ...otherLength(turns, words)].sort((a, b) => a.from - b.from),
  };
}

const leastPower = 0.15;
const repetition = 0.8;
/** Frames with at least 1 % of the loudest frame's energy. */
export function activeFrames({ count, squares }: Summed): Uint8Array {
  let most = 0;
  for (let f = 0; f < count; f++) most = Math.max(most, squares[f + 1]! - squares[f]!);
  return Uint8Array.from({ length: count }, (_, f) => (squares[f + 1]! - squares[f]! >= most * 0.01 ? 1 : 0));
}

/** For each frame the normalised correlation of the ±120 ms around it, at one shift. */
function similarityAt(reference: Summed, heard: Summed, shift: number): Float64Array {
  const { count } = reference;
  const dots = new Float64Array(count + 1);
  const ours = new Float64Array(count + 1);
  const theirs = new Float64Array(count + 1);
  let most = 0;
  for (let f = 0; f < count; f++) {
    const q = f + shift;
    let [dot, square] = [0, 0];
    const mine = reference.squares[f + 1]! - reference.squares[f]!;
    most = Math.max(most, mine);
    ours[f + 1] = ours[f]! + (heard.lost?.[q] === 1 ? 0 : mine);
    if (q >= 0 && q < heard.count && heard.lost?.[q] !== 1) {
      for (let b = 0; b < bands; b++) dot += reference.values[f * bands + b]! * heard.values[q * bands + b]!;
      square = heard.squares[q + 1]! - heard.squares[q]!;
    }
    dots[f + 1] = dots[f]! + dot;
    theirs[f + 1] = theirs[f]! + square;
  }
  return Float64Array.from({ length: count }, (_, f) => {
    const [from, to] = [Math.max(0, f - around), Math.min(count, f + around + 1)];
    const floor = 1e-4 * most;
    return (
      (dots[to]! - dots[from]!) / Math.sqrt((ours[to]! - ours[from]! + floor) * (theirs[to]! - theirs[from]! + floor))
    );
  });
}

/** Viterbi: the shift of each frame that gains most, every turn having its price. */
function bestPath(similarity: readonly Float64Array[], active: Uint8Array): Uint8Array {
  const count = active.length;
  const shifts = similarity.length;
  const from = new Uint8Array(count * shifts);
  let scores = new Float64Array(shifts);
  for (let f = 0; f < count; f++) {
    const next = new Float64Array(shifts);
    for (let d = 0; d < shifts; d++) {
      let [best, source] = [scores[d]!, d];
      for (let e = 0; e < shifts; e++) {
        const value = scores[e]! - turn - turnEach * Math.abs(d - e);
        if (e !== d && value > best) [best, source] = [value, e];
      }
      next[d] = best + (active[f] === 1 ? similarity[d]![f]! : 0);
      from[f * shifts + d] = source;
    }
    scores = next;
  }
  const path = new Uint8Array(count);
  let d = scores.reduce((best, score, n) => (score > scores[best]! ? n : best), shifts >> 1);
  for (let f = count - 1; f >= 0; f--) {
    path[f] = d;
    d = from[f * shifts + d]!;
  }
  return path;
}

function scoreAlong(reference: Summed, heard: Summed, { offset, path }: { offset: number; path: Uint8Array }): number {
  const ours = new Float64Array(bands);
  const theirs = new Float64Array(bands);
  let [dot, rr, qq, length] = [0, 0, 0, 0];
  for (const [f, d] of path.entries()) {
    const q = f + offset + d;
    if (q < 0 || q >= heard.count || heard.lost?.[q] === 1) continue;
    length += 1;
    for (let b = 0; b < bands; b++) {
      const [x, y] = [reference.values[f * bands + b]!, heard.values[q * bands + b]!];
      ours[b] = ours[b]! + x;
      theirs[b] = theirs[b]! + y;
      dot += x * y;
      rr += x * x;
      qq += y * y;
    }
  }
  for (let b = 0; b < bands && length > 0; b++) {
    dot -= (ours[b]! * theirs[b]!) / length;
    rr -= ours[b]! ** 2 / length;
    qq -= theirs[b]! ** 2 / length;
  }
  return rr <= 1e-9 || qq <= 1e-9 ? 0 : dot / Math.sqrt(rr * qq);
}

function jumps(path: Uint8Array, frames: readonly number[]): Warp['jumps'] {
  const found: { at: number; ms: number }[] = [];
  for (const [n, f] of frames.entries()) {
    const before = frames[n - 1];
    if (before === undefined || path[f] === path[before]) continue;
    found.push({ at: f * frameMs, ms: (path[f]! - path[before]!) * frameMs });
  }
  return found;
}

const leastWord = 160;
const near = 400;

/** Words put in or left out without any of the others being unlike: turns of a syllable and more that are no silence and no repetition. */
function otherLength(turns: Warp['jumps'], words: Followed): readonly ChangedRegion[] {
  const groups: { at: number; ms: number }[] = [];
  for (const { at, ms } of turns) {
    const last = groups.at(-1);
    if (last && at - last.at < near) last.ms += ms;
    else groups.push({ at, ms });
  }
  return groups
    .filter(({ at, ms }) => Math.abs(ms) >= leastWord && (ms < 0 || isSpeech(at / frameMs, ms / frameMs, words)))
    .map(({ at, ms }) => ({ from: Math.max(0, at - Math.max(0, -ms)), to: at, similarity: 0 }));
}

/** The `count` frames that were put in before frame `f` of the reference: as loud as the rest, and not what was just heard. */
function isSpeech(f: number, count: number, { heard, offset, path }: Followed): boolean {
  const end = f + offset + path[f]!;
  const [begin, first] = [end - count, offset + path[0]!];
  if (begin < 0 || end > heard.count) return false;
  const power = (from: number, to: number) => (heard.squares[to]! - heard.squares[from]!) / Math.max(1, to - from);
  const last = Math.min(heard.count, path.length + offset + path.at(-1)!);
  if (power(begin, end) < power(Math.max(0, first), last) * leastPower) return false;
  const again = begin < count ? 0 : correlation(heard, heard, { r: begin - count, q: begin, length: count });
  return again < repetition;
}

/**
 * Runs of active frames that are not alike; inactive ones between them neither end nor lengthen a run. On a line that
 * leaves the rest as it was, less and shorter unlikeness is a change.
 */
function regions(frames: readonly number[], along: (f: number) => number): readonly ChangedRegion[] {
  const usual = frames.map(along).sort((a, b) => a - b)[frames.length >> 1] ?? 0;
  const least = Math.max(alike, usual - margin);
  const short = usual >= clean ? leastChanged / 2 : leastChanged;
  const found: ChangedRegion[] = [];
  let run: number[] = [];
  const end = () => {
    const ms = run.length * frameMs;
    const similarity = run.reduce((sum, f) => sum + along(f), 0) / Math.max(1, run.length);
    if (ms >= leastChanged || (ms >= short && similarity < unlike) || (ms >= leastWord && similarity < another))
      found.push({ from: run[0]! * frameMs, to: (run.at(-1)! + 1) * frameMs, similarity });
    run = [];
  };
  for (const f of frames) {
    if (along(f) < least) run.push(f);
    else end();
  }
  end();
  return found;
}
