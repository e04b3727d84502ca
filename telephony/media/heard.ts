/** Consecutive heard samples. `position` counts samples from the first packet ever. */
export interface HeardPiece {
  readonly position: number;
  readonly samples: Int16Array;
  /** They never came: zeros stand in for them. */
  readonly hole: boolean;
}

/**
 * Heard audio by RTP time: pieces come in any order and leave in order, each sample once. A hole is waited for, then
 * filled with zeros and said to be one; nothing is stretched or concealed, since detectors must see the holes. The
 * newest seconds are remembered, so that a listener may begin in the past.
 */
export class HeardAudio {
  /** Grows with what has been heard, up to `#most`. */
  #ring = new Int16Array(8000);
  readonly #most: number;
  readonly #early = new Map<number, Int16Array>();
  /** Of what is remembered. */
  readonly #holes: (readonly [from: number, to: number])[] = [];
  #settled = 0;
  #late = 0;

  constructor(rememberMs: number) {
    this.#most = Math.max(8000, Math.ceil(rememberMs * 8));
  }

  /** Everything before this position has left. */
  get settled(): number {
    return this.#settled;
  }
  /** Pieces that came after their place had been given away. */
  get late(): number {
    return this.#late;
  }
  /** Where the newest audio ends, settled or waiting behind a hole. */
  get end(): number {
    let end = this.#settled;
    for (const [position, samples] of this.#early) end = Math.max(end, position + samples.length);
    return end;
  }

  put(position: number, samples: Int16Array): readonly HeardPiece[] {
    if (position + samples.length <= this.#settled) {
      this.#late += 1;
      return [];
    }
    const from = Math.max(0, this.#settled - position);
    if (position > this.#settled) {
      this.#early.set(position, samples);
      return [];
    }
    const piece = this.#settle(from === 0 ? samples : samples.subarray(from), false);
    return this.#early.size === 0 ? [piece] : [piece, ...this.#follow()];
  }

  /** Gives up waiting for what should have been heard before this position; it is a hole, unless nothing was to come. */
  passed(position: number, hole = true): readonly HeardPiece[] {
    const out: HeardPiece[] = [];
    while (this.#settled < position) {
      const next = Math.min(position, ...this.#early.keys());
      // A second at a time bounds the memory of a long silence.
      const length = Math.min(next - this.#settled, 8000);
      if (length > 0) out.push(this.#settle(new Int16Array(length), hole));
      out.push(...this.#follow());
    }
    return out;
  }

  /** What is remembered from a position on, up to the settled one, with its holes. */
  since(position: number): readonly HeardPiece[] {
    const first = Math.max(0, position, this.#settled - this.#ring.length);
    const samples = new Int16Array(Math.max(0, this.#settled - first));
    for (let n = 0; n < samples.length; ) {
      const at = (first + n) % this.#ring.length;
      const piece = this.#ring.subarray(at, Math.min(this.#ring.length, at + samples.length - n));
      samples.set(piece, n);
      n += piece.length;
    }
    const pieces: HeardPiece[] = [];
    let at = first;
    const upTo = (to: number, hole: boolean) => {
      if (to > at) pieces.push({ position: at, samples: samples.subarray(at - first, to - first), hole });
      at = Math.max(at, to);
    };
    for (const [from, to] of this.#holes) {
      upTo(from, false);
      upTo(to, true);
    }
    upTo(this.#settled, false);
    return pieces;
  }

  #follow(): HeardPiece[] {
    const out: HeardPiece[] = [];
    for (let found = true; found; ) {
      found = false;
      for (const [position, samples] of this.#early) {
        if (position > this.#settled) continue;
        this.#early.delete(position);
        const rest = samples.subarray(this.#settled - position);
        if (rest.length > 0) out.push(this.#settle(rest, false));
        found = true;
      }
    }
    return out;
  }

  #settle(samples: Int16Array, hole: boolean): HeardPiece {
    const piece = { position: this.#settled, samples, hole };
    while (this.#settled + samples.length > this.#ring.length && this.#ring.length < this.#most) this.#grow();
    const { length } = this.#ring;
    for (let n = 0; n < samples.length; ) {
      const at = (this.#settled + n) % length;
      const part = samples.length <= length - at ? samples : samples.subarray(n, n + length - at);
      this.#ring.set(part, at);
      n += part.length;
    }
    this.#settled += samples.length;
    if (hole) this.#holes.push([piece.position, this.#settled]);
    while (this.#holes.length > 0 && this.#holes[0]![1] < this.#settled - length) this.#holes.shift();
    return piece;
  }

  /** While it grows nothing has been overwritten yet. */
  #grow(): void {
    const larger = new Int16Array(Math.min(this.#most, 4 * this.#ring.length));
    larger.set(this.#ring);
    this.#ring = larger;
  }
}
