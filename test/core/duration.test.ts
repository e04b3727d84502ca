import { expect, test } from 'vitest';
import { duration, readDuration, showMs } from '../../core/duration.ts';

test.each([
  ['500ms', 500],
  ['8s', 8000],
  ['2.5s', 2500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['0s', 0],
])('%s is %d ms', (text, ms) => {
  expect(readDuration(text)).toBe(ms);
  expect(duration.parse(text)).toBe(ms);
});

test.each(['', '8', '8 s', '-1s', '1e3ms', '.5s', '1d', '8S', '1h30m', ' 8s', '8s\n'])('%j is none', (text) => {
  expect(() => readDuration(text)).toThrow(`\`${text}\` is no duration\n    hint: write 500ms, 8s, 2m or 1h`);
  expect(duration.safeParse(text).error?.issues[0]?.message).toBe('expected a duration as 500ms, 8s, 2m or 1h');
});

test.each([
  [0, '0 ms'],
  [0.1234, '0.123 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [2504, '2.50 s'],
  [9996, '10.0 s'],
  [99_949, '99.9 s'],
  [99_950, '1 min 40 s'],
  [3_599_600, '1 h 0 min'],
  [7_261_000, '2 h 1 min'],
])('%d ms reads as %s', (ms, text) => expect(showMs(ms)).toBe(text));
