import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/errors.ts';
import { chunks } from '../../telephony/media/leg.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone } from '../../telephony/phone.ts';
import { refusalText } from '../../telephony/sip/outcome.ts';
import { type Chosen, phoneSettings } from './settings.ts';

/** Calls, listens for so many ms from the answer on, and hangs up. Resolves to what was heard, 8 kHz mono. Throws Failure when nobody answers. */
export async function take(
  { chosen, target, ms }: { readonly chosen: Chosen; readonly target: string; readonly ms: number },
  { clock, random, signal }: { readonly clock: Clock; readonly random: () => number; readonly signal: AbortSignal },
): Promise<Int16Array> {
  await using media = new MediaThread(clock);
  await using phone = await Phone.open(phoneSettings(chosen), { clock, random, media });
  await using call = await phone.dial(target, { headers: ['X-Synthetic-Journey: enroll'] });
  const decided = (event: (typeof call.events)[number]): event is typeof event =>
    event.type === 'answered' || event.type === 'refused';
  const limit = AbortSignal.any([signal, AbortSignal.timeout(30_000)]);
  const { event } = await call.until(decided, 0, limit);
  if (event.type === 'refused') throw new Failure(`${target} did not answer: ${refusalText(event.refusal)}`);
  const pieces: Int16Array[] = [];
  let heard = 0;
  for await (const { samples } of chunks(call.media.tap(event.at))) {
    pieces.push(samples);
    heard += samples.length;
    if (heard >= ms * 8 || call.over || signal.aborted) break;
  }
  const all = new Int16Array(heard);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
