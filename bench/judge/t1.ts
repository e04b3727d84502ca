import { judgeGate } from '../../judge/gate.ts';
import type { Pair } from '../../judge/pair.ts';
import type { Report } from '../report.ts';
import { mixed, quiet, type Suite, suite } from './gates.ts';
import { benchstat, kayenta } from './rules.ts';
import { dice } from './world.ts';

const floor = 0.05;
const suites = 200;

type Rule = (pairs: readonly Pair[]) => readonly boolean[];
const rules: Readonly<Record<'ours' | 'benchstat' | 'kayenta', Rule>> = {
  ours: (pairs) => judgeGate(pairs, { floor }).map(({ verdict }) => verdict === 'regressed'),
  benchstat: (pairs) => pairs.map(({ baseline, candidate }) => benchstat(baseline.values, candidate.values)),
  kayenta: (pairs) => pairs.map(({ baseline, candidate }) => kayenta(baseline.values, candidate.values)),
};

interface Tally {
  false: number;
  stable: number;
  readonly found: Map<string, { hits: number; all: number }>;
}

/** Counts false flags among stable steps and hits among changed ones, over seeded suites. */
function tally(
  rule: Rule,
  world: Omit<Suite, 'old' | 'fresh'>,
  { seed, suites }: { readonly seed: number; readonly suites: number },
): Tally {
  const throws = dice(seed);
  const made: Tally = { false: 0, stable: 0, found: new Map() };
  for (let i = 0; i < suites; i++) {
    const pairs = suite(throws, { ...world, old: 40, fresh: 10 });
    rule(pairs).forEach((hit, place) => {
      const size = world.change(place);
      if (size === 0) {
        made.stable += 1;
        if (hit) made.false += 1;
        return;
      }
      const key = `${size}/${[0.05, 0.15, 0.3][place % 3]}`;
      const cell = made.found.get(key) ?? { hits: 0, all: 0 };
      cell.all += 1;
      if (hit) cell.hits += 1;
      made.found.set(key, cell);
    });
  }
  return made;
}

const worlds = [
  { name: 'B1', world: mixed },
  { name: 'σ about .01', world: quiet },
] as const;

/** Powers that have a goal, by size and deviation. */
const powers = [
  { key: '0.5/0.15', goal: 0.95, taus: [0, 0.05] },
  { key: '0.1/0.05', goal: 0.9, taus: [0] },
] as const;

/** T1: false flags and power of the gate, 200 steps, 40 against 10 runs. */
export function gateErrors(report: Report): void {
  for (const { name, world } of worlds)
    for (const tau of [0, 0.05, 0.1]) {
      const tallied = (rule: keyof typeof rules) =>
        tally(rules[rule], { ...world, tau }, { seed: 100 + Math.round(tau * 100), suites });
      const ours = tallied('ours');
      const peers = { benchstat: tallied('benchstat'), Kayenta: tallied('kayenta') };
      const rate = (one: Tally) => (1000 * one.false) / one.stable;
      for (const [peer, theirs] of Object.entries(peers))
        report({
          figure: `T1 false flags per 1,000 stable steps, ${name}, τ ${tau * 100} %`,
          value: rate(ours),
          unit: '/1000',
          peer,
          peerValue: rate(theirs),
          goal: '≤ 2',
          holds: rate(ours) <= 2,
        });
      if (world !== mixed) continue;
      const power = (one: Tally, key: string) => (one.found.get(key)?.hits ?? 0) / (one.found.get(key)?.all ?? 1);
      for (const { key, goal, taus } of powers) {
        if (!(taus as readonly number[]).includes(tau)) continue;
        const [size, sigma] = key.split('/');
        for (const [peer, theirs] of Object.entries(peers))
          report({
            figure: `T1 power at +${Number(size) * 100} %, σ ${sigma}, τ ${tau * 100} %, ${suites} suites`,
            value: power(ours, key),
            unit: 'share',
            peer,
            peerValue: power(theirs, key),
            goal: `≥ ${goal}`,
            holds: power(ours, key) >= goal,
          });
      }
    }
}

/** 2,000 gates without any change, 10 and 200 steps, τ 0, 2 and 5 %: how many end with exit 4. */
export function sameAgain(report: Report): void {
  for (const steps of [10, 200])
    for (const tau of [0, 0.02, 0.05]) {
      const gates = 2000;
      const throws = dice(900 + steps + Math.round(tau * 100));
      let red = 0;
      for (let i = 0; i < gates; i++) {
        const pairs = suite(throws, { ...mixed, steps, change: () => 0, old: 40, fresh: 10, tau });
        if (judgeGate(pairs, { floor }).some(({ verdict, confirmed }) => verdict === 'regressed' && confirmed))
          red += 1;
      }
      const value = (100 * red) / gates;
      report({
        figure: `A/A gates that end with exit 4, ${steps} steps, τ ${tau * 100} %, of ${gates}`,
        value,
        unit: '%',
        goal: '≤ 1',
        holds: value <= 1,
      });
    }
}
