import type { AttemptEnded, StepEnded, StepNoted, WalkEnded, WalkStarted } from '../core/event.ts';
import { variantKey } from './key.ts';
import type { Tables } from './tables.ts';

/** What was said of a walk until its end. */
export interface Gathered {
  readonly started: WalkStarted;
  readonly steps: StepEnded[];
  readonly attempts: AttemptEnded[];
  readonly notes: StepNoted[];
}

export interface WalkRows {
  readonly walk: readonly Tables['walk'][];
  readonly attempt: readonly Tables['attempt'][];
  readonly step: readonly Tables['step'][];
  readonly sample: readonly Tables['sample'][];
  readonly metric: readonly Tables['metric'][];
  readonly artefact: readonly Tables['artefact'][];
}

/** The stream stamps to a thousandth of a ms; the tables hold whole ones. */
export const whole = (at: number, otherwise = 0) => {
  const rounded = Math.round(at);
  return Number.isSafeInteger(rounded) ? rounded : otherwise;
};
const length = (ms: number) => (Number.isFinite(ms) ? Math.max(0, ms) : 0);

/** A walk as rows; `series` gives the id of a step. */
export function rowsOf(
  { started, steps, attempts, notes }: Gathered,
  ended: WalkEnded,
  series: (step: string) => number,
): WalkRows {
  const { run, walk, at, journey, title, owner, hash, variant, seed } = started;
  const { status, ms, attempts: tried, flaky } = ended;
  const flakyWalk = tried > 1;
  // A flow that is tried again does its steps once more: the first try is the sample.
  const seen = new Set<string>();
  const first = steps.filter((step) => isSample(step) && !seen.has(step.step) && seen.add(step.step));
  const sampled = first.filter((step) => isTimed(step) || !isFine(step));
  return {
    walk: [
      {
        id: walk,
        run,
        journey,
        title,
        owner,
        at: whole(at),
        hash,
        status,
        ms: length(ms),
        attempts: tried,
        flaky: flaky ? 1 : 0,
        variant: variantKey(variant),
        seed,
      },
    ],
    attempt: attempts.map((one) => ({
      walk,
      attempt: one.attempt,
      at: whole(one.at, whole(at)),
      status: one.status,
      ms: length(one.ms),
    })),
    step: steps.filter((step) => !isPlain(step) || !first.includes(step)).map(stepOf),
    sample: sampled.map((step) => sampleOf(step, series(step.step), flakyWalk)),
    // What a session shows at its end belongs to no step, but to its actor.
    metric: notes.flatMap(({ note, step, actor, attempt, at: when }) =>
      note.type === 'metric' && attempt === 1 && Number.isFinite(note.value) && (step ?? note.better)
        ? [
            {
              series: series(step ?? ''),
              at: whole(when, whole(at)),
              walk,
              run,
              name: step === undefined ? `${actor}: ${note.name}` : note.name,
              unit: note.unit,
              value: note.value,
              better: note.better ?? null,
            },
          ]
        : [],
    ),
    artefact: notes.flatMap(({ note, step = '' }) =>
      note.type === 'file' ? [{ walk, step, path: note.path, mime: note.mime }] : [],
    ),
  };
}

const isSample = ({ attempt, status, phase }: StepEnded) =>
  attempt === 1 && status !== 'skipped' && phase !== 'finally';
const isFine = ({ status, tries }: StepEnded) => (status === 'passed' || status === 'degraded') && tries === 1;
/** A clock that went backwards gives no duration. */
const isTimed = ({ ms }: StepEnded) => Number.isFinite(ms) && ms >= 0;
/** The sample says all that there is to say. */
const isPlain = (step: StepEnded) => isSample(step) && step.status === 'passed' && step.tries === 1 && isTimed(step);

function stepOf(step: StepEnded): Tables['step'] {
  const { walk, seq, attempt, step: name, actor, status, ms, firstMs, tries, phase, layer, owner } = step;
  const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null);
  return {
    walk,
    seq,
    attempt,
    step: name,
    actor,
    at: momentOf(step),
    status,
    ms: finite(ms),
    first_ms: finite(firstMs),
    tries,
    phase,
    layer,
    owner,
    within_ms: step.within ?? null,
    target_ms: step.target ?? null,
    said: step.trouble?.message ?? step.reason ?? null,
  };
}

const momentOf = ({ origin, at }: StepEnded) => whole(origin || at, whole(at));

function sampleOf(step: StepEnded, series: number, flakyWalk: boolean): Tables['sample'] {
  const { walk, run, status, ms, tries, within } = step;
  const flaky = tries > 1 || (flakyWalk && status === 'failed');
  const fine = (status === 'passed' || status === 'degraded') && !flaky && !flakyWalk;
  return {
    series,
    at: momentOf(step),
    walk,
    run,
    status: tries > 1 && status !== 'broken' ? 'failed' : status,
    ms: fine ? ms : null,
    within_ms: within ?? null,
  };
}
