import { SpecError } from '../../core/errors.ts';
import type { Event } from '../../core/event.ts';
import type { Store } from '../../store/store.ts';
import { runNames } from '../kept.ts';

/** Whether a file begins as the event stream of a run: our own, or the ndjson reporter's. */
export const isStream = (head: string) => /^\{[^\n]*"type":"run\.started"/.test(head);

/**
 * Remembers a run from its events: what a store that was full or away could not take. A run that is there in part is written
 * anew, one that is there whole is left alone. Resolves to the walks of the file, and whether they were new. Throws SpecError.
 */
export async function writeStream(
  store: Store,
  lines: AsyncIterable<string>,
  file: string,
): Promise<{ readonly walks: number; readonly fresh: boolean }> {
  const events: Event[] = [];
  let n = 0;
  for await (const line of lines) {
    n += 1;
    if (line.trim() === '') continue;
    try {
      events.push(JSON.parse(line) as Event);
    } catch {
      throw new SpecError([{ message: 'a line that is no JSON', place: { file, line: n, column: 1 } }]);
    }
  }
  const [first] = events;
  if (first?.type !== 'run.started' || !runNames.test(first.run))
    throw new SpecError([{ message: 'no run begins here', place: { file, line: 1, column: 1 } }]);
  const walks = events.filter(({ type, run }) => type === 'walk.ended' && run === first.run).length;
  if (!(await store.retention.clear(first.run, walks))) return { walks, fresh: false };
  await using ledger = store.ledger({ journal: false });
  for (const event of events) if (event.run === first.run) ledger.on(event);
  return { walks, fresh: true };
}
