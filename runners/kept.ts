import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { SpecError } from '../core/errors.ts';
import type { Event } from '../core/event.ts';

/** What a run may be called: its evidence lies in a folder of that name. */
export const runNames = /^[A-Za-z0-9][\w.-]*$/;

/** The file of a kept run's events; `wanted` is an id, the beginning of one, or `last`. Throws SpecError. */
export function keptRun(store: string, wanted: string): string {
  const folder = join(store, 'runs');
  const all = (existsSync(folder) ? readdirSync(folder) : [])
    .filter((run) => existsSync(join(folder, run, 'events.ndjson')))
    .sort();
  const found = wanted === 'last' ? all.slice(-1) : all.filter((run) => run.startsWith(wanted));
  if (found.length === 1) return join(folder, found[0] as string, 'events.ndjson');
  const hint = all.length === 0 ? 'no run was kept here yet: throughline run' : 'see `throughline history`';
  throw new SpecError(found.length === 0 ? `no run ${wanted}` : `${found.length} runs begin with ${wanted}`, hint);
}

export const runOf = (file: string) => basename(dirname(file));

/** The events as they were said; a line that a crash cut in two says nothing. */
export async function* eventsOf(file: string): AsyncGenerator<Event> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    try {
      yield JSON.parse(line) as Event;
    } catch {}
  }
}
