import { act, type Outcome, troubleOf } from './act.ts';
import { Failure } from './errors.ts';
import type { ActionStep } from './journey.ts';
import { type Host, Lane } from './lane.ts';
import { Names } from './scope.ts';

/** The expectations without a place in the order (`whenever`): each looks from the opening of its session to the end of the steps. */
export class Watch {
  readonly #attempt: Host;
  readonly #steps: Lane;
  readonly #over = new AbortController();
  readonly #lane: Lane;
  readonly #waiting: Set<ActionStep>;
  readonly #running: Promise<void>[] = [];

  constructor(attempt: Host, steps: Lane, watchers: readonly ActionStep[]) {
    this.#attempt = attempt;
    this.#steps = steps;
    this.#waiting = new Set(watchers);
    const stop = AbortSignal.any([steps.stop, this.#over.signal]);
    this.#lane = new Lane(attempt, { names: new Names(attempt.roots()), phase: 'whenever', stop });
  }

  opened(actor: string, driver: string): void {
    for (const step of this.#waiting) {
      if (step.actor !== actor || step.driver !== driver) continue;
      this.#waiting.delete(step);
      this.#running.push(this.#run(step));
    }
  }

  async #run(step: ActionStep): Promise<void> {
    const { walking, telling } = this.#attempt;
    let outcome: Outcome;
    try {
      const over = this.#lane.passedOver(step);
      if (over !== undefined) return telling.skip(step, { phase: 'whenever' }, over);
      this.#lane.begin(step);
      const within = step.within ?? Number.POSITIVE_INFINITY;
      outcome = await act({ ...this.#lane.acting(step), within, watching: true });
    } catch (error) {
      const origin = walking.world.clock.now();
      outcome = { status: 'broken', ms: 0, origin, tries: 0, trouble: troubleOf(error), stopped: false };
    }
    this.#lane.finish(step, outcome);
    const hard = outcome.status === 'broken' || (outcome.status === 'failed' && !step.soft && !step.optional);
    if (hard) this.#steps.halted ??= `“${telling.title(step)}” ${outcome.status}`;
  }

  /** Nothing more will come: what was not seen by now was not there. */
  async end(): Promise<void> {
    this.#over.abort(new Failure('did not come before the journey ended'));
    await Promise.all(this.#running);
    for (const step of this.#waiting)
      this.#attempt.telling.skip(step, { phase: 'whenever' }, `${step.actor} had no ${step.driver} session`);
  }
}
