const rate = 8000;
/** 20 ms */
const frame = 160;
/** Half a second of pause between two sentences stays; what lies around the speech goes. */
const margin = (rate * 50) / 1000;
const ramp = (rate * 5) / 1000;

/** dBov of full scale 32768. */
const amplitude = (dbov: number): number => 32_768 * 10 ** (dbov / 20);

const rms = (samples: Int16Array): number =>
  Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / Math.max(1, samples.length));

/** Frames that are not silence (above −50 dBov), by index. */
function active(samples: Int16Array): readonly number[] {
  const found: number[] = [];
  for (let n = 0; n * frame < samples.length; n++)
    if (rms(samples.subarray(n * frame, (n + 1) * frame)) > amplitude(-50)) found.push(n);
  return found;
}

/** Speech as a phone line carries it: 8 kHz mono, 50 ms of silence around it, active level −26 dBov, peaks at most −3 dBov, soft edges. */
export function lineLevel(samples: Int16Array): Int16Array {
  const frames = active(samples);
  const [first, last] = [frames[0], frames.at(-1)];
  if (first === undefined || last === undefined) return samples;
  const cut = samples.slice(Math.max(0, first * frame - margin), Math.min(samples.length, (last + 1) * frame + margin));
  const power = frames.reduce((sum, n) => sum + rms(samples.subarray(n * frame, (n + 1) * frame)) ** 2, 0);
  const loudest = cut.reduce((most, one) => Math.max(most, Math.abs(one)), 1);
  const gain = Math.min(amplitude(-26) / Math.sqrt(power / frames.length), amplitude(-3) / loudest);
  return cut.map((one, n) => Math.round(one * gain * Math.min(1, n / ramp, (cut.length - 1 - n) / ramp)));
}
