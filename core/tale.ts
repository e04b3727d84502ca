import type {
  AttemptEnded,
  Event,
  FindingEvent,
  Note,
  RunEnded,
  RunFault,
  RunStarted,
  StepEnded,
  StepStarted,
  WalkEnded,
  WalkStarted,
} from './event.ts';
import { type Status, worst } from './verdict.ts';

/** A step as told: `ended` is absent while it runs, or when the stream was cut. */
export interface StepTale {
  readonly started: StepStarted;
  ended?: StepEnded;
  readonly notes: Note[];
  readonly steps: StepTale[];
}

export interface AttemptTale {
  readonly attempt: number;
  ended?: AttemptEnded;
  /** Steps at the top, in order; those of flows and branches lie below. */
  readonly steps: StepTale[];
  readonly byName: Map<string, StepTale>;
  /** Evidence without a step. */
  readonly notes: { readonly actor: string; readonly note: Note }[];
}

export interface WalkTale {
  readonly started: WalkStarted;
  ended?: WalkEnded;
  readonly attempts: AttemptTale[];
  readonly findings: FindingEvent['finding'][];
  readonly faults: RunFault[];
}

/** The stream folded into a tree; live or replayed it comes out the same. Unknown events are passed over. */
export class Tale {
  run?: RunStarted;
  ended?: RunEnded;
  readonly walks: WalkTale[] = [];
  readonly findings: FindingEvent['finding'][] = [];
  readonly faults: RunFault[] = [];
  readonly #byWalk = new Map<string, WalkTale>();

  on(event: Event): void {
    switch (event.type) {
      case 'run.started':
        this.run = event;
        return;
      case 'walk.started': {
        const walk = { started: event, attempts: [], findings: [], faults: [] };
        this.#byWalk.set(event.walk, walk);
        this.walks.push(walk);
        return;
      }
      case 'attempt.started':
        this.#byWalk
          .get(event.walk)
          ?.attempts.push({ attempt: event.attempt, steps: [], byName: new Map(), notes: [] });
        return;
      case 'step.started':
        this.#start(event);
        return;
      case 'step.noted':
        this.#note(event.walk, event.attempt, event);
        return;
      case 'step.ended': {
        const step = this.#attempt(event.walk, event.attempt)?.byName.get(event.step);
        if (!step) return;
        step.ended = event;
        // A flow that was optional did not occur: what its steps came to is no trouble of the walk's.
        if (event.status === 'skipped' && [...stepsOf(step.steps)].some((one) => one.ended?.status === 'failed'))
          step.steps.length = 0;
        return;
      }
      case 'attempt.ended': {
        const attempt = this.#attempt(event.walk, event.attempt);
        if (attempt) attempt.ended = event;
        return;
      }
      case 'walk.ended': {
        const walk = this.#byWalk.get(event.walk);
        if (walk) walk.ended = event;
        return;
      }
      case 'finding':
        (this.#byWalk.get(event.walk ?? '')?.findings ?? this.findings).push(event.finding);
        return;
      case 'run.fault':
        (this.#byWalk.get(event.walk ?? '')?.faults ?? this.faults).push(event);
        return;
      case 'run.ended':
        this.ended = event;
        return;
      default:
        event satisfies never;
    }
  }

  #attempt(walk: string, attempt: number): AttemptTale | undefined {
    return this.#byWalk.get(walk)?.attempts.find((one) => one.attempt === attempt);
  }

  #start(started: StepStarted): void {
    const attempt = this.#attempt(started.walk, started.attempt);
    if (!attempt) return;
    const step: StepTale = { started, notes: [], steps: [] };
    attempt.byName.set(started.step, step);
    const parent = started.parent === undefined ? undefined : attempt.byName.get(started.parent);
    const beside = parent?.steps ?? attempt.steps;
    const before = beside.findIndex((one) => one.started.step === started.step);
    // A flow that is tried again does its steps once more: the last try is told.
    if (before >= 0) beside.splice(before, 1);
    beside.push(step);
  }

  #note(
    walk: string,
    number: number,
    { actor, note, step }: { readonly actor: string; readonly note: Note; readonly step?: string },
  ): void {
    const attempt = this.#attempt(walk, number);
    const told = step === undefined ? undefined : attempt?.byName.get(step);
    if (told) told.notes.push(note);
    else attempt?.notes.push({ actor, note });
  }
}

export const statusOf = (walk: WalkTale): Status => walk.ended?.status ?? 'broken';

/** Every step below, in order. */
export function* stepsOf(steps: readonly StepTale[]): Generator<StepTale> {
  for (const step of steps) {
    yield step;
    yield* stepsOf(step.steps);
  }
}

export interface LayerTale {
  readonly name: string;
  readonly owner: string;
  readonly status: Status;
}

/** The throughline: the layers that a walk passed, in the order in which it met them, each with its worst status. */
export function layersOf(walk: WalkTale): readonly LayerTale[] {
  const last = walk.attempts.at(-1);
  const met = new Map<string, { owner: string; all: Status[] }>();
  for (const { started, ended, steps } of stepsOf(last?.steps ?? [])) {
    if (steps.length > 0 || started.layer === '' || started.layer === 'customer' || started.phase === 'finally')
      continue;
    const layer = met.get(started.layer) ?? { owner: started.owner, all: [] };
    const status = ended?.status ?? 'broken';
    if (status !== 'passed' && status !== 'skipped') layer.owner = started.owner;
    layer.all.push(status);
    met.set(started.layer, layer);
  }
  return [...met].map(([name, { owner, all }]) => ({ name, owner, status: worst(all) }));
}
