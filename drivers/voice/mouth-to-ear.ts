import type { Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { align } from '../../telephony/hearing/delay.ts';
import { chunks, type MediaLeg } from '../../telephony/media/leg.ts';
import type { Leg } from './leg.ts';
import type { VoiceSession } from './session.ts';

/** A surer peak than noise gives (see `align`). */
const sure = 10;
/** So much of a sound is enough to find it again, and so long may it be on its way, ms. */
const enough = 3000;
const longest = 1500;
/** The part of it that is still on its way from the other thread, ms. */
const patience = 500;

/** What was said, and when its first packet left. */
interface Said {
  readonly samples: Int16Array;
  readonly from: number;
}

/**
 * How long what was said was on its way until it was heard on this leg, ms, by its waveform: both ends are ours and have
 * one clock. `until` is when it had been heard out. Undefined when it is not surely the same sound.
 */
async function mouthToEar(leg: MediaLeg, { samples, from }: Said, until: number): Promise<number | undefined> {
  const said = samples.subarray(0, enough * 8);
  const heard = new Int16Array(said.length + longest * 8);
  const end = Math.min(until, from + heard.length / 8);
  const port = leg.tap(from);
  const late = setTimeout(() => port.close(), patience);
  for await (const chunk of chunks(port)) {
    const at = Math.round((chunk.at - from) * 8);
    for (let n = Math.max(0, -at); n < chunk.samples.length && at + n < heard.length; n++)
      heard[at + n] = chunk.samples[n]!;
    if (chunk.at + chunk.samples.length / 8 >= end) break;
  }
  clearTimeout(late);
  const { lag, quality } = align(said, heard, longest);
  return quality >= sure ? lag : undefined;
}

/** What another actor says is known to the sample: how long it took from mouth to ear is measured, and may be limited. */
export async function onItsWay(
  { name, end }: { readonly name: string; readonly end: number },
  { leg, session, tools, most }: { leg: Leg; session: VoiceSession; tools: Tools; most: number | undefined },
): Promise<JsonObject> {
  const { actor, walk } = session.context;
  const saying = session.lease.sayings.newest(walk, (one) => one.name === name && one.by !== actor);
  const from = await saying?.spoken;
  const delay =
    saying && from !== undefined ? await mouthToEar(leg.call.media, { samples: saying.samples, from }, end) : undefined;
  if (delay === undefined) {
    if (most === undefined) return {};
    throw new SpecError(
      'how long the sound was on its way is not known',
      'give `delay` where another actor says the text, once',
    );
  }
  tools.note({ type: 'metric', name: 'mouth-to-ear', value: Math.round(delay * 10) / 10, unit: 'ms', better: 'lower' });
  if (most !== undefined && delay > most)
    throw new Failure('the sound was long on its way', {
      expected: `at most ${most} ms`,
      came: `${Math.round(delay)} ms from mouth to ear`,
    });
  return { delay };
}
