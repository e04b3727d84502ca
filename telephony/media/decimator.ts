/** Taps to either side of the middle, in samples of the lower rate. */
const reach = 12;

/**
 * From so many times 8 kHz to 8 kHz, piece by piece (the length of a piece divides by the factor), with a low-pass of
 * windowed sinc at 3.7 kHz. Throws RangeError for a factor that is none.
 */
export function decimator(factor: number): (samples: Int16Array) => Int16Array {
  if (!Number.isInteger(factor) || factor < 1 || factor > 12)
    throw new RangeError(`a sampling rate of ${factor * 8000} Hz is no multiple of 8 kHz`);
  if (factor === 1) return (samples) => samples;
  const half = reach * factor;
  const taps = Float64Array.from({ length: 2 * half + 1 }, (_, n) => {
    const x = (n - half) / factor;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * 0.925 * x) / (Math.PI * 0.925 * x);
    return sinc * (0.42 + 0.5 * Math.cos((Math.PI * x) / reach) + 0.08 * Math.cos((2 * Math.PI * x) / reach));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  let past = new Int16Array(2 * half);
  return (samples) => {
    const all = new Int16Array(past.length + samples.length);
    all.set(past);
    all.set(samples, past.length);
    const out = new Int16Array(Math.floor(samples.length / factor));
    for (let n = 0; n < out.length; n++) {
      let value = 0;
      for (let k = 0; k < taps.length; k++) value += taps[k]! * all[n * factor + k]!;
      out[n] = Math.max(-32_768, Math.min(32_767, Math.round(value / sum)));
    }
    past = all.slice(samples.length);
    return out;
  };
}
