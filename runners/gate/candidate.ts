import type { Event, StepEnded, StepNoted } from '../../core/event.ts';
import type { Like } from '../../core/history.ts';
import type { Reporter } from '../../core/reporter.ts';
import type { Status } from '../../core/verdict.ts';

/** What one walk showed: a duration (ms), or a figure in its own unit. */
export interface Told {
  readonly walk: string;
  readonly run: string;
  /** Epoch ms. */
  readonly at: number;
  readonly batch: string;
  readonly status: Status;
  readonly value?: number;
}

/** A step of a journey, or a figure of its quality, with what a finding about it must name. */
export interface Watched {
  readonly like: Like;
  readonly step: string;
  /** A figure instead of the step's duration, of which more is better. */
  readonly metric?: { readonly name: string; readonly unit: string };
  readonly title: string;
  readonly layer: string;
  readonly owner: string;
  /** ms */
  readonly target: number | undefined;
  readonly told: Told[];
}

type Metric = Extract<StepNoted['note'], { readonly type: 'metric' }>;

interface Noted {
  readonly event: StepNoted;
  readonly note: Metric;
}

interface Walk {
  readonly like: Like;
  readonly ended: StepEnded[];
  /** The last of each name that a step or a session noted. */
  readonly noted: Map<string, Noted>;
}

/** Gathers the candidate while it runs: the first try of each step in a first attempt, and what shows its quality. */
export class Candidate implements Reporter {
  readonly #watched = new Map<string, Watched>();
  readonly #walks = new Map<string, Walk>();
  #place = { environment: '', location: '', trigger: 'manual', batch: '', run: '' };

  get run(): string {
    return this.#place.run;
  }

  get watched(): readonly Watched[] {
    return [...this.#watched.values()];
  }

  on(event: Event): void {
    if (event.type === 'run.started') {
      const { environment, location, trigger, batch, run } = event;
      this.#place = { environment, location, trigger, batch, run };
    }
    if (event.type === 'walk.started') {
      const { environment, location, trigger } = this.#place;
      const like = { journey: event.journey, environment, location, trigger, variant: event.variant };
      this.#walks.set(event.walk, { like, ended: [], noted: new Map() });
    }
    if (event.type === 'step.ended' && event.attempt === 1) this.#walks.get(event.walk)?.ended.push(event);
    if (event.type === 'step.noted' && event.attempt === 1) this.#note(event);
    if (event.type !== 'walk.ended') return;
    const walk = this.#walks.get(event.walk);
    this.#walks.delete(event.walk);
    if (!walk || event.status === 'broken') return;
    for (const ended of walk.ended) this.#keep(walk.like, ended, event.attempts > 1);
    for (const noted of walk.noted.values()) this.#figure(walk, noted);
  }

  #note(event: StepNoted): void {
    const { note, step, actor, walk } = event;
    if (note.type !== 'metric' || note.better !== 'higher' || !Number.isFinite(note.value)) return;
    this.#walks.get(walk)?.noted.set(JSON.stringify([step ?? '', actor, note.name]), { event, note });
  }

  #keep(like: Like, ended: StepEnded, flaky: boolean): void {
    const { status, phase, step, action, title, layer, owner, target } = ended;
    if (status === 'skipped' || phase === 'finally' || action === 'pause.pause') return;
    const fine = (status === 'passed' || status === 'degraded') && ended.tries === 1 && !flaky;
    const seen = fine ? { status, value: ended.ms } : ({ status: 'failed' } as const);
    this.#add({ like, step, title, layer, owner, target }, ended, seen);
  }

  /** What a session shows at its end belongs to no step, but to its actor, and stands where the actor's first step does. */
  #figure({ like, ended }: Walk, { event, note }: Noted): void {
    const { step = '', actor } = event;
    const own = ended.find((one) => (step === '' ? one.actor === actor : one.step === step));
    const name = step === '' ? `${actor}: ${note.name}` : note.name;
    const title = step === '' ? name : `${own?.title ?? step}: ${note.name}`;
    const { layer = '', owner = '' } = own ?? {};
    const metric = { name, unit: note.unit };
    this.#add(
      { like, step, metric, title, layer, owner, target: undefined },
      { ...event, origin: event.at },
      { status: 'passed', value: note.value },
    );
  }

  #add(
    of: Omit<Watched, 'told'>,
    { walk, run, origin }: Pick<StepEnded, 'walk' | 'run' | 'origin'>,
    seen: Pick<Told, 'status' | 'value'>,
  ): void {
    const key = JSON.stringify([of.like, of.step, of.metric?.name]);
    const watched = this.#watched.get(key) ?? { ...of, told: [] };
    this.#watched.set(key, watched);
    watched.told.push({ walk, run, at: Math.round(origin), batch: this.#place.batch, ...seen });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
