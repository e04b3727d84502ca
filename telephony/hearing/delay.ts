import { Fft } from './fft.ts';

/** How a known sound came back. */
export interface Alignment {
  /** ms by which the heard sound is behind the said one. */
  readonly lag: number;
  /** Peak over the root mean square of all lags: 10 is sure, noise gives up to 8. */
  readonly quality: number;
  /** dB: how much softer (negative) it came back. */
  readonly gain: number;
}

const whitening = 0.7;

/**
 * The delay of a known sound within what was heard, both 8 kHz: cross-correlation with its spectrum flattened
 * (generalised cross-correlation, PHAT with exponent 0.7), 200-3600 Hz, lags from 0 to `longest` ms.
 * Of an echo it is the round trip, between two legs the way from mouth to ear.
 */
export function align(said: Int16Array, heard: Int16Array, longest = 1500): Alignment {
  const lags = Math.round(longest * 8) + 1;
  const size = 2 ** Math.ceil(Math.log2(said.length + heard.length + lags));
  const fft = new Fft(size);
  const [a, b] = [spectrum(fft, said), spectrum(fft, heard)];
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  const [low, high] = [Math.ceil((200 * size) / 8000), Math.floor((3600 * size) / 8000)];
  for (let n = low; n <= high; n++) {
    const x = b.re[n]! * a.re[n]! + b.im[n]! * a.im[n]!;
    const y = b.im[n]! * a.re[n]! - b.re[n]! * a.im[n]!;
    const weight = (Math.hypot(x, y) + 1e-9) ** -whitening;
    [re[n], im[n]] = [x * weight, y * weight];
    [re[size - n], im[size - n]] = [x * weight, -y * weight];
  }
  fft.inverse(re, im);
  let [best, squares] = [0, 0];
  for (let n = 0; n < lags; n++) {
    squares += re[n]! ** 2;
    if (Math.abs(re[n]!) > Math.abs(re[best]!)) best = n;
  }
  const quality = squares === 0 ? 0 : Math.abs(re[best]!) / Math.sqrt(squares / lags);
  return { lag: best / 8, quality, gain: gainAt(said, heard, best) };
}

function spectrum(fft: Fft, pcm: Int16Array): { readonly re: Float64Array; readonly im: Float64Array } {
  const re = new Float64Array(fft.size);
  const im = new Float64Array(fft.size);
  re.set(pcm);
  fft.forward(re, im);
  return { re, im };
}

/** Least squares at that lag. */
function gainAt(said: Int16Array, heard: Int16Array, lag: number): number {
  let [dot, power] = [0, 0];
  for (let n = 0; n < said.length && n + lag < heard.length; n++) {
    dot += said[n]! * heard[n + lag]!;
    power += said[n]! ** 2;
  }
  return power === 0 ? -100 : Math.max(-100, 20 * Math.log10(Math.abs(dot / power) + 1e-9));
}
