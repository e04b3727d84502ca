import { EventEmitter, once } from 'node:events';

/** What one actor says. */
export interface Saying {
  readonly text: string;
  /** 8 kHz mono. */
  readonly samples: Int16Array;
  readonly by: string;
  /** When its first packet was to leave, by the clock of its stream; undefined when none did. Absent for what no actor says. */
  readonly spoken?: Promise<number | undefined>;
  /** Name under which it is listened for, once somebody does. */
  name?: string;
}

/** A short tune of one actor, which nobody else on the line has: what is said when it is sounded, and listened for. */
export const markerOf = (actor: string): string => `the marker of ${actor}`;

/** What the actors of each walk have said so far, so that another can hear it. Costs nothing until one listens. */
export class Sayings {
  readonly #walks = new Map<string, Saying[]>();
  readonly #bell = new EventEmitter().setMaxListeners(0);

  add(walk: string, saying: Saying): void {
    this.#walks.set(walk, [...(this.#walks.get(walk) ?? []), saying]);
    this.#bell.emit(walk);
  }

  newest(walk: string, fits: (saying: Saying) => boolean): Saying | undefined {
    return this.#walks.get(walk)?.findLast(fits);
  }

  /** The newest that fits, once there is one; rejects with the signal's reason. */
  async find(walk: string, fits: (saying: Saying) => boolean, signal: AbortSignal): Promise<Saying> {
    for (;;) {
      const found = this.newest(walk, fits);
      if (found) return found;
      signal.throwIfAborted();
      try {
        await once(this.#bell, walk, { signal });
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      }
    }
  }

  /** The walk is over. Returns the names under which its sayings were listened for. */
  forget(walk: string): readonly string[] {
    const names = this.#walks.get(walk)?.flatMap(({ name }) => name ?? []) ?? [];
    this.#walks.delete(walk);
    return names;
  }
}
