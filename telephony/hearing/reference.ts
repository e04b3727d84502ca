import { Features, featureVersion, hop, profile } from './features.ts';
import { type Summed, summed } from './match.ts';

/** A known sound: an enrolled prompt, what another actor says, hold music, a marker. */
export interface Reference {
  readonly name: string;
  readonly text?: string;
  readonly version: number;
  readonly patch: Summed;
  /** The same half a hop later, for a short sound: where it is heard no frame may lie as those of the patch do. */
  readonly half?: Summed;
  /** How loud each band becomes, 1 in all. */
  readonly profile: Float64Array;
  /** Silence that was cut off its start, and the length of what is left, ms. */
  readonly lead: number;
  readonly ms: number;
}

const frame = 80;
const short = 2000;

/** From the first to the last 10 ms that are louder than 40 dB under the loudest, in samples. */
export function sounding(samples: Int16Array): { readonly from: number; readonly to: number } {
  const levels = Array.from({ length: Math.floor(samples.length / frame) }, (_, f) => {
    let sum = 0;
    for (let n = f * frame; n < (f + 1) * frame; n++) sum += samples[n]! ** 2;
    return 10 * Math.log10(sum / frame / 2 ** 30 + 1e-12);
  });
  const least = Math.max(levels.reduce((most, level) => Math.max(most, level), -120) - 40, -62);
  const first = levels.findIndex((level) => level > least);
  const last = levels.findLastIndex((level) => level > least);
  return first < 0 ? { from: 0, to: 0 } : { from: first * frame, to: (last + 1) * frame };
}

/** Throws when there is nothing to hear, or less than a syllable. */
export function reference(name: string, samples: Int16Array, text?: string): Reference {
  const { from, to } = sounding(samples);
  if (to - from < 8 * 150)
    throw new RangeError(
      `${name}: ${Math.round((to - from) / 8)} ms of sound; 150 ms are the least that can be told apart`,
    );
  const features = new Features();
  const until = Math.max(to, from + 512 + 9 * hop);
  const patch = summed(features.of(samples.subarray(from, until)));
  const half = summed(features.of(samples.subarray(from + hop / 2, until + hop / 2)));
  return {
    name,
    ...(text === undefined ? {} : { text }),
    version: featureVersion,
    patch,
    ...((to - from) / 8 < short && half.count === patch.count ? { half } : {}),
    profile: profile(patch, 0, patch.count),
    lead: from / 8,
    ms: (to - from) / 8,
  };
}
