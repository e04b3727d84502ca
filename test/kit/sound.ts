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

/** White noise so many dB below the mean power of what is not silent. */
export function addNoise(pcm: Int16Array, { snr, seed }: { snr: number; seed: number }): Int16Array<ArrayBuffer> {
  const loud = pcm.filter((x) => Math.abs(x) > 30);
  const power = loud.reduce((sum, x) => sum + x * x, 0) / Math.max(1, loud.length);
  const next = random(seed);
  const deviation = Math.sqrt(power / 10 ** (snr / 10));
  return Int16Array.from(pcm, (x) => clip(x + deviation * gauss(next)));
}
