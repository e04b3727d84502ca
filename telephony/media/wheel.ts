/** How late packets left, in buckets of 0.25 ms up to 32 ms, one more for what is later. */
export class Lateness {
  readonly #buckets = new Uint32Array(129);
  #count = 0;
  #max = 0;

  add(ms: number): void {
    this.#buckets[Math.max(0, Math.min(128, Math.floor(ms * 4)))]! += 1;
    this.#count += 1;
    this.#max = Math.max(this.#max, ms);
  }
  get max(): number {
    return this.#max;
  }
  /** Upper edge of the bucket that holds this share, ms. */
  percentile(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (let n = 0; n < this.#buckets.length; n++) {
      left -= this.#buckets[n]!;
      if (left <= 0) return this.#count === 0 ? 0 : n === 128 ? this.#max : Math.min(this.#max, (n + 1) / 4);
    }
    return this.#max;
  }
}

/** What hangs on the wheel. `due` is when this tick should have been, `now` when it is; both epoch ms. */
export interface Rider {
  /** ms between two ticks; divides 120. */
  readonly tick: number;
  turn(due: number, now: number): void;
  /** After the turn, when what waited in the sockets before it has been read. */
  rest(now: number): void;
}

export interface Pacer {
  now(): number;
  /** Calls back once after so many ms, or half a ms early; the answer takes it back. */
  after(ms: number, call: () => void): () => void;
  /** Calls once when waiting input has been read: after a stall of ours, what came meanwhile is not lost. */
  soon(call: () => void): void;
}

const round = 120;
/** So many share a slot before the next one is used: to be woken costs more than to send, and 32 leave within 0.5 ms. */
const crowd = 32;
/** After a stall this much is caught up unless told otherwise, ms; the rest is skipped. */
const usualCatchUp = 60;
/** A turn that is later than this was held up by a stall, ms. */
const stall = 50;

const phases = new Map<number, readonly (readonly number[])[]>();

/** The slots of each phase that a rider of this tick may take. */
function phasesOf(tick: number): readonly (readonly number[])[] {
  const known = phases.get(tick);
  if (known) return known;
  const made = Array.from({ length: tick }, (_, phase) =>
    Array.from({ length: round / tick }, (_, n) => phase + n * tick),
  );
  phases.set(tick, made);
  return made;
}

/**
 * One timer for all streams, by an absolute schedule of 1 ms slots: a stream rides in the slots of one phase and is
 * turned every `tick` ms. Streams are spread over the phases, so that they do not send all at once.
 */
export class Wheel {
  readonly #pacer: Pacer;
  readonly #catchUp: number;
  readonly #slots: Set<Rider>[] = Array.from({ length: round }, () => new Set());
  readonly #seats = new Map<Rider, readonly number[]>();
  readonly lateness = new Lateness();
  #start = 0;
  #n = 0;
  #skipped = 0;
  /** What came in before this has been read. */
  #read = 0;
  /** Who was turned and does not rest yet, when the first of them was due, and what had come before will have been read. */
  #turned: { readonly riders: Set<Rider>; readonly due: number; readonly read: number } | undefined;
  #cancel: (() => void) | undefined;

  constructor(pacer: Pacer, catchUp = usualCatchUp) {
    this.#pacer = pacer;
    this.#catchUp = catchUp;
  }

  /** Slots that a stall swallowed, ms. */
  get skipped(): number {
    return this.#skipped;
  }

  /** The earliest moment at which what is read now may have come: during a stall it waited, epoch ms. */
  came(now: number): number {
    const due = this.#turned?.due ?? (this.#cancel ? this.#start + this.#n : now);
    return now - due > stall ? due : now;
  }

  /** Or, when its tick has changed, seats it anew. */
  add(rider: Rider): void {
    if (this.#seats.get(rider)?.length === round / rider.tick) return;
    this.remove(rider);
    let seats: readonly number[] = [];
    let least = Number.POSITIVE_INFINITY;
    for (const phase of phasesOf(rider.tick)) {
      const cost = this.#cost(phase);
      if (cost >= least) continue;
      least = cost;
      seats = phase;
    }
    for (const seat of seats) this.#slots[seat]!.add(rider);
    this.#seats.set(rider, seats);
    const now = this.#pacer.now();
    if (!this.#cancel) [this.#start, this.#n] = [now, 0];
    const next = Math.ceil(now - this.#start);
    if (this.#cancel && next >= this.#n) return;
    // It sleeps over empty slots, one of which is now taken.
    this.#cancel?.();
    this.#n = next;
    this.#arm();
  }

  remove(rider: Rider): void {
    for (const seat of this.#seats.get(rider) ?? []) this.#slots[seat]!.delete(rider);
    this.#seats.delete(rider);
    if (this.#seats.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Who reads many packets in a row asks in between whether a slot is due: sending does not wait until all are read. */
  hurry(now: number): void {
    if (!this.#cancel || now < this.#start + this.#n) return;
    this.#cancel();
    this.#turn(this.#read);
  }

  /** What it costs the others to have one more in these seats: riders before it, and a slot that has not been used yet. */
  #cost(seats: readonly number[]): number {
    let most = 0;
    for (const seat of seats) most = Math.max(most, this.#slots[seat]!.size);
    if (most > 0) return most < crowd ? most : round + most;
    let near = round;
    for (const seat of seats)
      for (let far = 1; far < near; far++)
        if (this.#slots[(seat + far) % round]!.size > 0 || this.#slots[(seat + round - far) % round]!.size > 0)
          near = far;
    return round - near / 2;
  }

  #arm(): void {
    for (let empty = 0; empty < round && this.#slots[this.#n % round]!.size === 0; empty++) this.#n += 1;
    this.#cancel = this.#pacer.after(this.#start + this.#n - this.#pacer.now(), () => {
      this.#read = this.#pacer.now();
      this.#turn(this.#read);
    });
  }

  #rest(): void {
    const { riders, read } = this.#turned!;
    this.#turned = undefined;
    for (const rider of riders) if (this.#seats.has(rider)) rider.rest(read);
    this.#read = this.#pacer.now();
  }

  /** `read`: all that had come by then will have been read when the riders rest. */
  #turn(read: number): void {
    const first = this.#start + this.#n;
    const late = this.#pacer.now() - first > stall;
    const behind = Math.floor(this.#pacer.now() - this.#start) - this.#n - this.#catchUp;
    if (behind > 0) {
      this.#n += behind;
      this.#skipped += behind;
    }
    const riders = this.#turned?.riders ?? new Set<Rider>();
    for (let now = this.#pacer.now(); now >= this.#start + this.#n; now = this.#pacer.now()) {
      const due = this.#start + this.#n;
      for (const rider of this.#slots[this.#n % round]!) {
        const at = this.#pacer.now();
        this.lateness.add(at - due);
        rider.turn(due, at);
        riders.add(rider);
      }
      this.#n += 1;
    }
    if (riders.size > 0 && !this.#turned) {
      this.#turned = { riders, due: first, read };
      const rest = () => this.#rest();
      // What waited is not always read at the first look after a stall.
      this.#pacer.soon(late ? () => this.#pacer.soon(rest) : rest);
    }
    if (this.#seats.size > 0) this.#arm();
  }
}
