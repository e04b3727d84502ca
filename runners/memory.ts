import { environment } from '../config/config.ts';
import type { Counter } from '../config/guard.ts';
import { systemClock } from '../core/clock.ts';
import type { Event, Finding, StepEnded } from '../core/event.ts';
import type { History } from '../core/history.ts';
import type { Reporter } from '../core/reporter.ts';
import type { World } from '../core/world.ts';
import { warmUp } from '../store/sqlite.ts';
import { Store } from '../store/store.ts';
import type { House } from './compose.ts';
import { Quota } from './quota.ts';
import type { Leases } from './turns.ts';

/** What a run remembers and asks of the past. */
export interface Memory extends AsyncDisposable {
  readonly reporters: ReadonlyMap<string, Reporter>;
  readonly history: History;
  readonly leases: Leases;
  /** What was spent today, over all processes that share the store. */
  readonly quota: Counter;
  /** Joins the history of a renamed step to that of its new name. */
  move(journey: string, names: { readonly from: string; readonly to: string }): Promise<unknown>;
  readonly judge: NonNullable<World['judge']>;
}

/** ms between two signs of life of a run. */
const breath = 20_000;

/** Runs that the end of one rolls up at most: a long backlog is left to `judge` and `prune`. */
const someRuns = 200;

/** The store of a place: SQLite in its folder, or PostgreSQL where DATABASE_URL names one. */
export const storeOf = (folder: string) => Store.open(folder, environment('DATABASE_URL') || undefined);

/** What `memoryOf` waits for longest can start beside what comes before it. */
export function expectMemory(): void {
  if (!environment('DATABASE_URL')) warmUp();
}

export async function memoryOf(house: Pick<House, 'store' | 'config'>): Promise<Memory> {
  const store = await storeOf(house.store);
  const clock = systemClock;
  await store.bury();
  const quota = await Quota.open(store, { clock, zone: house.config.timezone });
  const life = new Life(store);
  return {
    reporters: new Map<string, Reporter>([
      ['store', store.ledger()],
      ['life', life],
    ]),
    history: store.history,
    leases: {
      take: async (kind, name, until) => {
        const wanted = () => store.take(kind, name, { now: clock.now(), until });
        return (await wanted()) || ((await store.bury()) > 0 && (await wanted()));
      },
      give: (kind, name) => store.give(kind, name),
    },
    quota,
    move: (journey, names) => store.move(journey, names),
    judge: (finding, ended) => life.recall(finding, ended),
    [Symbol.asyncDispose]: async () => {
      try {
        await quota[Symbol.asyncDispose]();
        await store.rollups.roll(someRuns);
      } catch {
        // The ledger has said already that the store is in trouble; the next run rolls up what this one could not.
      } finally {
        await store[Symbol.asyncDispose]();
      }
    },
  };
}

/** Keeps a sign of life beside the run, and knows where its walks belong in history. */
class Life implements Reporter {
  readonly #store: Store;
  #timer: NodeJS.Timeout | undefined;
  #run = '';
  #last: Promise<unknown> = Promise.resolve();
  #place = { environment: '', location: '' };
  readonly #variants = new Map<string, Readonly<Record<string, string>>>();

  constructor(store: Store) {
    this.#store = store;
  }

  on(event: Event): void {
    if (event.type === 'walk.started') this.#variants.set(event.walk, event.variant);
    if (event.type === 'walk.ended') this.#variants.delete(event.walk);
    if (event.type !== 'run.started') return;
    const { run, environment, location } = event;
    this.#run = run;
    this.#place = { environment, location };
    const breathe = () => {
      this.#last = this.#store.breathe(run, systemClock.now()).catch(() => undefined);
    };
    breathe();
    this.#timer = setInterval(breathe, breath).unref();
  }

  /** Adds the last run in which the step was well, and what changed since. */
  async recall(finding: Finding, { walk, journey, step, origin, at }: StepEnded): Promise<Finding> {
    const variant = this.#variants.get(walk) ?? {};
    const like = { journey, ...this.#place, variant };
    const { history } = this.#store;
    const lastGood = await history.lastGood(like, step, Math.floor(origin));
    if (!lastGood) return finding;
    const changes = (await history.changes({ from: lastGood.at + 1, to: Math.ceil(at) })).slice(-5);
    return { ...finding, lastGood, ...(changes.length > 0 ? { changes } : {}) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#last;
    // A lease that cannot be given back ends by itself.
    if (this.#run) await this.#store.give('run', this.#run).catch(() => undefined);
  }
}
