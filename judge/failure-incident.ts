import type { Tries } from './history.ts';
import type { IncidentOptions } from './incident.ts';
import type { Judgement } from './judgement.ts';
import { type Count, rateAtMost, rateDifference } from './outcome.ts';

/** Tries that say what is usual: at most, and at least. */
const window = 336;
const least = 30;
/** Tries after which more failures are the new usual, and passes in a row that end an incident. */
const settled = 24;
const calmFor = 4;
const horizon = 72;
const worse = [2, 4, 8, 16] as const;

interface Open {
  readonly place: number;
  readonly from: number;
  passes: number;
}

/**
 * Finds when a step begins to fail more often than usual, strictly in order: an e-SR detector against the upper 95 % bound
 * of its rate over the last 336 normal tries.
 */
export function judgeFailureIncidents(tries: Tries, { alpha }: IncidentOptions): readonly Judgement[] {
  const found: Judgement[] = [];
  let usual: number[] = [];
  let sums = worse.map(() => 0);
  let onset = 0;
  let open: Open | undefined;
  tries.failed.forEach((failed, i) => {
    if (open) {
      open.passes = failed ? 0 : open.passes + 1;
      const over = open.passes >= calmFor;
      if (!over && i - open.from + 1 < settled) return;
      if (over) found[open.place] = { ...found[open.place]!, until: tries.times[i - calmFor + 1]! };
      else usual = [...tries.failed.subarray(open.from, i + 1)];
      sums = worse.map(() => 0);
      open = undefined;
      return;
    }
    if (usual.length >= least) {
      const old = { failures: usual.reduce((sum, one) => sum + one, 0), tries: usual.length };
      if (sums.every((sum) => sum < 1)) onset = i;
      sums = detect(sums, Math.min(rateAtMost(old), 0.8), failed === 1);
      const evidence = sums.reduce((sum, one) => sum + one, 0) / sums.length;
      const from = Math.max(onset, tries.failed.indexOf(1, onset));
      const fresh = {
        tries: i - from + 1,
        failures: tries.failed.subarray(from, i + 1).reduce((sum, one) => sum + one, 0),
      };
      if (evidence >= horizon / alpha && fresh.failures >= 3) {
        open = { place: found.length, from, passes: 0 };
        found.push(tell(tries, { old, fresh, from, now: i, evidence, alpha }));
        return;
      }
    }
    usual.push(failed);
    if (usual.length > window) usual.shift();
  });
  return found;
}

function detect(sums: readonly number[], p0: number, failed: boolean): number[] {
  return sums.map((sum, k) => {
    const p = Math.max(Math.min(worse[k]! * p0, 0.9), p0);
    return Math.min((1 + sum) * (failed ? p / p0 : (1 - p) / (1 - p0)), 1e150);
  });
}

interface Told {
  readonly old: Count;
  readonly fresh: Count;
  readonly from: number;
  readonly now: number;
  readonly evidence: number;
  readonly alpha: number;
}

function tell(tries: Tries, { old, fresh, from, now, evidence, alpha }: Told): Judgement {
  const [before, after] = [old.failures / old.tries, fresh.failures / fresh.tries];
  const [low, high] = rateDifference(old, fresh);
  return {
    series: tries.series,
    kind: 'incident',
    verdict: 'regressed',
    confirmed: true,
    at: tries.times[from]!,
    detected: tries.times[now]!,
    until: null,
    type: 'failures',
    before: { n: old.tries, median: before },
    after: { n: fresh.tries, median: after },
    scale: 'linear',
    ratio: null,
    low,
    high,
    difference: after - before,
    p: null,
    e: evidence,
    family: { size: 1, flagged: 1, rule: 'alone', level: alpha },
    noise: { sigma: Math.sqrt(before * (1 - before)), tau: 0, inflation: 1 },
    floor: 0,
    settle: null,
    notes: [],
  };
}
