import type { Clock } from '../core/clock.ts';
import type { Journey } from '../core/journey.ts';
import type { JsonObject } from '../core/json.ts';
import { rows } from '../core/rows.ts';

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
  /** Waits for a free row where the journey leases one; rejects with the signal's reason. */
  hold(clock: Clock, signal: AbortSignal): Promise<Held>;
}

interface Row {
  readonly number: number;
  readonly values: JsonObject;
}

/** The walks of a run in order: one a journey, or one a data row where `rows: all`, times `repeat`. */
export async function turnsOf(journeys: readonly Journey[], repeat: number, leases: Leases): Promise<readonly Turn[]> {
  const turns: Turn[] = [];
  for (const journey of journeys) {
    const { data } = journey;
    const all: Row[] = [];
    if (data) for await (const row of rows(data.file, { columns: data.columns })) all.push(row);
    const once =
      data?.rows === 'all'
        ? all.map((row) => fixed(journey, row))
        : [data ? leased(journey, all, leases) : free(journey)];
    for (let n = 0; n < repeat; n += 1) turns.push(...once);
  }
  return turns;
}

const free = (journey: Journey): Turn => ({
  journey,
  hold: async () => ({ customer: {}, secret: [], [Symbol.asyncDispose]: async () => undefined }),
});

const fixed = (journey: Journey, row: Row): Turn => ({
  journey,
  hold: async () => ({ ...holding(journey, row), [Symbol.asyncDispose]: async () => undefined }),
});

function leased(journey: Journey, all: readonly Row[], leases: Leases): Turn {
  const kind = `row ${journey.data?.file}`;
  let next = 0;
  return {
    journey,
    hold: async (clock, signal) => {
      for (;;) {
        for (let tried = 0; tried < all.length; tried += 1) {
          const row = all[next % all.length] as Row;
          next += 1;
          const key = String(row.number);
          if (!(await leases.take(kind, key, clock.now() + (journey.within ?? 900_000) + 60_000))) continue;
          return { ...holding(journey, row), [Symbol.asyncDispose]: () => leases.give(kind, key) };
        }
        await clock.sleep(250, signal);
      }
    },
  };
}

function holding({ data }: Journey, { number, values }: Row) {
  const secret = (data?.secret ?? []).map((column) => String(values[column] ?? ''));
  return { customer: values, row: number, secret };
}
