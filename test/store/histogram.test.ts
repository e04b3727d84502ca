import { expect, test } from 'vitest';
import { seeded } from '../../core/random.ts';
import { Histogram } from '../../store/histogram.ts';

const random = seeded(42);
const exact = (sorted: readonly number[], p: number) => sorted[Math.floor(p * (sorted.length - 1))] ?? Number.NaN;
const quantiles = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];

/** Log-normal, heavy-tailed, two modes, tiny, huge, constant, signed. */
const worlds: Readonly<Record<string, () => number>> = {
  usual: () => 400 * Math.exp(0.5 * (random() + random() + random() - 1.5)),
  tail: () => 1 / (random() + 1e-9),
  modes: () => (random() < 0.5 ? 120 : 4_000) * (1 + random() / 10),
  tiny: () => random() * 1e-6,
  huge: () => random() * 1e300,
  constant: () => 250,
  signed: () => (random() - 0.5) * 1_000,
};

test.each(Object.entries(worlds))(
  '%s: every quantile within 1 %% of the value at its rank, after any way through merging and bytes',
  (_, draw) => {
    for (const n of [1, 2, 14, 1_000, 20_000]) {
      const values = Array.from({ length: n }, draw);
      const whole = Histogram.of(values);
      const parts = [0, 1, 2].map((part) => Histogram.of(values.filter((__, k) => k % 3 === part)));
      const merged = Histogram.decode(parts[2]?.encode() ?? new Uint8Array());
      for (const part of parts.slice(0, 2)) merged.merge(Histogram.decode(part.encode()));
      expect(merged.n).toBe(n);
      expect(merged.encode()).toEqual(whole.encode());
      values.sort((a, b) => a - b);
      for (const p of quantiles) {
        const [found, truth] = [merged.quantile(p), exact(values, p)];
        expect(Math.abs(found - truth), `n ${n}, p ${p}: ${found} for ${truth}`).toBeLessThanOrEqual(
          0.0100001 * Math.abs(truth),
        );
      }
    }
  },
);

test('zeros are zero, nothing is nothing, counts go beyond 32 bits, and what is no number is refused', () => {
  const zeros = Histogram.of([0, 0, 5]);
  expect(zeros.quantile(0.5)).toBe(0);
  expect(new Histogram().quantile(0.5)).toBeNaN();
  const many = new Histogram();
  many.add(3, 2 ** 40);
  many.add(100, 5);
  expect(Histogram.decode(many.encode()).n).toBe(2 ** 40 + 5);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => zeros.add(bad)).toThrow('cannot hold');
  expect(() => Histogram.decode(Uint8Array.of(9))).toThrow('version 9');
});
