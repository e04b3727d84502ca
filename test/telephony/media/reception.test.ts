import { expect, test } from 'vitest';
import { Reception } from '../../../telephony/media/reception.ts';

/** Packets `from` to `to` at 20 ms, but not those in `without`. */
function receive(reception: Reception, from: number, to: number, without: readonly number[] = []) {
  for (let n = from; n <= to; n++) if (!without.includes(n)) reception.packet(n & 0xffff, n * 20, (n * 160) >>> 0);
}

test('a clean stream has no loss, no jitter, and wraps its sequence', () => {
  const reception = new Reception(1, 8000);
  receive(reception, 65_000, 66_500);
  expect(reception.figures()).toMatchObject({ received: 1501, expected: 1501, lost: 0, jitter: 0, largestGap: 20 });
  expect(reception.highest).toBe(65_536 + 66_500);
});

test('losses are counted in runs, near the end and far behind', () => {
  const reception = new Reception(1, 8000);
  receive(reception, 10, 1009, [50, 51, 52, 400, 1000, 1001]);
  expect(reception.figures()).toMatchObject({ expected: 1000, lost: 6, loss: 0.006, bursts: 3, longestBurst: 3 });
  expect(reception.figures().burstRatio).toBeCloseTo(2 * 0.994, 6);
});

test('a late packet mends its hole, a doubled one counts apart', () => {
  const reception = new Reception(1, 8000);
  receive(reception, 1, 20, [10]);
  expect(reception.packet(10, 430, 1600)).toBe('reordered');
  expect(reception.packet(10, 431, 1600)).toBe('duplicate');
  expect(reception.figures()).toMatchObject({ lost: 0, bursts: 0, reordered: 1, duplicates: 1, received: 20 });
});

test('jitter is the estimator of RFC 3550: a sixteenth of each deviation', () => {
  const reception = new Reception(1, 8000);
  reception.packet(1, 0, 0);
  reception.packet(2, 36, 160);
  expect(reception.figures().jitter).toBeCloseTo(1, 9);
  reception.packet(3, 40, 320);
  expect(reception.figures().jitter).toBeCloseTo(1 + (16 - 1) / 16, 9);
});

test('telephone events count for loss and not for jitter', () => {
  const reception = new Reception(1, 8000);
  receive(reception, 1, 5);
  expect(reception.packet(6, 200)).toBe('next');
  expect(reception.figures()).toMatchObject({ received: 6, jitter: 0 });
});

test('a jump is a stray until the next packet follows it', () => {
  const reception = new Reception(1, 8000);
  receive(reception, 1, 5);
  expect(reception.packet(20_000, 120, 0)).toBe('stray');
  expect(reception.packet(6, 140, 960)).toBe('next');
  expect(reception.packet(30_000, 160, 0)).toBe('stray');
  expect(reception.packet(30_001, 180, 160)).toBe('restart');
});

test('a report tells the share lost since the one before', () => {
  const reception = new Reception(1, 8000);
  receive(reception, 0, 99, [3, 4, 5, 6]);
  expect(reception.report()).toEqual({ fractionLost: Math.floor((4 * 256) / 100), lost: 4 });
  receive(reception, 100, 199);
  expect(reception.report()).toEqual({ fractionLost: 0, lost: 4 });
});
