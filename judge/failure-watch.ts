import { firstAfter } from './baseline.ts';
import { failureEvidence } from './evidence.ts';
import type { Tries } from './history.ts';
import type { Judgement } from './judgement.ts';
import { type Count, rateAtMost, rateDifference } from './outcome.ts';
import type { MarkerOptions, Telling, Watch } from './watch.ts';

/** Evidence that a step fails more often after a marker: against the upper 95 % bound of its rate before. */
export class FailureWatch implements Watch {
  readonly times: Float64Array;
  readonly start: number;
  readonly log = { up: Number.NEGATIVE_INFINITY, down: Number.NEGATIVE_INFINITY };
  readonly #tries: Tries;
  readonly #old: Count;
  readonly #least: number;
  #fresh: Count = { failures: 0, tries: 0 };

  constructor(tries: Tries, { at }: MarkerOptions) {
    this.#tries = tries;
    this.times = tries.times;
    this.start = firstAfter(tries.times, at);
    this.#old = {
      tries: this.start,
      failures: tries.failed.subarray(0, this.start).reduce((sum, one) => sum + one, 0),
    };
    this.#least = this.start > 0 ? rateAtMost(this.#old) : 1;
  }

  arrive(i: number): boolean {
    const { failures, tries } = this.#fresh;
    this.#fresh = { failures: failures + this.#tries.failed[i]!, tries: tries + 1 };
    if (this.#least >= 0.85) return false;
    this.log.up = failureEvidence(this.#fresh.failures, this.#fresh.tries, this.#least);
    return true;
  }

  flag(now: number, telling: Telling): Judgement | undefined {
    return {
      ...this.#told(telling),
      verdict: 'regressed',
      confirmed: true,
      at: this.times[this.start]!,
      detected: now,
      type: 'failures',
    };
  }

  quiet(telling: Telling): Judgement {
    const told = this.#told(telling);
    const { failures, tries } = this.#fresh;
    if (this.#old.tries === 0 || tries === 0 || this.#least >= 0.85) return { ...told, verdict: 'too-few' };
    if (failures === 0 && this.#old.failures === 0) return { ...told, verdict: 'unchanged' };
    const most = failureEvidence(tries, tries, this.#least);
    const { alone = 100, level = 0.05 } = telling.options;
    return { ...told, verdict: most < Math.log(Math.max(2 * alone, telling.family / level)) ? 'too-few' : 'undecided' };
  }

  #told({ options, family, count }: Telling): Judgement {
    const share = ({ failures, tries }: Count) => (tries > 0 ? failures / tries : null);
    const [old, fresh] = [this.#old, this.#fresh];
    const [before, after] = [share(old), share(fresh)];
    const [low, high] = before === null || after === null ? [null, null] : rateDifference(old, fresh);
    return {
      series: this.#tries.series,
      kind: 'marker',
      verdict: 'undecided',
      confirmed: false,
      at: null,
      detected: null,
      until: null,
      type: null,
      before: { n: old.tries, median: before },
      after: { n: fresh.tries, median: after },
      scale: 'linear',
      ratio: null,
      low,
      high,
      difference: before === null || after === null ? null : after - before,
      p: null,
      e: Math.exp(this.log.up),
      family: { size: family, flagged: count, rule: 'e-BH', level: options.level ?? 0.05 },
      noise: { sigma: Math.sqrt((before ?? 0) * (1 - (before ?? 0))), tau: 0, inflation: 1 },
      floor: 0,
      settle: null,
      notes: [],
    };
  }
}
