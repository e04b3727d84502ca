import { type Acting, act, type Outcome, troubleOf } from './act.ts';
import { Deadline, Stopped } from './deadline.ts';
import type { Action } from './driver.ts';
import { SpecError } from './errors.ts';
import type { ActionStep, FlowStep, Step, TogetherStep } from './journey.ts';
import type { Json, JsonObject } from './json.ts';
import { Names, plain } from './scope.ts';
import type { Walking } from './sessions.ts';
import { parseArgs } from './spec.ts';
import { namesBelow, type Phase, type Stand, type Telling } from './telling.ts';
import { titleOf } from './title.ts';
import { worst } from './verdict.ts';
import { judgedWhole, type Once, type Part, Pause } from './whole.ts';

/** What a lane may ask of the attempt that it belongs to. */
export interface Host {
  readonly walking: Walking;
  readonly telling: Telling;
  /** When the act of a step was done, by step name. */
  readonly acts: Map<string, number>;
  action(step: ActionStep): Action;
  session(step: ActionStep, signal: () => AbortSignal): Promise<AsyncDisposable>;
  roots(): Readonly<Record<string, Json>>;
}

interface Course extends Stand {
  readonly names: Names;
  readonly phase: Phase;
  /** Fires when no further step may start and the running one must end. */
  readonly stop: AbortSignal;
  /** Of the flow call or `together` that it stands in. */
  readonly pause?: Pause;
}

/** One order of steps: the journey itself, a branch of `together`, a flow, or `finally`. Nothing here throws. */
export class Lane {
  readonly #attempt: Host;
  readonly #course: Course;
  /** Why the rest is skipped. */
  halted: string | undefined;
  interrupted = false;
  /** How long sessions took to open so far, ms: no part of a step, nor of a step made of steps. */
  opening = 0;

  constructor(attempt: Host, course: Course) {
    this.#attempt = attempt;
    this.#course = course;
  }

  get stop(): AbortSignal {
    return this.#course.stop;
  }

  async steps(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (this.stop.aborted && !this.halted) this.#interrupt();
      await this.#step(step);
    }
  }

  async #step(step: Step): Promise<void> {
    try {
      const reason = this.halted ?? this.passedOver(step);
      if (reason) return this.#skip(step, reason);
    } catch (error) {
      return this.#refuse(step, error);
    }
    if (step.kind === 'action') return this.#act(step);
    return step.kind === 'use' ? this.#flow(step) : this.#together(step);
  }

  /** Why a step is not to be done although nothing failed: quarantine, or its `if`. Throws SpecError. */
  passedOver(step: Step): string | undefined {
    const { world, journey } = this.#attempt.walking;
    const reason = world.quarantined(journey.id, step.name);
    if (reason !== undefined || step.if === undefined || this.#course.names.truthy(step.if)) return reason;
    return `\`if: ${step.if}\` was not so`;
  }

  async #act(step: ActionStep): Promise<void> {
    let acting: Acting;
    try {
      acting = this.acting(step);
    } catch (error) {
      return this.#unfit(step, step.args, error);
    }
    this.begin(step);
    const outcome = await act(acting);
    const { acts, walking } = this.#attempt;
    if (!acts.has(step.name)) acts.set(step.name, walking.world.clock.now());
    this.finish(step, outcome);
  }

  /** Says that an action starts, with the title made of its filled arguments. */
  begin(step: ActionStep): void {
    this.#attempt.telling.start(step, this.#course, this.#title(step));
  }

  /** Throws SpecError when a value is missing or wrong. */
  acting(step: ActionStep): Acting {
    const attempt = this.#attempt;
    const { names, stop } = this.#course;
    const action = attempt.action(step);
    const args = parseArgs(action, this.#filled(step), step);
    for (const target of action.targets?.(args as never) ?? []) attempt.walking.world.guard.target(target);
    return {
      action,
      args,
      stop,
      within: attempt.telling.within(step),
      layer: attempt.telling.layer(step),
      retry: step.retry,
      clock: attempt.walking.world.clock,
      session: (signal) => this.#session(step, signal),
      ...(attempt.walking.world.gone ? { gone: attempt.walking.world.gone } : {}),
      note: (note) => attempt.telling.note(note, step.actor, step.name),
      acted: (at) => attempt.acts.set(step.name, at),
      actOf: (name) => attempt.acts.get(names.prefix + name) ?? attempt.acts.get(name),
      ...(step.target === undefined ? {} : { target: step.target }),
    };
  }

  async #session(step: ActionStep, signal: () => AbortSignal): Promise<AsyncDisposable> {
    const { clock } = this.#attempt.walking.world;
    const { pause } = this.#course;
    const from = clock.now();
    pause?.begin();
    try {
      return await this.#attempt.session(step, signal);
    } finally {
      this.opening += clock.now() - from;
      pause?.took(this.opening);
      pause?.end();
    }
  }

  async #flow(step: FlowStep): Promise<void> {
    const { config, run } = this.#attempt.roots();
    let inputs: JsonObject;
    try {
      inputs = this.#course.names.fill(step.with) as JsonObject;
    } catch (error) {
      return this.#unfit(step, step.with, error);
    }
    let names: Names;
    const outcome = await this.#inner(step, () => {
      names = new Names({ ...inputs, config: config ?? null, run: run ?? null }, `${step.name}/`);
      return [{ names, steps: step.steps }];
    });
    try {
      const done = outcome.status === 'passed' || outcome.status === 'degraded';
      const outputs = done ? Object.entries(step.outputs).map(([name, value]) => [name, names.fill(value)]) : [];
      this.finish(step, { ...outcome, result: Object.fromEntries(outputs) });
    } catch (error) {
      this.finish(step, { ...outcome, status: 'broken', trouble: troubleOf(error) });
    }
  }

  async #together(step: TogetherStep): Promise<void> {
    const { names } = this.#course;
    this.finish(step, await this.#inner(step, () => step.branches.map(({ steps }) => ({ names, steps }))));
  }

  /** Does what is below a flow call or `together`, with its retries: `within` is over all tries, `target` is judged on the first. */
  async #inner(step: FlowStep | TogetherStep, make: () => readonly Part[]): Promise<Outcome> {
    const { telling, walking, acts } = this.#attempt;
    const now = () => walking.world.clock.now();
    const origin = telling.start(step, this.#course, this.#title(step));
    using deadline = new Deadline({ now, origin, within: step.within ?? Number.POSITIVE_INFINITY, stop: this.stop });
    const bound = deadline.signal;
    const pause = new Pause(deadline, this.#course.pause);
    let before: Outcome | undefined;
    for (let tries = 1; ; tries += 1) {
      const outcome = await this.#once(step, { parts: make(), bound, tries, pause });
      const { status } = outcome;
      const again = status === 'failed' || (status === 'broken' && before?.status !== 'broken');
      if (!again || tries > step.retry || bound.aborted)
        return judgedWhole(outcome, before?.firstMs ?? before?.ms, step);
      telling.forget(step);
      for (const name of namesBelow(step)) acts.delete(name);
      before = { ...outcome, firstMs: before?.firstMs ?? outcome.ms };
    }
  }

  /** Runs lanes side by side and sums them up; a hard stop in one halts this lane afterwards. */
  async #once(step: FlowStep | TogetherStep, { parts, bound, tries, pause }: Once): Promise<Outcome> {
    const { telling, walking } = this.#attempt;
    const origin = walking.world.clock.now();
    const { phase } = this.#course;
    const lanes = parts.map(
      ({ names }) => new Lane(this.#attempt, { names, phase, parent: step.name, stop: bound, pause }),
    );
    const taken = await Promise.all(
      lanes.map(async (lane, n) => {
        await lane.steps(parts[n]?.steps ?? []);
        return walking.world.clock.now() - origin - lane.opening;
      }),
    );
    const ms = Math.max(0, ...taken);
    this.opening += walking.world.clock.now() - origin - ms;
    this.#course.pause?.took(this.opening);
    this.interrupted ||= lanes.some((lane) => lane.interrupted && this.stop.aborted);
    const halted = lanes.find((lane) => lane.halted)?.halted;
    const below = telling.ended.filter((ended) => ended.parent === step.name);
    const status = worst(['passed', ...below.filter(({ soft }) => !soft).map((ended) => ended.status)]);
    const common = { ms, origin, tries, stopped: this.interrupted };
    const culprit = below.find((ended) => ended.status === status)?.title ?? 'a step';
    if (halted && !this.halted && status !== 'failed' && status !== 'broken') this.halted = halted;
    if (status === 'failed' || status === 'broken') {
      const kind = status === 'failed' ? 'failure' : 'broken';
      return { ...common, status, trouble: { kind, message: `“${culprit}” ${status}` } };
    }
    return status === 'degraded'
      ? { ...common, status, reason: `“${culprit}” degraded` }
      : { ...common, status: 'passed' };
  }

  /** Settles what an outcome means for this step and for the rest of the lane. */
  finish(step: Step, outcome: Outcome): void {
    const { telling } = this.#attempt;
    if (outcome.stopped) {
      this.#interrupt();
      telling.end(step, this.#course, { ...outcome, status: 'skipped', trouble: undefined, reason: this.halted });
      return;
    }
    if (outcome.status === 'failed' && step.optional) {
      telling.forget(step);
      const reason = `did not occur: ${outcome.trouble?.message}`;
      telling.end(step, this.#course, { ...outcome, status: 'skipped', trouble: undefined, reason });
      return;
    }
    const ended = this.#saved(step, outcome);
    telling.end(step, this.#course, ended);
    if (ended.status === 'failed' && step.save !== undefined)
      this.#course.names.miss(step.save, `“${telling.title(step)}” failed`);
    const hard = ended.status === 'broken' || (ended.status === 'failed' && !step.soft);
    if (hard && this.#course.phase === 'steps') this.halted ??= `“${telling.title(step)}” ${ended.status} before`;
  }

  #saved(step: Step, outcome: Outcome): Outcome {
    if (step.save === undefined || (outcome.status !== 'passed' && outcome.status !== 'degraded')) return outcome;
    try {
      this.#course.names.save(step.save, plain(outcome.result));
      return outcome;
    } catch (error) {
      return { ...outcome, status: 'broken', trouble: troubleOf(error) };
    }
  }

  #filled(step: ActionStep): JsonObject {
    return this.#course.names.fill(step.args) as JsonObject;
  }

  #title(step: Step): string {
    const raw = () => (step.kind === 'action' ? titleOf(step, this.#attempt.action(step), step.args) : step.name);
    try {
      if (step.title !== undefined) return String(this.#course.names.fill(step.title));
      if (step.kind === 'action') return titleOf(step, this.#attempt.action(step), this.#filled(step));
      return step.kind === 'use' ? `use ${step.flow}` : 'together';
    } catch {
      return step.title ?? raw();
    }
  }

  #skip(step: Step, reason: string): void {
    this.#attempt.telling.skip(step, this.#course, reason, this.#title(step));
  }

  /** What it needs cannot be filled: because a step failed before, or because the journey is wrong. */
  #unfit(step: Step, needs: Json, error: unknown): void {
    const { names, phase } = this.#course;
    const lost = error instanceof SpecError ? names.missed(needs) : undefined;
    if (lost !== undefined) this.#skip(step, lost);
    else if (phase === 'finally' && !names.fits(needs)) this.#skip(step, 'the values it needs were never saved');
    else this.#refuse(step, error);
  }

  /** The journey itself is wrong here, seen only now: nothing was dialled. */
  #refuse(step: Step, error: unknown): void {
    const { telling } = this.#attempt;
    const at = telling.start(step, this.#course, this.#title(step));
    this.finish(step, { status: 'broken', ms: 0, origin: at, tries: 0, trouble: troubleOf(error), stopped: false });
  }

  #interrupt(): void {
    const { reason } = this.stop;
    this.interrupted = reason instanceof Stopped;
    this.halted ??= reason instanceof Error ? reason.message : 'stopped';
  }
}
