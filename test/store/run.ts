import type { Event } from '../../core/event.ts';
import type { Status } from '../../core/verdict.ts';

interface Made {
  readonly run: string;
  readonly at: number;
  readonly journey?: string;
  /** Duration and status of the step `answer` of one walk each. */
  readonly walks: readonly {
    readonly ms: number;
    readonly status?: Status;
    readonly attempts?: number;
    readonly tries?: number;
    /** What the call showed at its end. */
    readonly mos?: number;
    /** How well the step heard what it waited for, 0-1. */
    readonly match?: number;
    /** Durations of further steps that passed, by name. */
    readonly more?: Readonly<Record<string, number>>;
  }[];
  readonly batch?: string;
  readonly commit?: string;
  readonly ended?: boolean;
  readonly interrupted?: boolean;
}

/** The event stream of a run as the engine would say it, numbers chosen. */
export function* runOf({
  run,
  at,
  journey = 'shop/answer',
  walks,
  batch = run,
  commit,
  ended = true,
  interrupted = false,
}: Made): Generator<Event> {
  let seq = 0;
  const head = (when: number) => {
    seq += 1;
    return { v: 1, at: when, run, seq } as const;
  };
  yield {
    ...head(at),
    type: 'run.started',
    tool: 'test',
    environment: 'test',
    location: 'here',
    trigger: 'ci',
    batch,
    seed: 1,
    journeys: [],
    layers: [],
    ...(commit ? { commit } : {}),
  };
  for (const [n, { ms, status = 'passed', attempts = 1, tries = 1, mos, match, more = {} }] of walks.entries()) {
    const walk = `${run}-${n + 1}`;
    const when = at + n * 1000;
    const of = { walk, journey };
    const place = { file: 'journeys/shop/answer.yaml', line: 3, column: 5 };
    const step = {
      attempt: 1,
      step: 'answer',
      actor: 'customer',
      title: 'hear',
      action: 'chat.hear',
      phase: 'steps',
      layer: 'bot',
      owner: 'bots',
      place,
    } as const;
    yield {
      ...head(when),
      ...of,
      type: 'walk.started',
      title: 'A customer asks',
      owner: 'bots',
      file: place.file,
      tags: [],
      hash: 'h',
      variant: {},
      environment: 'test',
      location: 'here',
      tool: 'test',
      seed: 1,
      traceparent: '',
      mark: '',
      folder: `runs/${run}/${walk}`,
      steps: 1,
    };
    yield { ...head(when), ...of, type: 'attempt.started', attempt: 1 };
    yield { ...head(when), ...of, ...step, type: 'step.started' };
    yield {
      ...head(when),
      ...of,
      attempt: 1,
      step: 'answer',
      actor: 'customer',
      type: 'step.noted',
      note: { type: 'metric', name: 'onset', value: ms / 2, unit: 'ms' },
    };
    const matched = { type: 'metric', name: 'match', value: match ?? 0, unit: '', better: 'higher' } as const;
    if (match !== undefined)
      yield { ...head(when), ...of, attempt: 1, step: 'answer', actor: 'customer', type: 'step.noted', note: matched };
    yield { ...head(when + ms), ...of, ...step, type: 'step.ended', status, ms, origin: when, tries, flaky: tries > 1 };
    for (const [name, took] of Object.entries(more))
      yield {
        ...head(when + ms),
        ...of,
        ...step,
        step: name,
        title: name,
        type: 'step.ended',
        status: 'passed',
        ms: took,
        origin: when,
        tries: 1,
        flaky: false,
      };
    const shown = { type: 'metric', name: 'mos', value: mos ?? 0, unit: 'MOS', better: 'higher' } as const;
    if (mos !== undefined)
      yield { ...head(when + ms), ...of, attempt: 1, actor: 'customer', type: 'step.noted', note: shown };
    yield { ...head(when + ms), ...of, type: 'attempt.ended', attempt: 1, status, ms };
    yield {
      ...head(when + ms),
      ...of,
      type: 'walk.ended',
      status: attempts > 1 ? 'passed' : status,
      ms,
      attempts,
      flaky: attempts > 1 || tries > 1,
    };
  }
  if (ended)
    yield {
      ...head(at + 60_000),
      type: 'run.ended',
      status: 'passed',
      ms: 60_000,
      walks: { passed: 1, degraded: 0, failed: 0, broken: 0, skipped: 0 },
      interrupted,
      exit: 0,
    };
}
