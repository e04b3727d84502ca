import type { Outcome } from './act.ts';
import type { Note, StepEnded, StepStarted } from './event.ts';
import type { ActionStep, Step } from './journey.ts';
import { stepSentence } from './sentence.ts';
import type { Walking } from './sessions.ts';
import type { Status } from './verdict.ts';

export type Phase = StepStarted['phase'];

/** Where a step stands while it is told. */
export interface Stand {
  readonly phase: Phase;
  readonly parent?: string;
}

type Ending = Pick<Outcome, 'ms' | 'origin' | 'tries' | 'firstMs' | 'trouble' | 'reason'> & { readonly status: Status };

/** Says what happens to the steps of one attempt, and remembers how they ended. */
export class Telling {
  readonly #walking: Walking;
  readonly #titles = new Map<string, string>();
  readonly #metrics = new Map<string, number>();
  readonly ended: StepEnded[] = [];

  constructor(walking: Walking) {
    this.#walking = walking;
  }

  title(step: Step): string {
    return this.#titles.get(step.name) ?? step.title ?? step.name;
  }

  start(step: Step, stand: Stand, title: string): number {
    const at = this.#walking.world.clock.now();
    this.#titles.set(step.name, title);
    this.#walking.world.emit({ type: 'step.started', ...this.#head(step, stand), at });
    return at;
  }

  end(step: Step, stand: Stand, ending: Ending): void {
    const { world } = this.#walking;
    const { ms, origin, firstMs, tries, trouble, reason, status } = ending;
    const flaky = tries > 1 && (status === 'passed' || status === 'degraded');
    const told = {
      type: 'step.ended' as const,
      ...this.#head(step, stand),
      status,
      ms: round(ms),
      origin: round(origin),
      tries,
      flaky,
      ...(firstMs === undefined ? {} : { firstMs: round(firstMs) }),
      ...(step.soft ? { soft: true } : {}),
      ...(trouble ? { trouble } : {}),
      ...(reason ? { reason } : {}),
    };
    const quiet = status === 'passed' || status === 'skipped';
    const ended = { ...told, ...(quiet ? {} : { sentence: stepSentence(told as unknown as StepEnded) }) };
    this.ended.push({ ...ended, v: 1, at: world.clock.now(), run: world.run, seq: 0 } as StepEnded);
    world.emit(ended);
  }

  /** What the steps below came to does not count: they are done once more, or were optional. */
  forget(step: Step): void {
    const below = namesBelow(step);
    const kept = this.ended.filter((ended) => !below.has(ended.step));
    this.ended.splice(0, this.ended.length, ...kept);
  }

  /** A step that is not done is still told: started and ended at once. */
  skip(step: Step, stand: Stand, reason: string, title = step.title ?? plainTitle(step)): void {
    const at = this.start(step, stand, title);
    this.end(step, stand, { status: 'skipped', ms: 0, origin: at, tries: 0, reason });
  }

  /** Metrics come once a second and name at most. */
  note(note: Note, actor: string, step?: string): void {
    const { leg, journey, attempt, world } = this.#walking;
    if (note.type === 'metric') {
      const key = `${actor} ${step ?? ''} ${note.name}`;
      const now = world.clock.now();
      if (now - (this.#metrics.get(key) ?? Number.NEGATIVE_INFINITY) < 1000 && step === undefined) return;
      this.#metrics.set(key, now);
    }
    world.emit({
      type: 'step.noted',
      walk: leg.walk,
      journey: journey.id,
      attempt,
      actor,
      ...(step === undefined ? {} : { step }),
      note,
    });
  }

  layer(step: Step): string {
    if (step.layer) return step.layer;
    if (step.kind !== 'action') return '';
    return this.#walking.world.drivers.get(step.driver)?.actions[step.verb]?.layer ?? '';
  }

  within(step: ActionStep): number {
    return step.within ?? this.#walking.world.within.step;
  }

  #head(step: Step, stand: Stand) {
    const { leg, journey, attempt, world } = this.#walking;
    const layer = this.layer(step);
    const limited = step.kind === 'action' && stand.phase !== 'whenever';
    const within = limited ? this.within(step) : step.within;
    return {
      walk: leg.walk,
      journey: journey.id,
      attempt,
      step: step.name,
      actor: step.actor,
      title: this.title(step),
      action: step.kind === 'action' ? `${step.driver}.${step.verb}` : step.kind,
      phase: stand.phase,
      layer,
      owner: step.owner ?? world.owner(layer) ?? journey.owner,
      place: step.place,
      ...(stand.parent === undefined ? {} : { parent: stand.parent }),
      ...(within === undefined ? {} : { within }),
      ...(step.target === undefined ? {} : { target: step.target }),
    };
  }
}

/** Every step in the flow or the branches of one. */
export function namesBelow(step: Step): ReadonlySet<string> {
  const inner =
    step.kind === 'use' ? step.steps : step.kind === 'together' ? step.branches.flatMap((b) => b.steps) : [];
  return new Set(inner.flatMap((one) => [one.name, ...namesBelow(one)]));
}

function plainTitle(step: Step): string {
  if (step.kind !== 'action') return step.kind === 'use' ? `use ${step.flow}` : 'together';
  return step.verb === step.driver ? step.verb : `${step.driver} ${step.verb.replaceAll('-', ' ')}`;
}

const round = (ms: number) => Math.round(ms * 1000) / 1000;
