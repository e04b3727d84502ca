import { readWav } from '../evidence/wav.ts';

const crossings = 16;
const cutoff = 0.46;
const beta = 8;

/** Modified Bessel function of order 0, for the Kaiser window. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** Windowed sinc, one row of taps for each phase; `reach` taps to either side, in input samples. */
function phases(up: number, down: number): { readonly taps: readonly Float32Array[]; readonly reach: number } {
  const bandwidth = 2 * cutoff * Math.min(1, up / down);
  const reach = Math.ceil(crossings / bandwidth);
  const taps = Array.from({ length: up }, (_, phase) => {
    const row = new Float32Array(2 * reach);
    let sum = 0;
    for (let n = 0; n < row.length; n++) {
      const x = n - reach + 1 - phase / up;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * bandwidth * x) / (Math.PI * bandwidth * x);
      const edge = 1 - (x / reach) ** 2;
      row[n] = edge <= 0 ? 0 : sinc * (bessel(beta * Math.sqrt(edge)) / bessel(beta));
      sum += row[n]!;
    }
    return row.map((tap) => tap / sum);
  });
  return { taps, reach };
}

/** Rational polyphase resampling with a low-pass at 0.46 of the lower rate. */
export function resample(pcm: Int16Array, from: number, to: number): Int16Array {
  if (from === to) return pcm;
  const common = divisor(from, to);
  const [up, down] = [to / common, from / common];
  const { taps, reach } = phases(up, down);
  const out = new Int16Array(Math.floor((pcm.length * up) / down));
  for (let n = 0; n < out.length; n++) {
    const at = n * down;
    const [whole, row] = [Math.floor(at / up), taps[at % up]!];
    let sum = 0;
    const first = whole - reach + 1;
    for (let k = Math.max(0, -first); k < row.length && first + k < pcm.length; k++) sum += row[k]! * pcm[first + k]!;
    out[n] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return out;
}

/** 8 kHz mono of a WAV file; of several channels the mean, or the one named. Throws a WavError. */
export function audioOf(bytes: Uint8Array, channel?: number): Int16Array {
  const { rate, channels } = readWav(bytes);
  const one = channel === undefined ? mean(channels) : channels[channel];
  if (!one) throw new RangeError(`channel ${channel} of ${channels.length}`);
  return resample(one, rate, 8000);
}

function mean(channels: readonly Int16Array[]): Int16Array {
  const [first] = channels;
  if (channels.length === 1 && first) return first;
  return Int16Array.from(first ?? [], (_, n) =>
    Math.round(channels.reduce((sum, channel) => sum + channel[n]!, 0) / channels.length),
  );
}
