import table from './null-table.json' with { type: 'json' };

const { alphas } = table;
const rows = table.rows as readonly (readonly number[])[];

/** P(T >= t) of the scan statistic on n exchangeable values: log p linear in T, and linear in log n between rows; made by scripts/null-table.ts. */
export function scanP(n: number, t: number): number {
  const last = rows.length - 1;
  if (n <= rows[0]![0]!) return rowP(rows[0]!, t);
  if (n >= rows[last]![0]!) return rowP(rows[last]!, t);
  const above = rows.findIndex((row) => row[0]! >= n);
  const [low, high] = [rows[above - 1]!, rows[above]!];
  const share = (Math.log(n) - Math.log(low[0]!)) / (Math.log(high[0]!) - Math.log(low[0]!));
  return Math.exp((1 - share) * Math.log(rowP(low, t)) + share * Math.log(rowP(high, t)));
}

function rowP(row: readonly number[], t: number): number {
  const at = (k: number) => row[k + 1]!;
  if (t < at(0)) return Math.min(1, alphas[0]! + (1 - alphas[0]!) * (1 - Math.max(0, t / at(0))));
  const last = alphas.length - 1;
  if (t >= at(last)) return alphas[last]! * Math.exp(-(t * t - at(last) ** 2) / 2);
  let k = last - 1;
  while (at(k) > t) k--;
  if (at(k + 1) === at(k)) return alphas[k + 1]!;
  const share = (t - at(k)) / (at(k + 1) - at(k));
  return Math.exp(Math.log(alphas[k]!) * (1 - share) + Math.log(alphas[k + 1]!) * share);
}

/** The least t with P(T >= t) <= alpha, by bisection. */
export function scanCritical(n: number, alpha: number): number {
  let low = 0;
  let high = 12;
  for (let step = 0; step < 50; step++) {
    const mid = (low + high) / 2;
    if (scanP(n, mid) <= alpha) high = mid;
    else low = mid;
  }
  return high;
}
