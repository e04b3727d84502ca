import { expect, test } from 'vitest';
import { course, dice } from '../../bench/judge/world.ts';
import { findingLine } from '../../runners/analyze/line.ts';
import { terminal } from './analyze-terminal.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 5);
const parsed = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const csv = (lines: readonly string[]) => `series,timestamp,value\n${lines.join('\n')}\n`;

/** Hourly series, some with an incident or a step; a missing value now and then. */
function rows(days: number): { readonly at: number; readonly line: string }[] {
  return [0, 0.6, 1.5, -0.4].flatMap((size, s) => {
    const throws = dice(40 + s);
    const n = days * 24;
    const changes = size === 0 ? [] : [{ at: n - 60, size, ...(s === 2 ? { until: n - 40 } : {}) }];
    const values = course(throws, { n, sigma: 0.1, ar: 0.3, season: 0.2, miss: 0.02, changes });
    return Array.from(values, (value, i) => ({
      at: start + i * hour,
      line: `s${s},${start + i * hour},${Number.isNaN(value) ? '' : value}`,
    }));
  });
}

test('history: findings only, at a timestamp of the series, and a summary of all series', async () => {
  const { code, out } = await terminal(
    ['analyze', '-', '--kind', 'history', '--json'],
    csv(rows(10).map(({ line }) => line)),
  );
  const lines = parsed(out);
  const summary = lines.pop();
  expect(summary).toMatchObject({ summary: true, series: 4, findings: lines.length });
  expect(summary.samples + summary.skipped).toBe(960);
  for (const line of lines) {
    findingLine.parse(line);
    expect(['regressed', 'improved']).toContain(line.verdict);
    expect((line.at - start) % hour).toBe(0);
    expect(line.detected).toBeGreaterThanOrEqual(line.at);
  }
  expect(lines.filter(({ series }) => series === 's1')).toMatchObject([{ verdict: 'regressed', type: 'step' }]);
  expect(code).toBe(4);
});

test.each([
  ['marker', ['--at', new Date(start + 20 * 24 * hour - 60 * hour).toISOString()]],
  ['incident', ['--both']],
])('%s: hiding later rows changes no earlier finding', async (kind, more) => {
  const all = rows(20);
  const last = start + 20 * 24 * hour;
  const judge = async (until: number) => {
    const shown = all.filter((row) => row.at <= until).map(({ line }) => line);
    return parsed((await terminal(['analyze', '-', '--kind', kind, '--json', ...more], csv(shown))).out).slice(0, -1);
  };
  const whole = await judge(last);
  const said = whole.filter(({ detected }) => detected !== null);
  expect(said.length).toBeGreaterThan(1);
  for (let hours = 0; hours <= 66; hours += 11) {
    const until = last - hours * hour;
    const early = (await judge(until)).filter(({ detected }) => detected !== null);
    const open = (line: { until: number | null }) => ({
      ...line,
      until: line.until !== null && line.until > until - 4 * hour ? null : line.until,
    });
    expect(early.map(open)).toEqual(said.filter(({ detected }) => detected <= until).map(open));
  }
});
