import { digitKeys } from './digits.ts';

/** Frequencies in Hz that sound together, or 0 alone for silence, for so many ms. */
export interface Beat {
  readonly hz: readonly number[];
  readonly ms: number;
}

export type Plan = 'us' | 'uk' | 'europe' | 'france';
export type Progress = 'ringback' | 'busy' | 'congestion' | 'dial';

const beats = (hz: readonly number[], ...ms: readonly number[]): readonly Beat[] =>
  ms.map((length, n) => ({ hz: n % 2 === 0 ? hz : [], ms: length }));

/** Call progress by country (ITU-T E.180 supplement 2); each cadence repeats, `dial` is continuous. */
export const cadences: Readonly<Record<Plan, Readonly<Partial<Record<Progress, readonly Beat[]>>>>> = {
  us: {
    ringback: beats([440, 480], 2000, 4000),
    busy: beats([480, 620], 500, 500),
    congestion: beats([480, 620], 250, 250),
    dial: beats([350, 440], 1000),
  },
  uk: {
    ringback: beats([400, 450], 400, 200, 400, 2000),
    busy: beats([400], 375, 375),
    congestion: beats([400], 400, 350, 225, 525),
    dial: beats([400], 1000),
  },
  europe: {
    ringback: beats([425], 1000, 4000),
    busy: beats([425], 480, 480),
    congestion: beats([425], 240, 240),
    dial: beats([425], 1000),
  },
  france: { ringback: beats([440], 1500, 3500), busy: beats([440], 500, 500) },
};

const rows = [697, 770, 852, 941] as const;
const columns = [1209, 1336, 1477, 1633] as const;
const keypad = '123A456B789C*0#D';

/** Low and high frequency of a key (ITU-T Q.23). */
export function keyFrequencies(key: string): readonly [number, number] {
  const at = keypad.indexOf(key.toUpperCase());
  if (at < 0 || key.length !== 1) throw new RangeError(`"${key}" is no key of a phone; there are ${digitKeys}`);
  return [rows[at >> 2]!, columns[at & 3]!];
}

/** Peak of a sine of so many dBm0, in int16 units: full scale is +3.14 dBm0. */
export const peakOf = (dbm0: number): number => 32_768 * 10 ** ((dbm0 - 3.14) / 20);

const rate = 8000;
const ramp = 16;

/** Adds a sine with soft edges into `pcm`. */
function addSine(pcm: Int16Array, hz: number, peak: number): void {
  const step = (2 * Math.PI * hz) / rate;
  for (let n = 0; n < pcm.length; n++) {
    const edge = Math.min(1, (n + 1) / ramp, (pcm.length - n) / ramp);
    pcm[n] = Math.max(-32_768, Math.min(32_767, pcm[n]! + Math.round(peak * edge * Math.sin(step * n))));
  }
}

/** Several sines at the same level, 8 kHz. `dbm0` is that of each. */
export function sines(hz: readonly number[], ms: number, dbm0 = -13): Int16Array<ArrayBuffer> {
  const pcm = new Int16Array(Math.round((ms * rate) / 1000));
  for (const one of hz) addSine(pcm, one, peakOf(dbm0));
  return pcm;
}

/** A cadence repeated for at least `ms`. */
export function cadence(pattern: readonly Beat[], ms: number, dbm0 = -13): Int16Array<ArrayBuffer> {
  const pcm = new Int16Array(Math.round((ms * rate) / 1000));
  const longest = pattern.reduce((sum, beat) => sum + beat.ms, 0);
  if (longest <= 0) throw new RangeError('a cadence without length');
  const whole = pattern.length === 1 ? [{ hz: pattern[0]!.hz, ms }] : pattern;
  for (let at = 0, n = 0; at < pcm.length; n++) {
    const beat = whole[n % whole.length]!;
    const piece = sines(beat.hz, beat.ms, dbm0).subarray(0, pcm.length - at);
    pcm.set(piece, at);
    at += piece.length;
  }
  return pcm;
}

/** Keys as tones (Q.23; low group −9 dBm0, high −7 dBm0), each followed by its gap; `,` is a pause of 500 ms. */
export function keyTones(keys: string, { ms = 100, gapMs = 100 } = {}): Int16Array<ArrayBuffer> {
  const pieces = [...keys].flatMap((key) => {
    if (key === ',') return [new Int16Array(rate / 2)];
    const pcm = new Int16Array(Math.round((ms * rate) / 1000));
    const [low, high] = keyFrequencies(key);
    addSine(pcm, low, peakOf(-9));
    addSine(pcm, high, peakOf(-7));
    return [pcm, new Int16Array(Math.round((gapMs * rate) / 1000))];
  });
  return join(pieces);
}

export function join(pieces: readonly Int16Array[]): Int16Array<ArrayBuffer> {
  const pcm = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    pcm.set(piece, at);
    at += piece.length;
  }
  return pcm;
}
