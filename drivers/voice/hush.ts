import type { Stretch } from '../../telephony/evidence/slice.ts';

/** When a secret was sounded or read back in each walk: no recording of that walk tells it, whoever's it is. */
export class Hush {
  readonly #walks = new Map<string, Stretch[]>();

  add(walk: string, stretch: Stretch): void {
    this.#walks.set(walk, [...(this.#walks.get(walk) ?? []), stretch]);
  }

  of(walk: string): readonly Stretch[] {
    return this.#walks.get(walk) ?? [];
  }

  forget(walk: string): void {
    this.#walks.delete(walk);
  }
}
