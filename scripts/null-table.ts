// Makes judge/null-table.json: upper quantiles of the scan statistic when nothing changed, by simulation with uniforms. About 15 minutes on one core.
import { writeFileSync } from 'node:fs';
import { seeded } from '../core/random.ts';
import { scanStatistic, shortest } from '../judge/scan.ts';

const seed = 20_260_301;
const replicates = 20_000;
const alphas = [0.5, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005];
const lengths = [
  10, 11, 12, 13, 14, 15, 16, 18, 20, 23, 26, 30, 35, 40, 50, 60, 75, 100, 125, 150, 200, 300, 500, 800, 1200, 2000,
];

/** The least value t of the sample with P(T >= t) <= alpha, rounded up. */
const critical = (descending: Float64Array, alpha: number): number => {
  const allowed = Math.floor(alpha * descending.length + 1e-9);
  let place = allowed - 1;
  while (place >= 0 && descending[place] === descending[allowed]) place--;
  const t = place < 0 ? descending[0]! + 0.05 : descending[place]!;
  return Math.ceil(t * 1000 - 1e-6) / 1000;
};

const rows = lengths.map((n) => {
  const draw = seeded(seed + n);
  const found = new Float64Array(replicates);
  for (let i = 0; i < replicates; i++) found[i] = scanStatistic(Float64Array.from({ length: n }, draw));
  found.sort().reverse();
  const row = alphas.map((alpha) => critical(found, alpha));
  console.error(`n ${n}: ${row.join(' ')}`);
  return { n, critical: row };
});
const text = JSON.stringify({
  seed,
  replicates,
  shortest,
  alphas,
  rows: rows.map(({ n, critical: row }) => [n, ...row]),
});
writeFileSync(new URL('../judge/null-table.json', import.meta.url), `${text}\n`);
