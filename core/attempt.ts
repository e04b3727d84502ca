import { Late } from './deadline.ts';
import type { Action, Driver } from './driver.ts';
import type { Note } from './event.ts';
import type { ActionStep, Step } from './journey.ts';
import type { Json } from './json.ts';
import { type Host, Lane } from './lane.ts';
import { Names } from './scope.ts';
import { Sessions, type Walking } from './sessions.ts';
import { Telling } from './telling.ts';
import { type Status, worst } from './verdict.ts';
import { Watch } from './watch.ts';

/** One attempt at a journey: watchers, steps, `finally`, then every session closed. Run it once. */
export class Attempt implements Host {
  readonly walking: Walking;
  readonly telling: Telling;
  /** When the act of a step was done, by step name. */
  readonly acts = new Map<string, number>();
  readonly #sessions: Sessions;
  #watch: Watch | undefined;

  constructor(walking: Walking) {
    this.walking = walking;
    this.telling = new Telling(walking);
    this.#sessions = new Sessions(walking, (actor, note) => this.telling.note(note, actor), {
      opens: (actor, driver) => this.#watch?.opened(actor, driver),
      troubled: () => this.telling.ended.some(({ status }) => status !== 'passed' && status !== 'skipped'),
    });
  }

  async run(stop: AbortSignal): Promise<Status> {
    const { journey, world, leg } = this.walking;
    const names = new Names(this.roots());
    const lane = new Lane(this, { names, phase: 'steps', stop });
    this.#watch = new Watch(this, lane, journey.whenever);
    await this.#early(journey.steps, stop);
    await lane.steps(journey.steps);
    await this.#watch.end();
    const overrun = stop.aborted && stop.reason instanceof Late;
    using late = stopAfter(world.within.finally, '`finally` took too long');
    const cleaning = new Lane(this, { names, phase: 'finally', stop: AbortSignal.any([world.abandon, late.signal]) });
    await cleaning.steps(journey.finally);
    for (const { message, error } of await this.#sessions.close()) {
      const because = error === undefined ? '' : `: ${error instanceof Error ? error.message : String(error)}`;
      world.emit({ type: 'run.fault', walk: leg.walk, message: message + because });
    }
    const status = worst([
      ...this.telling.ended.map((ended) => ended.status),
      ...(overrun ? (['failed'] as const) : []),
    ]);
    return lane.interrupted && status === 'passed' ? 'skipped' : status;
  }

  action(step: ActionStep): Action {
    return (this.walking.world.drivers.get(step.driver) as Driver).actions[step.verb] as Action;
  }

  /** Opening is a metric of its own, not part of a step. */
  async session(step: ActionStep, signal: () => AbortSignal): Promise<AsyncDisposable> {
    const { clock } = this.walking.world;
    const known = this.#sessions.has(step.actor, step.driver);
    const from = clock.now();
    const session = await this.#sessions.get(step.actor, step.driver, signal);
    const note: Note = { type: 'metric', name: 'session.open', value: Math.round(clock.now() - from), unit: 'ms' };
    if (!known) this.telling.note(note, step.actor, step.name);
    return session;
  }

  /** What `${}` sees before anything was saved. */
  roots(): Readonly<Record<string, Json>> {
    const { world, journey, leg, attempt, mark } = this.walking;
    return {
      customer: leg.customer,
      config: world.config,
      vars: journey.vars,
      env: world.env,
      run: { id: world.run, walk: leg.walk, journey: journey.id, attempt, seed: world.seed, mark },
    };
  }

  /** Actors that will answer are ready before the customer's first act. A failure to open is told at once, and shows at their step. */
  async #early(steps: readonly Step[], stop: AbortSignal): Promise<void> {
    const { walk } = this.walking.leg;
    const told = new Set<string>();
    for (const step of actionsOf(steps)) {
      if (!this.action(step).early || stop.aborted) continue;
      using limit = stopAfter(this.telling.within(step), 'its session did not open in time');
      const signal = AbortSignal.any([stop, limit.signal]);
      if (told.has(`${step.actor} ${step.driver}`)) continue;
      await this.#sessions
        .get(step.actor, step.driver, () => signal)
        .catch((error: unknown) => {
          told.add(`${step.actor} ${step.driver}`);
          const why = error instanceof Error ? error.message : String(error);
          this.walking.world.emit({ type: 'run.fault', walk, message: `${step.actor} is not ready: ${why}` });
        });
    }
  }
}

/** Every action below, flows and branches included, in order. */
export function* actionsOf(steps: readonly Step[]): Generator<ActionStep> {
  for (const step of steps) {
    if (step.kind === 'action') yield step;
    else if (step.kind === 'use') yield* actionsOf(step.steps);
    else for (const branch of step.branches) yield* actionsOf(branch.steps);
  }
}

/** A signal that fires after so many ms, unless disposed before: what runs then is late. */
export function stopAfter(ms: number, why: string): Disposable & { readonly signal: AbortSignal } {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Late(why)), Math.min(ms, 0x7fffffff));
  return { signal: stop.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
