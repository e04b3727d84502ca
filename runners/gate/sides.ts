import { SpecError } from '../../core/errors.ts';
import type { Change } from '../../core/event.ts';
import { when } from '../../core/headline.ts';
import type { History, Window } from '../../core/history.ts';
import type { Pair, Side } from '../../judge/pair.ts';
import type { Candidate, Told, Watched } from './candidate.ts';

/** Complete walks that make a baseline. */
const usual = 40;
/** Relative floor of a journey's steps, and the absolute one beside it, ms. */
export const floor = { relative: 0.05, absolute: 100 } as const;

export interface Against {
  /** `last:N`, a branch, or the id of a run. */
  readonly baseline?: string;
  /** Runs since then belong to the candidate too, epoch ms. */
  readonly since?: number;
}

/** What is compared: one step or figure, before and after, oldest first. */
export interface Sides {
  readonly watched: Watched;
  readonly before: readonly Told[];
  readonly after: readonly Told[];
}

export type OnTrial = Pick<Candidate, 'run' | 'watched'>;

/** Throws SpecError for a baseline that cannot be one, before anything is walked. */
export function checkBaseline(baseline: string | undefined): void {
  if (baseline !== undefined && /^last(:|$)/.test(baseline) && !/^last:[1-9]\d*$/.test(baseline))
    throw new SpecError(
      `--baseline ${baseline} names no walks`,
      'last:40 is the newest forty; or name a branch or a run',
    );
}

/** The candidate beside its baseline, from what that was made, and whether a gate has judged a part of the candidate before. Throws SpecError where there is none. */
export async function sidesOf(
  candidate: OnTrial,
  history: History,
  against: Against,
): Promise<{ readonly sides: readonly Sides[]; readonly madeOf: string; readonly again: boolean }> {
  const sides: Sides[] = [];
  let anyPinned = false;
  for (const watched of candidate.watched) {
    const { like, told } = watched;
    const { since, baseline } = against;
    const more =
      since === undefined
        ? []
        : await remembered(history, watched, { from: since, without: [candidate.run], flagged: true });
    const after = [...more, ...told].sort((a, b) => a.at - b.at);
    const pinned = baseline === undefined ? await history.pinned(like.journey) : undefined;
    anyPinned ||= pinned !== undefined;
    const window = windowOf(baseline, {
      without: [...new Set(after.map(({ run }) => run)), candidate.run],
      to: after[0]?.at ?? 0,
      ...(pinned ? { runs: pinned } : {}),
    });
    sides.push({ watched, before: await remembered(history, watched, window), after });
  }
  if (sides.length > 0 && sides.every(({ before }) => before.length === 0))
    throw new SpecError(
      `there is no baseline${against.baseline ? ` ${against.baseline}` : ''} to judge against`,
      against.baseline === undefined
        ? 'walk the journeys without --gate first, 20 times or more; see `throughline history`'
        : 'nothing complete that is like this run is remembered of it: `throughline history` lists the runs, --json with their branches',
    );
  const earlier = new Set(sides.flatMap(({ after }) => after.map(({ run }) => run)));
  earlier.delete(candidate.run);
  return { sides, madeOf: made(sides, anyPinned), again: await history.looked([...earlier]) };
}

async function remembered(history: History, { like, step, metric }: Watched, window: Window): Promise<readonly Told[]> {
  if (metric)
    return (await history.metrics(like, step, metric.name, window)).map((one) => ({ ...one, status: 'passed' }));
  return (await history.samples(like, step, window)).map(({ walk, run, at, batch, status, ms }) => ({
    walk,
    run,
    at,
    batch,
    status,
    ...(ms === undefined ? {} : { value: ms }),
  }));
}

function windowOf(baseline: string | undefined, common: Window): Window {
  if (baseline === undefined) return common.runs ? common : { ...common, last: usual };
  const last = /^last:(\d+)$/.exec(baseline)?.[1];
  if (last !== undefined) return { ...common, last: Number(last) };
  if (/^\d{8}T\d{6}-[0-9a-f]+$/.test(baseline)) return { ...common, runs: [baseline] };
  return { ...common, last: usual, branch: baseline };
}

/** From what the baseline was made, in words. */
function made(sides: readonly Sides[], pinned: boolean): string {
  const samples = sides.flatMap(({ before }) => before);
  const runs = new Set(samples.map(({ run }) => run)).size;
  const walks = new Set(samples.map(({ walk }) => walk)).size;
  if (samples.length === 0) return 'there was no baseline';
  const times = samples.map(({ at }) => at).sort((a, b) => a - b);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  return `the ${pinned ? 'pinned ' : ''}baseline: ${walks} ${walks === 1 ? 'walk' : 'walks'} of ${runs} ${runs === 1 ? 'run' : 'runs'}, ${when(first)} to ${when(last)}`;
}

/** Durations on the log scale, with what failed; figures as they are, of which more is better. */
export function pairOf({ watched, before, after }: Sides): Pair {
  const { like, step, metric } = watched;
  const side = (told: readonly Told[]): Side => {
    const valued = told.filter(({ value }) => value !== undefined && (metric !== undefined || value > 0));
    return {
      values: Float64Array.from(valued, ({ value = 0 }) => value),
      batches: valued.map(({ batch }) => batch),
      ...(metric ? {} : { tries: told.map(({ batch, status }) => ({ batch, failed: status === 'failed' })) }),
    };
  };
  return {
    series: [like.journey, step, metric?.name].filter(Boolean).join(' '),
    baseline: side(before),
    candidate: side(after),
    ...(metric
      ? { scale: 'linear', better: 'higher' }
      : { scale: 'log', better: 'lower', floorAbsolute: floor.absolute }),
    from: after[0]?.at ?? 0,
    to: after.at(-1)?.at ?? 0,
  };
}

/** What changed between the last sample of the baseline and the first of the candidate. */
export async function changesBetween(history: History, sides: readonly Sides[]): Promise<readonly Change[]> {
  const before = Math.max(0, ...sides.map((side) => side.before.at(-1)?.at ?? 0));
  const after = Math.min(...sides.map((side) => side.after[0]?.at ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(after) && before > 0 ? history.changes({ from: before + 1, to: after + 1 }) : [];
}
