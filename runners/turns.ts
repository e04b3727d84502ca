import type { Clock } from '../core/clock.ts';
import type { Journey } from '../core/journey.ts';
import type { JsonObject } from '../core/json.ts';

/** Holds a thing for one walk, across processes where the store can. */
export interface Leases {
  /** False when somebody else holds it. `until` is epoch ms. */
  take(kind: string, key: string, until: number): Promise<boolean>;
  give(kind: string, key: string): Promise<void>;
}

export interface Held extends AsyncDisposable {
  readonly customer: JsonObject;
  readonly secret: readonly string[];
  readonly row?: number;
}

/** One walk to be done. */
export interface Turn {
  readonly journey: Journey;
  /** Waits for a free row where the journey has data, and says so once; rejects with the signal's reason. */
  hold(clock: Clock, signal: AbortSignal, say: (line: string) => void): Promise<Held>;
}

interface Row {
  readonly number: number;
  readonly values: JsonObject;
}

/** ms between two looks for a free row, and before its wait is told. */
const again = 250;
const silent = 2_000;
/** What a walk may take beside its steps, an attempt: `finally`, and a session that is slow to close, ms. */
const around = 60_000;

export interface Turning {
  readonly repeat: number;
  readonly leases: Leases;
  /** Limit of a journey that names none, ms. */
  readonly limit: number;
}

/** The walks of a run in order: one a journey, or one a data row where `rows: all`, times `repeat`. */
export async function turnsOf(journeys: readonly Journey[], turning: Turning): Promise<readonly Turn[]> {
  const turns: Turn[] = [];
  for (const journey of journeys) {
    const { data } = journey;
    const all = data ? await rowsOf(data) : [];
    const each = data?.rows === 'all' ? all.map((row) => [row]) : [all];
    const once = data ? each.map((some) => leased(journey, some, turning)) : [free(journey)];
    for (let n = 0; n < turning.repeat; n += 1) turns.push(...once);
  }
  return turns;
}

/** Journeys without data go without the reader of CSV. */
async function rowsOf({ file, columns }: NonNullable<Journey['data']>): Promise<readonly Row[]> {
  const { rows } = await import('../core/rows.ts');
  const all: Row[] = [];
  for await (const row of rows(file, { columns })) all.push(row);
  return all;
}

const free = (journey: Journey): Turn => ({
  journey,
  hold: async () => ({ customer: {}, secret: [], [Symbol.asyncDispose]: async () => undefined }),
});

/** No two walks hold the same customer at once, whatever process they are in. */
function leased(journey: Journey, all: readonly Row[], { leases, limit }: Turning): Turn {
  const kind = `row ${journey.data?.file}`;
  const longest = ((journey.within ?? limit) + around) * (1 + journey.retry);
  let next = 0;
  return {
    journey,
    hold: async (clock, signal, say) => {
      const from = clock.now();
      for (let told = false; ; ) {
        for (let tried = 0; tried < all.length; tried += 1) {
          const row = all[next % all.length] as Row;
          next += 1;
          const key = String(row.number);
          if (!(await leases.take(kind, key, clock.now() + longest))) continue;
          return { ...holding(journey, row), [Symbol.asyncDispose]: () => leases.give(kind, key) };
        }
        if (!told && clock.now() - from > silent) {
          told = true;
          const held = all.length === 1 ? `row ${all[0]?.number} is` : `all ${all.length} rows are`;
          say(`${journey.id} waits for a customer: ${held} held by other walks`);
        }
        await clock.sleep(again, signal);
      }
    },
  };
}

function holding({ data }: Journey, { number, values }: Row) {
  const secret = (data?.secret ?? []).map((column) => String(values[column] ?? ''));
  return { customer: values, row: number, secret };
}
