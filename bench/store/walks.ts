import type { Event } from '../../core/event.ts';

const place = { file: 'journeys/shop/answer.yaml', line: 3, column: 5 } as const;

/** A run of so many walks of twenty steps each, as the engine says it. */
export function* runOfWalks(run: string, walks: number): Generator<Event> {
  let seq = 0;
  const at = 1_790_000_000_000;
  const head = () => {
    seq += 1;
    return { v: 1, at: at + seq, run, seq } as const;
  };
  yield {
    ...head(),
    type: 'run.started',
    tool: 'bench',
    environment: 'bench',
    location: 'here',
    trigger: 'load',
    batch: run,
    seed: 1,
    journeys: [],
    layers: [],
  };
  for (let n = 1; n <= walks; n += 1) {
    const of = { walk: `${run}-${n}`, journey: 'shop/answer' };
    yield {
      ...head(),
      ...of,
      type: 'walk.started',
      title: 'A customer asks',
      owner: 'bots',
      file: place.file,
      tags: [],
      hash: 'h',
      variant: {},
      environment: 'bench',
      location: 'here',
      tool: 'bench',
      seed: 1,
      traceparent: '',
      mark: '',
      folder: `runs/${run}/${of.walk}`,
      steps: 20,
    };
    for (let step = 1; step <= 20; step += 1)
      yield {
        ...head(),
        ...of,
        attempt: 1,
        step: `step-${step}`,
        actor: 'customer',
        title: 'hear',
        action: 'chat.hear',
        phase: 'steps',
        layer: 'bot',
        owner: 'bots',
        place,
        type: 'step.ended',
        status: 'passed',
        ms: 100 + step,
        origin: at + seq,
        tries: 1,
        flaky: false,
      };
    yield { ...head(), ...of, type: 'walk.ended', status: 'passed', ms: 2_000, attempts: 1, flaky: false };
  }
  yield {
    ...head(),
    type: 'run.ended',
    status: 'passed',
    ms: 60_000,
    walks: { passed: walks, degraded: 0, failed: 0, broken: 0, skipped: 0 },
    interrupted: false,
    exit: 0,
  };
}
