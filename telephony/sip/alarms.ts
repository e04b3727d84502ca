import type { Clock } from '../../core/clock.ts';

/** ms that a timer of Node can count; what is due later is looked at again then. */
const longest = 2_000_000_000;

interface Entry {
  readonly due: number;
  ring: (() => void) | undefined;
}

/**
 * Every timer of a user agent in one heap, over one sleep of the injected clock: a call costs no timer of its own.
 * Cancelled entries are dropped when their time has come, and all at once when they are the most.
 */
export class Alarms implements Disposable {
  readonly #clock: Clock;
  #heap: Entry[] = [];
  #cancelled = 0;
  #sleeping = Number.POSITIVE_INFINITY;
  #stop: AbortController | undefined;
  #disposed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Entries that will ring. */
  get pending(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** Rings once, `ms` from now; the returned function cancels. */
  after(ms: number, ring: () => void): () => void {
    if (this.#disposed) return () => {};
    const entry: Entry = { due: this.#clock.now() + ms, ring };
    this.#push(entry);
    if (entry.due < this.#sleeping) this.#sleep();
    return () => {
      if (entry.ring === undefined) return;
      entry.ring = undefined;
      this.#cancelled++;
      if (this.#cancelled > 1000 && this.#cancelled * 2 > this.#heap.length) this.#sweep();
    };
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#heap = [];
    this.#cancelled = 0;
    this.#stop?.abort();
  }

  #sleep(): void {
    this.#stop?.abort();
    const first = this.#heap[0];
    if (this.#disposed || !first) {
      this.#sleeping = Number.POSITIVE_INFINITY;
      this.#stop = undefined;
      return;
    }
    const stop = new AbortController();
    this.#stop = stop;
    this.#sleeping = first.due;
    this.#clock.sleep(Math.min(Math.max(0, first.due - this.#clock.now()), longest), stop.signal).then(
      () => {
        if (this.#stop === stop) this.#ring();
      },
      () => {},
    );
  }

  #ring(): void {
    this.#stop = undefined;
    this.#sleeping = Number.NEGATIVE_INFINITY;
    try {
      for (let first = this.#heap[0]; first && first.due <= this.#clock.now(); first = this.#heap[0]) {
        this.#pop();
        const { ring } = first;
        if (ring === undefined) this.#cancelled--;
        first.ring = undefined;
        ring?.();
      }
    } finally {
      this.#sleep();
    }
  }

  #sweep(): void {
    const kept = this.#heap.filter((entry) => entry.ring !== undefined).sort((a, b) => a.due - b.due);
    this.#heap = kept;
    this.#cancelled = 0;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (heap[up]!.due <= entry.due) break;
      heap[at] = heap[up]!;
      at = up;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = at * 2 + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && heap[down + 1]!.due < heap[down]!.due) down++;
      if (heap[down]!.due >= last.due) break;
      heap[at] = heap[down]!;
      at = down;
    }
    heap[at] = last;
  }
}
