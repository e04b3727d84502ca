import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SpecError } from '../core/errors.ts';
import type { Event, StepEnded } from '../core/event.ts';
import { nearest } from '../core/nearest.ts';
import { eventsOf, keptRun, runOf } from './kept.ts';

/** A recording of a run: what the actor heard is its first channel; ms of it, where not all is meant. Without `to`: one utterance. */
export interface Taken {
  readonly wav: string;
  readonly from?: number;
  readonly to?: number;
  readonly taken: string;
}

/** A little before its onset is known to be, ms. */
const before = 150;

/** The recording of a kept run's call, of one step's listening where one is named. Throws SpecError. */
export async function takenFrom(store: string, wanted: string, step: string | undefined): Promise<Taken> {
  const file = keptRun(store, wanted);
  return step === undefined ? ofCall(dirname(file), runOf(file)) : ofStep(file, { store, step });
}

function ofCall(folder: string, run: string): Taken {
  const all = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => /\bvoice\/[^/]*\.wav$/.test(path))
    .sort();
  const [only, more] = all;
  if (only === undefined) throw new SpecError(`run ${run} has no recording of a call`, 'only calls leave one');
  if (more !== undefined)
    throw new SpecError(
      `run ${run} has ${all.length} recordings`,
      `name the step that heard it: --step ID; or take one: ${all.map((path) => `--wav ${join(folder, path)}`).join(' or ')}`,
    );
  return { wav: join(folder, only), taken: `run ${run}` };
}

async function ofStep(file: string, { store, step }: { store: string; step: string }): Promise<Taken> {
  const events: Event[] = [];
  for await (const event of eventsOf(file)) events.push(event);
  const run = runOf(file);
  const ended = events.filter((event) => event.type === 'step.ended');
  const all = ended.filter((event) => event.step === step);
  if (all.length === 0) {
    const close = nearest(
      step,
      ended.map((event) => event.step),
    );
    throw new SpecError(
      `run ${run} has no step ${step}`,
      close ? `did you mean ${close}?` : 'see `throughline replay`',
    );
  }
  const good = all.filter(({ status }) => status === 'passed' || status === 'degraded');
  if (good.length === 0)
    throw new SpecError(
      `${step} did not pass in run ${run}`,
      'take a run in which it was right, or a recording: --wav',
    );
  for (const one of good) {
    const found = recordingAt(events, one, store);
    if (found) return { ...found, taken: `run ${run}, step ${step}` };
  }
  throw new SpecError(`run ${run} has no recording of ${step}`, 'only calls leave one; see `voice: { recordings }`');
}

/** What the step heard out, to its end; else what was said from when it began to listen. */
function recordingAt(events: readonly Event[], step: StepEnded, store: string): Omit<Taken, 'taken'> | undefined {
  const here = (event: Event) =>
    'walk' in event && event.walk === step.walk && 'attempt' in event && event.attempt === step.attempt;
  const notes = events.flatMap((event) =>
    event.type === 'step.noted' && here(event) && event.actor === step.actor ? [event] : [],
  );
  const heard = notes.flatMap((event) =>
    event.step === step.step && event.note.type === 'talk' && !event.note.ours ? [event.note.at] : [],
  );
  const from = heard.length === 0 ? step.origin : Math.min(...heard) - before;
  const walk = events.find((event) => event.type === 'walk.started' && event.walk === step.walk);
  const folder = walk?.type === 'walk.started' ? join(store, walk.folder) : store;
  const [best] = notes
    .flatMap(({ note }) =>
      note.type === 'file' && note.mime === 'audio/wav' && note.at !== undefined && note.at <= from
        ? [{ wav: join(folder, note.path), at: note.at }]
        : [],
    )
    .filter(({ wav }) => existsSync(wav))
    .sort((a, b) => b.at - a.at);
  return best && { wav: best.wav, from: from - best.at, ...(heard.length === 0 ? {} : { to: step.at - best.at }) };
}
