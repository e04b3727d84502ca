import { bandOf } from '../../core/band.ts';
import type { Change } from '../../core/event.ts';
import type { History, Like } from '../../core/history.ts';
import { type StepTale, statusOf, stepsOf, type Tale, type WalkTale } from '../../core/tale.ts';
import type { Course, Point } from './course.ts';

/** Walks before the run that are shown. */
const usual = 40;
/** A past of fewer is none. */
const least = 4;
/** Series asked for at most: the worst walks first. */
const most = 400;

/** How the steps of a run went before it. */
export interface Past {
  of(walk: WalkTale, step: string): Course | undefined;
  /** Why there is none. */
  readonly trouble?: string;
}

/** Where the report lies, and what is known of before. */
export interface Place {
  readonly root: string;
  readonly report: string;
  readonly past: Past;
}

export const noPast: Past = { of: () => undefined };

const keyOf = ({ started: { journey, variant } }: WalkTale, step: string) => JSON.stringify([journey, variant, step]);

/** Asks once for each step of each journey, for what was known when the run began: told again later it is the same. */
export async function pastOf(tale: Tale, history: History | undefined): Promise<Past> {
  const { run } = tale;
  if (!history || !run) return noPast;
  const walks = tale.walks.toSorted((a, b) => Number(calm(a)) - Number(calm(b)));
  const asked = new Map<string, { readonly walk: WalkTale; readonly step: StepTale }>();
  for (const walk of walks)
    for (const step of measured(walk)) {
      const key = keyOf(walk, step.started.step);
      if (asked.size < most && !asked.has(key)) asked.set(key, { walk, step });
    }
  const courses = new Map<string, Course>();
  const changes = await history.changes({ to: (tale.ended?.at ?? run.at) + 1 });
  for (const [key, { walk, step }] of asked) {
    const { journey, variant } = walk.started;
    const like: Like = {
      journey,
      variant,
      environment: run.environment,
      location: run.location,
      trigger: run.trigger,
    };
    // What was flagged happened all the same: the chart shows it, whatever was judged since.
    const window = { to: Math.floor(run.at), last: usual, without: [run.run], flagged: true };
    const before = await history.samples(like, step.started.step, window);
    if (before.length < least) continue;
    const old = before.map(({ at, ms }): Point => ({ at, ours: false, ...(ms === undefined ? {} : { ms }) }));
    courses.set(key, courseWith(old, { tale, key, changes, target: step.started.target }));
  }
  return { of: (walk, step) => courses.get(keyOf(walk, step)) };
}

const calm = (walk: WalkTale) => statusOf(walk) === 'passed' || statusOf(walk) === 'skipped';

/** Steps that have a time of their own. */
export function measured({ attempts }: WalkTale): readonly StepTale[] {
  return [...stepsOf(attempts[0]?.steps ?? [])].filter(
    ({ started: { phase, action }, ended, steps }) =>
      ended && ended.status !== 'skipped' && phase !== 'finally' && action !== 'pause.pause' && steps.length === 0,
  );
}

interface Telling {
  readonly tale: Tale;
  readonly key: string;
  readonly changes: readonly Change[];
  readonly target: number | undefined;
}

/** What was before, and each walk of the run itself. */
function courseWith(old: readonly Point[], { tale, key, changes, target }: Telling): Course {
  const own = tale.walks
    .flatMap((walk) => measured(walk).filter(({ started }) => keyOf(walk, started.step) === key))
    .flatMap(({ ended }): Point[] => {
      if (!ended || ended.status === 'broken') return [];
      const fine = ended.status !== 'failed' && ended.tries === 1;
      return [{ at: ended.origin, ours: true, ...(fine ? { ms: ended.ms } : {}) }];
    })
    .sort((a, b) => a.at - b.at);
  const band = bandOf(old.flatMap(({ ms }) => (ms === undefined ? [] : [ms])));
  return {
    points: [...old, ...own.slice(-2 * usual)],
    markers: changes.map(({ at, name }) => ({ at, name })),
    ...(target === undefined ? {} : { target }),
    ...(band ? { band } : {}),
  };
}
