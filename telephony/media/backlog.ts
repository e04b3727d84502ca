import type { HeardPiece } from './heard.ts';

/** What libuv reads of one socket before it looks at the others: after so many packets more may wait. */
const reading = 32;
/** A flood does not keep holes from being told. */
const mostReadings = 25;

/**
 * Packets of one stream that waited in its socket while we stood still. They are read before anything is said to be
 * missing; and of a new source nothing is heard before, since how fast its packets come, so when they were due, is not known yet.
 */
export class Backlog {
  #came = 0;
  #readings = 0;
  #held: HeardPiece[] | undefined;
  readonly #later: (() => void)[] = [];

  /** A packet was read. */
  packet(): void {
    this.#came += 1;
  }

  /** A source has begun. */
  begin(): void {
    this.#held ??= [];
  }

  /** Whether more may wait. */
  get left(): boolean {
    return this.#came >= reading || this.#readings > 0;
  }

  /** Once after each reading of the sockets; true when nothing waits there any more. */
  read(): boolean {
    const more = this.#came >= reading && this.#readings < mostReadings;
    this.#readings = more ? this.#readings + 1 : 0;
    this.#came = 0;
    return !more;
  }

  /** Keeps pieces of a source that has just begun; false when they can be heard. */
  hold(pieces: readonly HeardPiece[]): boolean {
    this.#held?.push(...pieces);
    return this.#held !== undefined;
  }

  /** Acts when all that came has been heard: at once, but for the first moments of a source. */
  whenHeard(act: () => void): void {
    if (this.#held) this.#later.push(act);
    else act();
  }

  /** What was kept is heard now. */
  release(hear: (piece: HeardPiece) => void): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    for (const piece of held) hear(piece);
    for (const act of this.#later.splice(0)) act();
  }
}
