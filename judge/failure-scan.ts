import { logChoose } from './distribution.ts';
import { extremeZ } from './rank-test.ts';
import { type Scan, type Split, shortest } from './scan.ts';

/** Scans splits of a series of outcomes (1 failed, 0 passed) by Fisher's exact tail, as a z: on the safe side of the rank scan's null law, because it is discrete. */
export class FailureScan implements Scan {
  readonly length: number;
  readonly #sums: Int32Array;

  constructor(failed: ArrayLike<number>) {
    this.length = failed.length;
    this.#sums = new Int32Array(failed.length + 1);
    for (let i = 0; i < failed.length; i++) this.#sums[i + 1] = this.#sums[i]! + failed[i]!;
  }

  best(from: number, to: number): Split | undefined {
    const length = to - from;
    const all = this.#sums[to]! - this.#sums[from]!;
    if (length < 2 * shortest) return undefined;
    let best: Split = { from, to, at: from + shortest, z: 0, up: true };
    if (all === 0 || all === length) return best;
    const scatter = (all / length) * (1 - all / length);
    for (let m = shortest; m <= length - shortest; m++) {
      const n = length - m;
      const right = this.#sums[to]! - this.#sums[from + m]!;
      const away = right - (n * all) / length;
      const rough = (Math.abs(away) - 0.5) / Math.sqrt((scatter * m * n) / (length - 1));
      if (rough <= best.z * 0.7) continue;
      const up = away > 0;
      const p = up ? tail(right, n, { all, length }) : tail(all - right, m, { all, length });
      const z = p >= 0.5 ? 0 : extremeZ(p);
      if (z > best.z) best = { from, to, at: from + m, z, up };
    }
    return best;
  }
}

/** P(X >= k), X hypergeometric: failures in a draw of `drawn` from `length` tries with `all` failures. */
function tail(k: number, drawn: number, { all, length }: { readonly all: number; readonly length: number }): number {
  const whole = logChoose(length, drawn);
  let sum = 0;
  for (let i = k; i <= Math.min(all, drawn); i++) {
    if (drawn - i > length - all) continue;
    const term = Math.exp(logChoose(all, i) + logChoose(length - all, drawn - i) - whole);
    sum += term;
    if (term < sum * 1e-12) break;
  }
  return Math.min(1, Math.max(sum, 1e-300));
}
