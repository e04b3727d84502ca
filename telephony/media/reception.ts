import { sequenceDistance, timestampDistance } from './rtp.ts';

/** What was received of one source so far. Times in ms. */
export interface ReceptionFigures {
  readonly received: number;
  readonly expected: number;
  /** Expected and not come; the tail after the last packet is invisible here. */
  readonly lost: number;
  /** 0-1 */
  readonly loss: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly jitter: number;
  readonly jitterMean: number;
  readonly jitterMax: number;
  /** Longest time between two packets. */
  readonly largestGap: number;
  /** Runs of consecutive losses. */
  readonly bursts: number;
  readonly longestBurst: number;
  /** ITU-T G.107: mean run over that of random loss, at least 1. */
  readonly burstRatio: number;
}

export type Arrival = 'first' | 'next' | 'reordered' | 'duplicate' | 'stray' | 'restart';

const window = 512;
const jump = 3000;

/**
 * Loss, jitter and bursts of one source by RFC 3550 (appendix A.1, A.3, A.8). A jump of 3000 or more is a stray until
 * a second packet follows it in order; then it is a `restart`, and the source deserves a fresh `Reception`.
 */
export class Reception {
  readonly ssrc: number;
  readonly #rate: number;
  readonly #came = new Uint8Array(window);
  #base = -1;
  #highest = -1;
  #settled = 0;
  #received = 0;
  #duplicates = 0;
  #reordered = 0;
  #afterJump = -1;
  #jitter = 0;
  #jitterSum = 0;
  #jitterMax = 0;
  #jitters = 0;
  #last = 0;
  #lastTimestamp: number | undefined;
  #lastArrival: number | undefined;
  #largestGap = 0;
  #runs = { lost: 0, bursts: 0, longest: 0, current: 0 };
  #reported = { expected: 0, received: 0 };

  constructor(ssrc: number, rate: number) {
    this.ssrc = ssrc;
    this.#rate = rate;
  }

  /** Extended by the number of wraps: what RTCP calls the highest sequence number. */
  get highest(): number {
    return Math.max(0, this.#highest);
  }
  /** Timestamp units. */
  get jitterUnits(): number {
    return Math.floor(this.#jitter);
  }
  get jitterMs(): number {
    return (this.#jitter / this.#rate) * 1000;
  }

  /** `timestamp` is absent for packets whose timestamp repeats (telephone events): they count for loss only. */
  packet(sequence: number, at: number, timestamp?: number): Arrival {
    if (this.#base < 0) {
      this.#base = this.#highest = this.#settled = sequence + 65_536;
      this.#came[this.#base % window] = 1;
      this.#received = 1;
      this.#time(at, timestamp);
      return 'first';
    }
    const ahead = sequenceDistance(this.#highest & 0xffff, sequence);
    if (Math.abs(ahead) >= jump) {
      const again = sequence === this.#afterJump;
      this.#afterJump = (sequence + 1) & 0xffff;
      return again ? 'restart' : 'stray';
    }
    this.#afterJump = -1;
    const extended = this.#highest + ahead;
    if (ahead > 0) this.#advance(extended);
    else if (extended < this.#base || this.#highest - extended >= window) return 'stray';
    else if (this.#came[extended % window] === 1) {
      this.#duplicates += 1;
      return 'duplicate';
    } else this.#reordered += 1;
    this.#came[extended % window] = 1;
    this.#received += 1;
    this.#time(at, timestamp);
    return ahead > 0 ? 'next' : 'reordered';
  }

  figures(): ReceptionFigures {
    const expected = this.#base < 0 ? 0 : this.#highest - this.#base + 1;
    const runs = { ...this.#runs };
    for (let s = this.#settled; s <= this.#highest && this.#base >= 0; s++) count(runs, this.#came[s % window] === 1);
    const loss = expected === 0 ? 0 : runs.lost / expected;
    return {
      received: this.#received,
      expected,
      lost: runs.lost,
      loss,
      duplicates: this.#duplicates,
      reordered: this.#reordered,
      jitter: (this.#jitter / this.#rate) * 1000,
      jitterMean: this.#jitters === 0 ? 0 : (this.#jitterSum / this.#jitters / this.#rate) * 1000,
      jitterMax: (this.#jitterMax / this.#rate) * 1000,
      largestGap: this.#largestGap,
      bursts: runs.bursts,
      longestBurst: runs.longest,
      burstRatio: runs.bursts === 0 ? 1 : Math.max(1, (runs.lost / runs.bursts) * (1 - loss)),
    };
  }

  /** For a report block: since the last call, and in all (RFC 3550 A.3: duplicates count as received). */
  report(): { readonly fractionLost: number; readonly lost: number } {
    const expected = this.#base < 0 ? 0 : this.#highest - this.#base + 1;
    const received = this.#received + this.#duplicates;
    const [due, came] = [expected - this.#reported.expected, received - this.#reported.received];
    this.#reported = { expected, received };
    const fractionLost = due <= 0 || due <= came ? 0 : Math.min(255, Math.floor(((due - came) * 256) / due));
    return { fractionLost, lost: Math.max(-0x800000, Math.min(0x7fffff, expected - received)) };
  }

  #advance(to: number): void {
    for (let s = this.#highest + 1; s <= to; s++) {
      if (s - window >= this.#settled) {
        count(this.#runs, this.#came[s % window] === 1);
        this.#settled += 1;
      }
      this.#came[s % window] = 0;
    }
    this.#highest = to;
  }

  #time(at: number, timestamp: number | undefined): void {
    if (this.#lastArrival !== undefined) this.#largestGap = Math.max(this.#largestGap, at - this.#lastArrival);
    this.#lastArrival = at;
    if (timestamp === undefined) return;
    if (this.#lastTimestamp !== undefined) {
      const transit = ((at - this.#last) * this.#rate) / 1000 - timestampDistance(this.#lastTimestamp, timestamp);
      this.#jitter += (Math.abs(transit) - this.#jitter) / 16;
      this.#jitterSum += this.#jitter;
      this.#jitters += 1;
      this.#jitterMax = Math.max(this.#jitterMax, this.#jitter);
    }
    this.#last = at;
    this.#lastTimestamp = timestamp;
  }
}

interface Runs {
  lost: number;
  bursts: number;
  longest: number;
  current: number;
}

function count(runs: Runs, came: boolean): void {
  if (came) {
    runs.current = 0;
    return;
  }
  runs.lost += 1;
  runs.current += 1;
  if (runs.current === 1) runs.bursts += 1;
  runs.longest = Math.max(runs.longest, runs.current);
}
