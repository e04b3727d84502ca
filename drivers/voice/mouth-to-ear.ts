import type { Clock } from '../../core/clock.ts';
import { align } from '../../telephony/hearing/delay.ts';
import type { MediaLeg } from '../../telephony/media/leg.ts';
import { chunks } from '../../telephony/media/leg.ts';

/** A surer peak than noise gives (see `align`). */
const sure = 10;
/** So much of a sound is enough to find it again, and so long may it be on its way, ms. */
const enough = 3000;
const longest = 1500;

/**
 * How long what was said at `from` was on its way until it was heard on this leg, ms, by its waveform: both ends are
 * ours, and have one clock. Undefined when it is not surely the same sound.
 */
export async function mouthToEar(
  leg: MediaLeg,
  { samples, from }: { readonly samples: Int16Array; readonly from: number },
  clock: Clock,
): Promise<number | undefined> {
  const said = samples.subarray(0, enough * 8);
  const until = from + said.length / 8 + longest;
  const heard = new Int16Array(said.length + longest * 8);
  const port = leg.tap(from);
  // What has not come by now will not be heard: the other side has spoken out.
  const late = setTimeout(() => port.close(), Math.max(0, Math.min(until - clock.now(), longest)) + 300);
  for await (const chunk of chunks(port)) {
    const at = Math.round((chunk.at - from) * 8);
    for (let n = Math.max(0, -at); n < chunk.samples.length && at + n < heard.length; n++)
      heard[at + n] = chunk.samples[n]!;
    if (chunk.at + chunk.samples.length / 8 >= until) break;
  }
  clearTimeout(late);
  const { lag, quality } = align(said, heard, longest);
  return quality >= sure ? lag : undefined;
}
