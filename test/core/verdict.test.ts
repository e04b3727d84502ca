import { expect, test } from 'vitest';
import { worst } from '../../core/verdict.ts';

test('degraded never hides a failure, broken is never green', () => {
  expect(worst(['passed', 'degraded', 'failed'])).toBe('failed');
  expect(worst(['passed', 'broken', 'degraded'])).toBe('broken');
  expect(worst(['passed', 'skipped'])).toBe('passed');
  expect(worst([])).toBe('skipped');
});
