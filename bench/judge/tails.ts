import { judgeGate } from '../../judge/gate.ts';
import type { Pair } from '../../judge/pair.ts';
import { withTails } from '../../judge/tail.ts';
import type { Report } from '../report.ts';
import { suite } from './gates.ts';
import { type Dice, dice } from './world.ts';

const options = { floor: 0.05 };
const sigmas = [0.05, 0.15, 0.3];

/** Tail findings per 1,000 stable steps, 200 a suite, σ .05, .15 and .3. */
function falseTails(tau: number): number {
  const throws = dice(1200 + 100 * tau);
  const suites = 15;
  let flagged = 0;
  for (let i = 0; i < suites; i++) {
    const world = { steps: 200, sigma: (place: number) => sigmas[place % 3]!, change: () => 0 };
    const pairs = suite(throws, { ...world, old: 200, fresh: 72, tau });
    flagged += withTails(judgeGate(pairs, options), pairs, options).filter(({ type }) => type === 'tail').length;
  }
  return (1000 * flagged) / (200 * suites);
}

/** A path that takes three times as long and is taken by so many. */
function slowPath({ baseline, candidate }: Pair, throws: Dice, share: number): void {
  for (const [values, often] of [
    [baseline.values, 0.02],
    [candidate.values, share],
  ] as const)
    for (let i = 0; i < values.length; i++) if (throws.unit() < often) values[i]! *= 3;
}

/** How often one of twenty steps, whose slow path is taken by 15 % instead of 2 %, is found by its tail and by its typical value. */
function found(old: number, fresh: number) {
  const throws = dice(1300 + old + fresh);
  const suites = 200;
  let [byTail, byLocation] = [0, 0];
  for (let i = 0; i < suites; i++) {
    const pairs = suite(throws, { steps: 20, sigma: () => 0.15, change: () => 0, old, fresh, tau: 0.05 });
    slowPath(pairs[0]!, throws, 0.15);
    const judged = judgeGate(pairs, options);
    if (judged[0]!.verdict === 'regressed') byLocation += 1;
    else if (withTails(judged, pairs, options)[0]!.type === 'tail') byTail += 1;
  }
  return { byTail: byTail / suites, byLocation: byLocation / suites };
}

/** The tail beside the location: what it costs in false flags, and what it finds. */
export function tails(report: Report): void {
  for (const tau of [0, 0.05, 0.1]) {
    const value = falseTails(tau);
    report({
      figure: `tails flagged falsely, 200 against 72 in one batch, τ ${tau * 100} %`,
      value,
      unit: 'per 1,000',
      goal: '≤ 2',
      holds: value <= 2,
    });
  }
  for (const [old, fresh] of [
    [200, 72],
    [336, 168],
  ] as const) {
    const { byTail, byLocation } = found(old, fresh);
    report({
      figure: `a path of three times the length taken by 15 % instead of 2 %, ${old} against ${fresh}: found by the tail`,
      value: byTail,
      unit: 'share',
      peer: 'typical value alone',
      peerValue: byLocation,
    });
  }
}
