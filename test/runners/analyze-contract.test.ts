import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { course, dice } from '../../bench/judge/world.ts';
import { terminal } from './analyze-terminal.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 5);
const change = start + 200 * hour;
const published = new URL('../../docs/guide/analyze.schema.json', import.meta.url);
const valid = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(published, 'utf8')));

type Cell = number | '';
const rowsOf = (series: string, values: readonly Cell[], outcome?: (i: number) => string) =>
  values.map((value, i) => `${series},${start + i * hour},${value}${outcome ? `,${outcome(i)}` : ''}`);

async function judged(
  kind: string,
  rows: readonly string[],
  { more = [] as string[], head = 'series,timestamp,value' } = {},
) {
  const at = kind === 'gate' || kind === 'marker' ? ['--at', String(change)] : [];
  const said = await terminal(
    ['analyze', '-', '--kind', kind, '--json', ...at, ...more],
    `${[head, ...rows].join('\n')}\n`,
  );
  const lines = said.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const line of lines) expect(valid(line), JSON.stringify(valid.errors)).toBe(true);
  return { ...said, lines: lines.slice(0, -1), summary: lines.at(-1) };
}

const noise = (seed: number, n = 300) => [...course(dice(seed), { n, sigma: 0.1 })];
const kinds = ['gate', 'marker', 'history', 'incident'] as const;

/** Series in which nothing changed, each odd in its own way. */
const odd: Readonly<Record<string, readonly Cell[]>> = {
  one: [4],
  two: [4, 5],
  equal: Array.from({ length: 300 }, () => 7),
  missing: noise(1).map((value, i) => (i % 10 === 0 ? value : '')),
  nothing: Array.from({ length: 300 }, () => ''),
  quantised: noise(2).map((value) => Math.round(value * 4) / 4),
  two_values: noise(3).map((value) => (value > 4 ? 5 : 4)),
  outlier: noise(4).map((value, i) => (i === 150 || i === 230 ? value * 50 : value)),
  negative: noise(5).map((value) => -value),
  huge: noise(6).map((value) => value * 1e300),
  tiny: noise(7).map((value) => value * 1e-300),
  around_zero: noise(8).map((value) => value - 4),
  modes: noise(9).map((value, i) => ((i * 7919) % 10 < 3 ? value * 10 : value)),
};

test.each(kinds)('%s: odd series in which nothing changed give no finding, and end with 0', async (kind) => {
  const rows = Object.entries(odd).flatMap(([name, values]) => rowsOf(name, values));
  const { code, lines, summary, err } = await judged(kind, rows);
  const found = lines.filter(({ verdict }) => verdict === 'regressed' || verdict === 'improved');
  expect([found.map(({ series }) => series), code, err]).toEqual([[], 0, '']);
  expect(lines.length).toBe(kind === 'gate' || kind === 'marker' ? Object.keys(odd).length : 0);
  expect(summary).toMatchObject({ series: Object.keys(odd).length, findings: 0 });
  expect(summary.samples + summary.skipped).toBe(rows.length);
});

test.each(kinds)(
  '%s: a step of 50 % at a known time is found at a timestamp of the series, and ends with 4',
  async (kind) => {
    const values = noise(11).map((value, i) => (i >= 200 ? value * 1.5 : value));
    const { code, lines } = await judged(kind, rowsOf('pay', values));
    expect(code).toBe(4);
    const [line] = lines;
    expect(line).toMatchObject({ series: 'pay', kind, verdict: 'regressed', until: null });
    expect(line.type).toBe(kind === 'incident' ? 'spike' : 'step');
    expect(Math.abs(line.at - change)).toBeLessThanOrEqual(2 * hour);
    expect((line.at - start) % hour).toBe(0);
    expect(line.detected).toBeGreaterThanOrEqual(line.at);
    expect([line.low < 1.5, line.high > 1.3]).toEqual([true, true]);
  },
);

test.each(kinds)('%s: where higher is better the same step is no regression', async (kind) => {
  const values = noise(11).map((value, i) => (i >= 200 ? value * 1.5 : value));
  const rows = rowsOf('mos', values).map((row) => `${row},higher`);
  const head = 'series,timestamp,value,better';
  const { code, lines } = await judged(kind, rows, { head, more: kind === 'incident' ? ['--both'] : [] });
  expect(code).toBe(0);
  expect(lines[0]).toMatchObject({ verdict: 'improved', series: 'mos' });
  if (kind === 'incident') expect((await judged(kind, rows, { head })).lines).toEqual([]);
});

test.each(['gate', 'marker'])('%s: failures beside unchanged values are one finding with both nested', async (kind) => {
  const rows = rowsOf('login', noise(12), (i) => (i >= 200 && i % 3 === 0 ? 'failed' : 'passed'));
  const { code, lines } = await judged(kind, rows, { head: 'series,timestamp,value,outcome' });
  expect([code, lines.length]).toEqual([4, 1]);
  expect(lines[0]).toMatchObject({
    verdict: 'regressed',
    type: 'failures',
    ratio: null,
    details: { values: { type: null }, failures: { verdict: 'regressed' } },
  });
});

test.each(['marker', 'incident'])('%s: one late zero does not change the scale', async (kind) => {
  const values = noise(13).map((value, i) => (i === 290 ? 0 : i >= 200 ? value * 1.5 : value));
  const { lines, summary } = await judged(kind, rowsOf('pay', values));
  expect(lines[0]).toMatchObject({ verdict: 'regressed', scale: 'log' });
  expect(summary.skipped).toBe(1);
});

test('history: what went away again is one finding with its end', async () => {
  const values = noise(14).map((value, i) => (i >= 120 && i < 180 ? value * 1.5 : value));
  const { lines } = await judged('history', rowsOf('pay', values));
  expect(lines).toMatchObject([{ type: 'went-away', verdict: 'regressed' }]);
  expect(Math.abs(lines[0].until - (start + 180 * hour))).toBeLessThanOrEqual(3 * hour);
});

test('a floor of 0 % is allowed, and a greater floor silences what is smaller', async () => {
  const values = noise(15).map((value, i) => (i >= 200 ? value * 1.12 : value));
  expect((await judged('history', rowsOf('a', values), { more: ['--floor', '0%'] })).code).toBe(4);
  expect((await judged('history', rowsOf('a', values), { more: ['--floor', '30%'] })).lines).toEqual([]);
});

test.each(kinds)('%s: the order of rows does not matter, not even of rows of one time', async (kind) => {
  const values = noise(16).map((value, i) => (i >= 200 ? value * 1.4 : value));
  const rows = ['b10', 'b9', 'a'].flatMap((name) =>
    values.map((value, i) => `${name},${start + Math.floor(i / 5) * 5 * hour},${value.toFixed(1)},${i % 5}`),
  );
  const head = 'series,timestamp,value,batch';
  const first = await judged(kind, rows, { head });
  const throws = dice(17);
  const lots = rows.map(() => throws.unit());
  const order = [...rows.keys()].sort((a, b) => lots[a]! - lots[b]!);
  const again = await judged(
    kind,
    order.map((i) => rows[i]!),
    { head },
  );
  expect(again.out).toBe(first.out);
  expect(first.code).toBe(4);
  expect([...new Set(first.lines.map(({ series }) => series))]).toEqual(['a', 'b9', 'b10']);
});

test('rows that repeat another one exactly are counted and said', async () => {
  const rows = rowsOf('pay', noise(18));
  const { summary } = await judged('history', [...rows, ...rows.slice(0, 3)]);
  expect(summary).toMatchObject({ samples: 303, skipped: 0 });
  expect(summary.notes).toEqual(['3 rows repeat others exactly and count as samples of their own']);
});

test('history: batches that share their luck and modes that come and go are no changes; a step over them is', async () => {
  const throws = dice(19);
  let luck = 0;
  let slow = false;
  const many = Array.from({ length: 600 }, (_, i) => {
    if (i % 10 === 0) luck = 0.1 * throws.normal();
    if (throws.unit() > 0.95) slow = !slow;
    const noise = 0.05 * throws.normal();
    return { batches: 4 * Math.exp(luck + noise), modes: (slow ? 1.3 : 1) * Math.exp(noise / 2) };
  });
  const rows = many.flatMap(({ batches, modes }, i) => [
    `batches,${start + i * hour},${batches},job ${Math.floor(i / 10)}`,
    `modes,${start + i * hour},${modes},`,
    `step,${start + i * hour},${batches * (i >= 300 ? 1.5 : 1)},job ${Math.floor(i / 10)}`,
  ]);
  const { lines } = await judged('history', rows, { head: 'series,timestamp,value,batch' });
  expect(lines).toMatchObject([{ series: 'step', verdict: 'regressed', type: 'step' }]);
  expect(Math.abs((lines[0].at - start) / hour - 300)).toBeLessThanOrEqual(5);
});
