/** Taps to either side of the middle that are not 0; 60 dB above 4.4 kHz, 0.1 dB up to 3.5 kHz (16 kHz side). */
const reach = 16;

/** The odd taps of a half-band low-pass (windowed sinc): the even ones are 0, the middle one is ½. */
const taps = (() => {
  const row = Float64Array.from({ length: reach }, (_, n) => {
    const x = 2 * n + 1;
    const window =
      0.42 + 0.5 * Math.cos((Math.PI * x) / (2 * reach)) + 0.08 * Math.cos((2 * Math.PI * x) / (2 * reach));
    return (Math.sin((Math.PI * x) / 2) / (Math.PI * x)) * window;
  });
  const sum = row.reduce((total, tap) => total + tap, 0);
  return row.map((tap) => tap / sum / 4);
})();

const bound = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value)));

/** 8 kHz to 16 kHz, piece by piece; the sound comes out 2 ms later. */
export function doubler(): (samples: Int16Array) => Int16Array {
  let past: Int16Array = new Int16Array(2 * reach);
  return (samples) => {
    const all = joined(past, samples);
    const out = new Int16Array(samples.length * 2);
    for (let n = 0; n < samples.length; n++) {
      let between = 0;
      for (let k = 0; k < reach; k++) between += taps[k]! * (all[n + reach - 1 - k]! + all[n + reach + k]!);
      out[2 * n] = all[n + reach - 1]!;
      out[2 * n + 1] = bound(2 * between);
    }
    past = all.slice(samples.length);
    return out;
  };
}

/** 16 kHz to 8 kHz, piece by piece (an even number of samples); the sound comes out 2 ms later. */
export function halver(): (samples: Int16Array) => Int16Array {
  let past: Int16Array = new Int16Array(4 * reach);
  return (samples) => {
    const all = joined(past, samples);
    const out = new Int16Array(samples.length >> 1);
    for (let n = 0; n < out.length; n++) {
      const middle = 2 * n + 2 * reach;
      let sum = all[middle]! / 2;
      for (let k = 0; k < reach; k++) sum += taps[k]! * (all[middle - 2 * k - 1]! + all[middle + 2 * k + 1]!);
      out[n] = bound(sum);
    }
    past = all.slice(samples.length);
    return out;
  };
}

function joined(past: Int16Array, samples: Int16Array): Int16Array {
  const all = new Int16Array(past.length + samples.length);
  all.set(past);
  all.set(samples, past.length);
  return all;
}
