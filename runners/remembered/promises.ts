import { bandSentence, budgetSentence, errorBudget, judgeBudget } from '../../judge/budget.ts';
import { powerOf, powerSentence } from '../../judge/power.ts';
import { milliseconds } from '../../judge/words.ts';
import type { Remembered } from './courses.ts';
import { slotOf } from './telling.ts';

/** Share of tries that may miss a target. */
const budget = 0.02;
const day = 86_400_000;

export interface Kept {
  readonly of: Remembered;
  readonly broken: boolean;
  /** How the target is kept over its bands, and what is left of the error budget of 30 days. */
  readonly sentences: readonly string[];
}

/** Every step with a target: is the promise kept, over 6 hours and 3 days, and what is left of the budget? */
export function promisesOf(all: readonly Remembered[], now: number): readonly Kept[] {
  return all.flatMap((of) => {
    if (of.target === undefined) return [];
    const promised = { series: of.title, limit: 'target', ms: of.target, budget } as const;
    const kept = { times: of.tries.times, missed: of.missed };
    const states = judgeBudget(promised, kept, now).filter(({ broken }) => broken);
    const left = errorBudget(promised, kept, { from: now - 30 * day, now });
    const sentences = [...states.map((state) => bandSentence(state, milliseconds)), budgetSentence(promised, left)];
    return [{ of, broken: states.length > 0, sentences }];
  });
}

const hour = 3_600_000;

/** One line a journey: when a slow-down of 20 % of its longest step would be seen. */
export function powerLines(all: readonly Remembered[]): readonly string[] {
  return [...Map.groupBy(all, ({ journey, place }) => `${journey} ${place}`).values()].flatMap((steps) => {
    const [longest] = steps.toSorted((a, b) => median(b) - median(a));
    if (!longest) return [];
    const slot = slotOf(longest);
    const rhythm =
      slot <= 1.5 * 60_000
        ? 'minutely'
        : slot < 0.8 * hour
          ? `${Math.round(slot / 60_000)}-minute`
          : slot < 1.5 * hour
            ? 'hourly'
            : slot < 20 * hour
              ? `${Math.round(slot / hour)}-hour`
              : 'daily';
    const { values, times } = longest.course;
    const batches = Array.from(times, (time) => String(Math.floor(time / hour)));
    const power = powerOf(longest.title, { values, batches }, { size: 0.2, each: 1, family: all.length });
    return [`${longest.journey}: ${powerSentence(power, rhythm)}`];
  });
}

function median({ course: { values } }: Remembered): number {
  const sorted = values.toSorted();
  return sorted[sorted.length >> 1] ?? 0;
}
