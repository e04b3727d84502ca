import type { Tools } from '../../core/driver.ts';
import { showMs } from '../../core/duration.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import { search } from '../../core/jmespath.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Records } from './records.ts';

export interface Wanted {
  readonly fields: JsonObject;
  /** JMESPath that must hold for the record. */
  readonly where?: string | undefined;
  readonly exactly: number;
  readonly since?: string | undefined;
  readonly poll: number;
  /** A further look after so long, for duplicates, ms. */
  readonly stable: number;
  readonly lag: number;
  /** Called at first sight, even if the check fails later. */
  readonly seen: (record: JsonObject) => void;
}

/** Looks until exactly so many records are there; judged is when they became visible, counted from the customer's act. */
export async function expectRecords(wanted: Wanted, records: Records, tools: Tools): Promise<readonly JsonObject[]> {
  const { signal, clock, since, until, note, actOf, left } = tools;
  if (wanted.lag > 0 && left() < wanted.lag)
    throw new SpecError(
      `\`within\` is shorter than the search lag of this system (${showMs(wanted.lag)})`,
      'a search index is not the record: wait longer',
    );
  if (wanted.since !== undefined) {
    const act = actOf(wanted.since);
    if (act === undefined) throw new SpecError(`\`since: ${wanted.since}\`: that step has not run`);
    since(act);
  }
  let missed = clock.now();
  let looks = 0;
  let last: readonly JsonObject[] = [];
  for (;;) {
    const asked = clock.now();
    try {
      last = matching(await records.find(wanted.fields, signal), wanted.where);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw unseen(wanted, last, looks);
    }
    looks += 1;
    last.forEach(wanted.seen);
    if (last.length >= wanted.exactly) {
      const hit = clock.now();
      until(hit);
      note({ type: 'metric', name: 'resolution', value: Math.round(hit - missed), unit: 'ms' });
      note({ type: 'metric', name: 'looks', value: looks, unit: '' });
      note({ type: 'metric', name: 'call', value: Math.round(hit - asked), unit: 'ms' });
      break;
    }
    missed = asked;
    await clock.sleep(Math.max(10, wanted.poll - (clock.now() - asked)), signal).catch(() => {
      throw unseen(wanted, last, looks);
    });
  }
  return single(wanted, records, tools, last);
}

/** Double creation is a classic fault, and shows only a moment later. */
async function single(
  wanted: Wanted,
  records: Records,
  { clock, signal }: Tools,
  first: readonly JsonObject[],
): Promise<readonly JsonObject[]> {
  let found = first;
  if (found.length === wanted.exactly && wanted.stable > 0) {
    await clock.sleep(Math.min(wanted.stable, 5000), signal);
    found = matching(await records.find(wanted.fields, signal), wanted.where);
    found.forEach(wanted.seen);
  }
  if (found.length === wanted.exactly) return found;
  const ids = found.map((record) => records.idOf(record)).join(', ');
  throw new Failure(`${found.length} records instead of ${wanted.exactly}`, {
    expected: inWords(wanted),
    came: ids || 'none',
    details: found.slice(0, 5),
  });
}

function matching(found: readonly JsonObject[], where: string | undefined): readonly JsonObject[] {
  if (where === undefined) return found;
  return found.filter((record) => search(record, where) === true);
}

function unseen(wanted: Wanted, last: readonly JsonObject[], looks: number): Failure {
  const came = last.length === 0 ? `none in ${looks} looks` : `${last.length} in ${looks} looks`;
  return new Failure('the record was not there', { expected: inWords(wanted), came, details: last.slice(0, 5) });
}

function inWords({ fields, exactly, where }: Wanted): string {
  const asked = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
  return `exactly ${exactly} with ${[...asked, ...(where ? [where] : [])].join(', ') || 'any fields'}`;
}
