import { expect, test } from 'vitest';
import { dice } from '../../bench/judge/world.ts';
import { findingLine, summaryLine } from '../../runners/analyze/line.ts';
import { terminal } from './analyze-terminal.ts';

const start = Date.UTC(2026, 0, 1);
const gate = ['analyze', '-', '--kind', 'gate'];

/** Ten batches of five runs an hour apart; the last two are the candidate. */
function rows(change: (series: number) => number, series = 12): string[] {
  const throws = dice(5);
  return Array.from({ length: series * 50 }, (_, i) => {
    const [which, run] = [Math.floor(i / 50), i % 50];
    const batch = Math.floor(run / 5);
    const value = Math.exp(0.1 * throws.normal()) * (batch >= 8 ? 1 + change(which) : 1);
    return `s${which},${start + batch * 3_600_000 + (run % 5) * 1000},${value},job ${batch},${batch >= 8 ? 'candidate' : 'baseline'}`;
  });
}
const header = 'series,timestamp,value,batch,side';
const csv = (lines: readonly string[], head = header) => `${[head, ...lines].join('\n')}\n`;
const parsed = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('one line a series, a summary last, exit 4 when one is worse; the lines follow the published schema', async () => {
  const { code, out, err } = await terminal([...gate, '--json'], csv(rows((s) => (s === 4 ? 0.6 : 0))));
  const lines = parsed(out);
  expect([code, err, lines.length]).toEqual([4, '', 13]);
  for (const line of lines.slice(0, -1)) findingLine.parse(line);
  expect(summaryLine.parse(lines.at(-1))).toMatchObject({
    summary: true,
    series: 12,
    samples: 600,
    skipped: 0,
    findings: 1,
  });
  const found = lines.filter(({ verdict }) => verdict === 'regressed');
  expect(found).toMatchObject([
    {
      series: 's4',
      at: start + 8 * 3_600_000,
      detected: start + 9 * 3_600_000 + 4000,
      until: null,
      before: { n: 40 },
      after: { n: 10 },
    },
  ]);
});

test('the order of rows and columns does not matter, and the same file gives the same bytes', async () => {
  const lines = rows((s) => (s === 4 ? 0.6 : 0));
  const first = await terminal([...gate, '--json'], csv(lines));
  const turned = lines.map((line) => line.split(',').reverse().join(','));
  const second = await terminal([...gate, '--json'], csv(turned, header.split(',').reverse().join(',')));
  expect(second).toEqual(first);
  const later = [...lines].sort((a, b) => b.localeCompare(a));
  expect(await terminal([...gate, '--json'], csv(later))).toEqual(first);
});

test('--at splits where no side is given; batches are then found by gaps and said', async () => {
  const lines = rows((s) => (s === 4 ? 0.6 : 0)).map((line) => line.split(',').slice(0, 3).join(','));
  const { code, out } = await terminal(
    [...gate, '--json', '--at', '2026-01-01T08:00:00Z'],
    csv(lines, 'series,timestamp,value'),
  );
  expect(code).toBe(4);
  const found = parsed(out)[4];
  expect(found).toMatchObject({ series: 's4', verdict: 'regressed', confirmed: true });
  expect(found.notes[0]).toBe('no batches given: split at gaps in time into 8 and 2');
});

test('an improvement ends with 0', async () => {
  const { code, out } = await terminal([...gate, '--json'], csv(rows((s) => (s === 4 ? -0.4 : 0))));
  expect(code).toBe(0);
  expect(parsed(out)[4]).toMatchObject({ verdict: 'improved' });
});

test('neither side nor --at, and unknown words, end with 2', async () => {
  const plain = csv(['a,2026-01-01,1'], 'series,timestamp,value');
  expect(await terminal(gate, plain)).toMatchObject({ code: 2, out: '' });
  expect((await terminal([...gate, '--scale', 'cubic'], plain)).err).toContain('--scale cubic is not known');
  expect((await terminal(['analyze', '-'], plain)).err).toContain('--kind is missing');
  expect((await terminal(['analyze', '/nowhere.csv', '--kind', 'history'])).code).toBe(2);
  expect((await terminal([...gate, '--at', 'yesterday'], plain)).err).toContain('“yesterday” is not a time');
  expect((await terminal([...gate, '--at', '2026-01-01', '--floor', '5'], plain)).err).toContain(
    'write 5% for per cent',
  );
});

test('the first five faults are named with line and column, and how many more there are', async () => {
  const bad = csv(
    [
      'a,2026-01-01T00:00:00Z,1',
      'a,1767225600,2',
      'a,1767225600000,NaN',
      'a,01/02/2026,"1,5"',
      ',2026-02-30,3',
      'b,2026-01-01,1e3,7',
      '"b,c",x,0x10',
    ],
    'series,timestamp,value',
  );
  const { code, out, err } = await terminal([...gate, '--at', '2026-01-01', '--json'], bad);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatchInlineSnapshot(`
    "<stdin>:3:3 1767225600 looks like epoch seconds
        hint: ISO 8601 (2026-03-01T14:05:00Z) or epoch milliseconds
    <stdin>:4:3 epoch milliseconds, but line 2 has ISO 8601
        hint: one format in a column
    <stdin>:4:17 “NaN” is not a number
        hint: leave it empty where the sample is missing
    <stdin>:5:3 “01/02/2026” is not a time
        hint: ISO 8601 (2026-03-01T14:05:00Z) or epoch milliseconds
    <stdin>:5:14 “1,5” is not a number
        hint: write the decimal point as a point
    and 5 more faults
    "
  `);
});

test('headers and files that cannot be read say why', async () => {
  const err = async (text: string) => (await terminal([...gate, '--at', '2026-01-01'], text)).err;
  expect(await err('')).toContain('<stdin>:1:1 the file is empty');
  expect(await err('serie,timestamp,value\n')).toContain('the column series is missing\n    hint: is “serie” meant?');
  expect(await err('series,timestamp,value,value\n')).toContain('<stdin>:1:24 the column value is there twice');
  expect(await err('series,timestamp,value\na,2026-01-01,"1\n')).toContain('a quoted field is not closed');
});

test('BOM, semicolons, CRLF, exponents, zones and empty values are read', async () => {
  const text = '\uFEFFseries;timestamp;value\r\na;2026-01-01T01:00:00+01:00;1e3\r\na;2026-01-01 01:00;\r\n';
  const { code, out } = await terminal([...gate, '--at', '1767225600000', '--json'], text);
  expect(code).toBe(0);
  expect(parsed(out)).toMatchObject([
    { verdict: 'too-few', after: { n: 1, median: 1000 } },
    { series: 1, samples: 1, skipped: 1 },
  ]);
});

test('with --scale log values of 0 and below are left out and counted; auto takes the linear scale then', async () => {
  const lines = rows(() => 0, 1).map((line, i) => (i === 3 ? line.replace(/,[\d.]+,job/, ',0,job') : line));
  const log = parsed((await terminal([...gate, '--json', '--scale', 'log'], csv(lines))).out);
  expect(log).toMatchObject([
    { scale: 'log', before: { n: 39 } },
    { samples: 50, skipped: 1 },
  ]);
  const auto = parsed((await terminal([...gate, '--json'], csv(lines))).out);
  expect(auto).toMatchObject([{ scale: 'linear', ratio: null, before: { n: 40 } }, { skipped: 0 }]);
  expect(auto[0].low).toBeLessThan(auto[0].difference);
});

test('people get sentences', async () => {
  const { out } = await terminal(gate, csv(rows((s) => (s === 0 ? 0.6 : 0), 2)));
  expect(out).toMatchInlineSnapshot(`
    "✕ “s0” rose from 1.02 to 1.67 (typical value +64 %, 95 % CI +52 to +74 %), which is worse; 40 before, 10 after; 1 of 2 comparisons flagged at a false discovery rate of 5 % (BH)
    ○ undecided for “s1”: could be −8.7 to +6.3 %; about 20 runs in 1 job would settle ±10 %; 40 before, 10 after; 1 of 2 comparisons flagged at a false discovery rate of 5 % (BH)
    1 finding in 2 series, 100 samples; 2 comparisons at a false discovery rate of 5 % (BH, confirmed at 1 %)
    "
  `);
});

test('neighbours that are alike do not confirm what is not there, and +50 % among them is found', async () => {
  const throws = dice(21);
  const series = (name: string, size: number) => {
    let level = throws.normal();
    return Array.from({ length: 60 }, (_, i) => {
      level = 0.6 * level + 0.8 * throws.normal();
      return `${name},${start + i * 3_600_000},${Math.exp(0.1 * level) * (i >= 36 ? 1 + size : 1)}`;
    });
  };
  const all = Array.from({ length: 60 }, (_, k) => series(k < 50 ? `same ${k}` : `slow ${k}`, k < 50 ? 0 : 0.5)).flat();
  const at = ['--at', String(start + 36 * 3_600_000)];
  const found = parsed((await terminal([...gate, '--json', ...at], csv(all, 'series,timestamp,value'))).out)
    .filter(({ verdict }) => verdict === 'regressed')
    .map(({ series: name }) => name.slice(0, 4));
  expect(found.filter((name) => name === 'slow').length).toBeGreaterThanOrEqual(9);
  expect(found.filter((name) => name === 'same').length).toBeLessThanOrEqual(1);
});

/** Twelve pairs that share their runner's luck, a tenth slower on the new side; and one that lost its partner. */
function paired(change: number): string[] {
  const throws = dice(9);
  const pairs = Array.from({ length: 12 }, (_, n) => {
    const luck = Math.exp(0.4 * throws.normal());
    const row = (side: string, more: number) =>
      `pay,${start + n * 60_000 + (more > 1 ? 1000 : 0)},${luck * more * Math.exp(0.02 * throws.normal())},p${n},${side}`;
    return [row('baseline', 1), row('candidate', 1 + change)];
  }).flat();
  return [...pairs, `pay,${start + 3_600_000},1,p99,candidate`];
}

test('interleaved runs are judged by the differences within their pairs', async () => {
  const lines = paired(0.15);
  const { code, out } = await terminal([...gate, '--json'], csv(lines, 'series,timestamp,value,pair,side'));
  const [found, summary] = parsed(out);
  findingLine.parse(found);
  expect([code, summary.samples, summary.skipped]).toEqual([4, 25, 1]);
  expect(found).toMatchObject({ verdict: 'regressed', confirmed: true, at: start + 1000, before: { n: 12 } });
  expect(found.sentence).toContain('12 interleaved pairs: what both sides share cancels');
  const turned = await terminal([...gate, '--json'], csv(lines.toReversed(), 'series,timestamp,value,pair,side'));
  expect(turned).toEqual({ code, out, err: '' });
  const apart = lines.map((line) => line.replace(/,p\d+,/, ','));
  expect(parsed((await terminal([...gate, '--json'], csv(apart, 'series,timestamp,value,side'))).out)[0].verdict).toBe(
    'undecided',
  );
});

test.each([
  [
    ['pay,2026-01-01T00:00:00Z,1,a,baseline', 'pay,2026-01-01T00:00:01Z,1,a,baseline'],
    'pair,side',
    'pair a of pay has two values on one side',
  ],
  [['pay,2026-01-01T00:00:00Z,1,a,'], 'pair,batch', 'pairs need to know which of the two is which'],
  [['pay,2026-01-01T00:00:00Z,1,a,passed'], 'pair,outcome', 'pairs have values, not outcomes'],
])('%j with %s is refused', async (lines, columns, said) => {
  const words = [...gate, '--at', '2026-01-01T00:00:00Z'];
  const { code, err } = await terminal(words, csv(lines, `series,timestamp,value,${columns}`));
  expect([code, err]).toEqual([2, expect.stringContaining(said)]);
});

test('a slow path that few take is found by its tail, told and never confirmed', async () => {
  const throws = dice(6);
  const lines = Array.from({ length: 3000 }, (_, n) => {
    const [i, name] = [n % 300, n < 300 ? 'pay' : `steady ${Math.floor(n / 300)}`];
    const fresh = i >= 200;
    const rare = name === 'pay' && fresh ? 0.15 : 0.02;
    const value = Math.exp(0.2 * throws.normal()) * (throws.unit() < rare ? 3 : 1);
    return `${name},${start + i * 60_000},${value},job ${Math.floor(i / 20)},${fresh ? 'candidate' : 'baseline'}`;
  });
  const { code, out } = await terminal([...gate, '--json'], csv(lines));
  const [found, ...rest] = parsed(out).slice(0, -1);
  findingLine.parse(found);
  expect(code).toBe(0);
  expect(rest.some(({ verdict }) => verdict === 'regressed')).toBe(false);
  expect(found).toMatchObject({
    verdict: 'regressed',
    confirmed: false,
    type: 'tail',
    tail: { percentile: 95, before: { n: 200 }, after: { n: 100 } },
  });
  expect(found.sentence).toMatch(
    /^p95 of “pay” rose from 1\.\d+ to (2|3)\.\d+ .*beyond the old p95: \d+ of 100, before 10 of 200/,
  );
});
