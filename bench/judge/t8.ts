import { judgeGate } from '../../judge/gate.ts';
import { judgeTail } from '../../judge/tail.ts';
import type { Report } from '../report.ts';
import { suite } from './gates.ts';
import { dice } from './world.ts';

const sigmas = [0.05, 0.15, 0.3];
const steps = 20;
const pairs = 4000;

/** Share of intervals of the gate that hold the truth, no change, σ .05, .15 and .3 in one suite, baseline in batches. */
export function covered(
  seed: number,
  world: { readonly old: number; readonly fresh: number; readonly tau: number; readonly size: number },
): number {
  const throws = dice(seed);
  let held = 0;
  for (let i = 0; i < pairs / steps; i++)
    for (const { low, high } of judgeGate(
      suite(throws, { ...world, steps, sigma: (place) => sigmas[place % 3]!, change: () => 0 }),
      { floor: 0.05 },
    ))
      if ((low ?? 0) <= 1 && (high ?? Number.POSITIVE_INFINITY) >= 1) held += 1;
  return held / pairs;
}

/** Share of p95 intervals that hold the truth, σ .3. */
export function tailCovered(
  seed: number,
  { old, fresh, tau }: { readonly old: number; readonly fresh: number; readonly tau: number },
): number {
  const throws = dice(seed);
  const count = 2000;
  let held = 0;
  for (let i = 0; i < count; i++) {
    const [pair] = suite(throws, { steps: 1, sigma: () => 0.3, change: () => 0, old, fresh, tau });
    const { low, high } = judgeTail(pair!)!;
    if (low! <= 1 && high! >= 1) held += 1;
  }
  return held / count;
}

/** T8: how often the interval that is shown holds the truth. */
export function coverage(report: Report): void {
  const within = (value: number, low: number, high: number) => ({
    goal: `${low} to ${high}`,
    holds: value >= low && value <= high,
  });
  for (const tau of [0, 0.02, 0.05, 0.1])
    for (const [old, fresh, size] of [
      [10, 5, 2],
      [20, 5, 5],
      [20, 10, 5],
      [40, 5, 5],
      [40, 10, 5],
      [40, 20, 5],
      [100, 20, 5],
    ] as const) {
      const value = covered(800 + old + fresh, { old, fresh, tau, size });
      report({
        figure: `T8 coverage of the 95 % interval, ${old} against ${fresh}, τ ${tau * 100} %, of ${pairs}`,
        value,
        unit: 'share',
        ...within(value, 0.94, 0.97),
      });
    }
  for (const [old, fresh] of [
    [60, 60],
    [100, 60],
    [168, 72],
    [336, 168],
  ] as const) {
    const value = tailCovered(850 + old, { old, fresh, tau: 0 });
    report({
      figure: `T8 coverage of the p95 ratio, ${old} against ${fresh}, of 2000`,
      value,
      unit: 'share',
      ...within(value, 0.92, 0.98),
    });
  }
}
