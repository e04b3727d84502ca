import type { Counter } from '../config/guard.ts';
import type { Clock } from '../core/clock.ts';
import { dayIn } from '../core/zone.ts';
import type { Store } from '../store/store.ts';

type Kind = Parameters<Counter['count']>[0];
const kinds: readonly Kind[] = ['call', 'message', 'second'];

/** ms between two looks at what other processes have spent. */
const between = 1_000;

/** What was spent today, over all processes that share the store: told and asked every second, so that limits hold to that second. */
export class Quota implements AsyncDisposable, Counter {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #today: () => string;
  #day = '';
  readonly #known = new Map<Kind, number>();
  readonly #own = new Map<Kind, number>();
  #timer: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(store: Store, clock: Clock, zone: string) {
    this.#store = store;
    this.#clock = clock;
    this.#today = () => dayIn(zone, this.#clock.now());
  }

  static async open(store: Store, { clock, zone }: { readonly clock: Clock; readonly zone: string }): Promise<Quota> {
    const quota = new Quota(store, clock, zone);
    await quota.#look();
    return quota;
  }

  /** Adds to the day's sum and returns it; 0 only asks. */
  count(kind: Kind, amount = 1): number {
    if (this.#today() !== this.#day) this.#known.clear();
    this.#own.set(kind, (this.#own.get(kind) ?? 0) + amount);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#soon();
    }, between).unref();
    return (this.#known.get(kind) ?? 0) + (this.#own.get(kind) ?? 0);
  }

  /** Tells what was spent since the last look, then asks for the sums. What cannot be told now is told next time. */
  async #look(): Promise<void> {
    const day = this.#day || this.#today();
    for (const kind of kinds) {
      const amount = this.#own.get(kind) ?? 0;
      if (amount > 0) {
        await this.#store.add(kind, day, amount);
        this.#own.set(kind, (this.#own.get(kind) ?? 0) - amount);
        this.#known.set(kind, (this.#known.get(kind) ?? 0) + amount);
      }
      this.#day = this.#today();
      this.#known.set(kind, await this.#store.count(kind, this.#day));
    }
  }

  #soon(): void {
    this.#last = this.#last.then(() => this.#look()).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#last;
    await this.#look();
  }
}
