/** Numbers in [0, 1) from a seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normally distributed, mean 0, deviation 1. */
function gauss(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

const clip = (x: number) => Math.max(-32_768, Math.min(32_767, Math.round(x)));

export function attenuate(pcm: Int16Array, db: number): Int16Array<ArrayBuffer> {
  const factor = 10 ** (-db / 20);
  return Int16Array.from(pcm, (x) => clip(x * factor));
}

/** White noise so many dB below the mean power of what is not silent, or of a power in dBov. */
export function addNoise(
  pcm: Int16Array,
  noise: { readonly seed: number; readonly snr: number } | { readonly seed: number; readonly power: number },
): Int16Array<ArrayBuffer> {
  const loud = pcm.filter((x) => Math.abs(x) > 30);
  const mean = loud.reduce((sum, x) => sum + x * x, 0) / Math.max(1, loud.length);
  const power = 'power' in noise ? 2 ** 30 * 10 ** (noise.power / 10) : mean / 10 ** (noise.snr / 10);
  const next = random(noise.seed);
  return Int16Array.from(pcm, (x) => clip(x + Math.sqrt(power) * gauss(next)));
}

/** Overdriven by so many dB against its own peak. */
export function clipped(pcm: Int16Array, db: number): Int16Array<ArrayBuffer> {
  const peak = pcm.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  const limit = peak / 10 ** (db / 20);
  return Int16Array.from(pcm, (x) => Math.max(-limit, Math.min(limit, x)));
}

/** Something like speech: voiced syllables of 90-220 ms over a falling pitch, with pauses up to 120 ms. Seeded. */
export function babble(ms: number, seed: number): Int16Array<ArrayBuffer> {
  const next = random(seed);
  const pcm = new Int16Array(ms * 8);
  for (let at = 0; at < pcm.length; ) {
    const length = Math.min(pcm.length - at, Math.round((90 + next() * 130) * 8));
    const pitch = 110 + next() * 60;
    const formants = [300 + next() * 500, 900 + next() * 1200, 2200 + next() * 800];
    const bandwidths = [120, 200, 300];
    for (let n = 0; n < length; n++) {
      const edge = Math.min(1, n / 160, (length - n) / 320);
      let x = 0;
      for (let h = 1; h * pitch < 3400; h++) {
        const hz = h * pitch;
        let gain = 0.02;
        for (const [k, f] of formants.entries()) gain += 1 / (k + 1) / (1 + ((hz - f) / bandwidths[k]!) ** 2);
        x += gain * Math.sin((2 * Math.PI * hz * n) / 8000 + h * h);
      }
      pcm[at + n] = clip(x * edge * 2500);
    }
    at += length + Math.round(next() * 120 * 8);
  }
  return pcm;
}

/** How much of the power is in one frequency, 0-1: the median over pieces of 25 ms, so that a lost packet does not matter. */
export function toneShare(pcm: Int16Array, hz: number): number {
  const shares: number[] = [];
  for (let from = 0; from + 200 <= pcm.length; from += 200) {
    let [re, im, all] = [0, 0, 0];
    for (let n = from; n < from + 200; n++) {
      const x = pcm[n]!;
      re += x * Math.cos((2 * Math.PI * hz * n) / 8000);
      im += x * Math.sin((2 * Math.PI * hz * n) / 8000);
      all += x * x;
    }
    shares.push(all === 0 ? 0 : (re * re + im * im) / 100 / all);
  }
  return shares.sort((a, b) => a - b)[shares.length >> 1] ?? 0;
}

/** Noise whose power falls with the frequency (Kellet's filter), mean power 1. */
function pink(length: number, seed: number): Float64Array {
  const next = random(seed);
  const state = new Float64Array(7);
  const out = Float64Array.from({ length }, () => {
    const white = next() * 2 - 1;
    state[0] = 0.99886 * state[0]! + white * 0.0555179;
    state[1] = 0.99332 * state[1]! + white * 0.0750759;
    state[2] = 0.969 * state[2]! + white * 0.153852;
    state[3] = 0.8665 * state[3]! + white * 0.3104856;
    state[4] = 0.55 * state[4]! + white * 0.5329522;
    state[5] = -0.7616 * state[5]! - white * 0.016898;
    const sum = state.reduce((total, x) => total + x, 0) + white * 0.5362;
    state[6] = white * 0.115926;
    return sum;
  });
  const power = out.reduce((sum, x) => sum + x * x, 0) / length;
  return out.map((x) => x / Math.sqrt(power));
}

/** Pink noise so many dB under the power of the loud half of the frames. */
export function addPink(pcm: Int16Array, { snr, seed }: { snr: number; seed: number }): Int16Array<ArrayBuffer> {
  const powers = Array.from({ length: Math.ceil(pcm.length / 80) }, (_, f) =>
    pcm.subarray(f * 80, f * 80 + 80).reduce((sum, x) => sum + (x * x) / 80, 0),
  ).sort((a, b) => b - a);
  const loud = powers.filter((power) => power > powers[0]! / 1000);
  const power = loud.reduce((sum, x) => sum + x, 0) / Math.max(1, loud.length);
  const noise = pink(pcm.length, seed);
  const deviation = Math.sqrt(power / 10 ** (snr / 10));
  return Int16Array.from(pcm, (x, n) => clip(x + deviation * noise[n]!));
}

/** Packets of 20 ms that do not come, as zeros; `burst` is the mean run. */
export function lose(
  pcm: Int16Array,
  { share, burst = 1, seed }: { share: number; burst?: number; seed: number },
): Int16Array<ArrayBuffer> {
  const next = random(seed);
  const out = Int16Array.from(pcm);
  const leave = 1 / burst;
  const enter = (share * leave) / (1 - share);
  let lost = false;
  for (let n = 0; n < out.length; n += 160) {
    lost = next() < (lost ? 1 - leave : enter);
    if (lost) out.fill(0, n, n + 160);
  }
  return out;
}

/** What a line carries between two frequencies, Hz: a FIR of 255 taps (windowed sinc), 60 dB less beyond 40 Hz of them. */
export function carried(pcm: Int16Array, low: number, high = 4000): Int16Array<ArrayBuffer> {
  const taps = Float64Array.from({ length: 255 }, (_, n) => {
    const t = n - 127;
    const sinc = (hz: number) => (t === 0 ? hz / 4000 : Math.sin((Math.PI * t * hz) / 4000) / (Math.PI * t));
    return (sinc(high) - sinc(low)) * (0.54 - 0.46 * Math.cos((Math.PI * n) / 127));
  });
  return Int16Array.from(pcm, (_, n) => {
    let sum = 0;
    for (let k = Math.max(0, n + 128 - pcm.length); k <= Math.min(254, n + 127); k++)
      sum += taps[k]! * pcm[n + 127 - k]!;
    return clip(sum);
  });
}
