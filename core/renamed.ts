import type { Journey, Step } from './journey.ts';
import { namesBelow } from './telling.ts';

export interface Renamed {
  readonly from: string;
  readonly to: string;
  readonly step: Step;
}

/** What `was` says of the steps of a journey: former and present names in history, those within a renamed flow call too. */
export function renamedOf({ steps, whenever, finally: last }: Journey): readonly Renamed[] {
  return [...below([...steps, ...whenever, ...last], '', '')];
}

/** A former name that another step of the journey bears today: to whom the history belongs cannot be told. */
export function contested(journey: Journey): readonly Renamed[] {
  const all = [...journey.steps, ...journey.whenever, ...journey.finally];
  const names = new Set(all.flatMap((step) => [step.name, ...namesBelow(step)]));
  return renamedOf(journey).filter(({ from }) => names.has(from));
}

function* below(steps: readonly Step[], before: string, now: string): Generator<Renamed> {
  for (const step of steps) {
    const from = before + (step.was ?? step.name.slice(now.length));
    if (from !== step.name) yield { from, to: step.name, step };
    if (step.kind === 'use') yield* below(step.steps, `${from}/`, `${step.name}/`);
    if (step.kind === 'together') for (const branch of step.branches) yield* below(branch.steps, before, now);
  }
}
