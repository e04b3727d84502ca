import { rmSync } from 'node:fs';
import type { Tools } from '../../core/driver.ts';
import { showMs } from '../../core/duration.ts';
import { Failure } from '../../core/errors.ts';
import type { Call, CallEventOf } from '../../telephony/call.ts';
import type { Phone } from '../../telephony/phone.ts';
import { type HeaderTexts, headerLines } from './headers.ts';
import type { Rung } from './ringing.ts';
import type { VoiceSession } from './session.ts';
import type { Heard } from './tone-claims.ts';

/** Sound of the marker that is still on its way when nobody sounds it any more, ms: at least, and at most. */
const tail = { least: 500, most: 1500 } as const;
/** How long a call that is sent back may take to be gone, ms. */
const leaving = 5000;

interface Taking {
  /** ms */
  readonly after: number;
  readonly headers: HeaderTexts;
}

/**
 * Takes a call that carries nothing to tell whose it is, listens for a marker, and gives it to the walk that waits here;
 * a call of nobody here is let go. Ends when that is done, or with the step. Nothing that a stranger said is kept.
 */
export async function takeByTone(rung: Rung, taking: Taking, around: { session: VoiceSession; tools: Tools }) {
  const { session, tools } = around;
  const { clock, signal } = tools;
  const { call, phone } = rung;
  const { tones, phones } = session.lease;
  await clock.sleep(taking.after, signal);
  if (!(await tones.takes(rung, clock, signal))) return;
  try {
    call.signalling.answer(headerLines(taking.headers));
  } catch (error) {
    throw new Failure(`the call cannot be answered: ${error instanceof Error ? error.message : String(error)}`);
  }
  session.tried(call, 'no marker was heard so far');
  phones.hold(phone);
  const found = whoseItIs(rung, clock.now(), session)
    .catch(async (error: unknown) => {
      await call.close();
      throw error;
    })
    .finally(() => phones.release(phone));
  await Promise.race([session.finish(found), stopped(signal)]);
}

async function whoseItIs(rung: Rung, at: number, session: VoiceSession): Promise<void> {
  const { call, chosen } = rung;
  const { lease, context } = session;
  const { clock } = context;
  const { within } = chosen.persona.claim!;
  const { thread } = await lease.ears();
  const heard = await lease.tones.whose(call, { thread, clock, within });
  const known = clock.now();
  if (heard.kind === 'walk') await silence(call, clock);
  const seat = heard.kind === 'walk' ? lease.tones.seat(heard.walk, chosen.name) : undefined;
  const words = wordsOf(heard, { within, here: seat !== undefined, at: chosen.name });
  const { uri } = call.signalling.remote;
  const tell = (done: string) => {
    const text = `answers ${uri.user || uri.text}: ${done}`;
    context.note({ type: 'talk', who: context.actor, text, ours: true, at, about: 'claim' });
  };
  if (seat) {
    session.tried(call);
    tell(words);
    return seat.rings({ ...rung, claim: 'ours', taken: { at, known, clear: clock.now() } });
  }
  const gone = await letGo(rung, session);
  const done = heard.kind === 'over' ? words : `${words}, so ${gone}`;
  session.tried(call, done);
  tell(done);
}

function wordsOf(heard: Heard, { within, here, at }: { within: number; here: boolean; at: string }): string {
  switch (heard.kind) {
    case 'walk':
      return `the marker of walk ${heard.walk}${here ? '' : `, which does not wait at ${at}`}`;
    case 'several':
      return `the markers of several walks at once, ${heard.walks.join(' and ')}`;
    case 'stranger':
      return 'the marker of another process';
    case 'nothing':
      return `no marker was heard in ${showMs(within)}`;
    case 'over':
      return 'it ended before a marker was heard';
  }
}

/** Until what was on its way of the marker is over. */
async function silence({ media }: Call, clock: VoiceSession['context']['clock']): Promise<void> {
  const begun = clock.now();
  await clock.sleep(tail.least);
  while (media.quietSince === undefined && clock.now() - begun < tail.most) await clock.sleep(50);
}

/** A call of nobody here is sent on where the settings say so, and left. What was done, in words. */
async function letGo({ call, chosen, phone }: Rung, session: VoiceSession): Promise<string> {
  const { back } = chosen.persona.claim!;
  const moved = back === undefined || call.over ? undefined : await sentBack(call, { back, phone, session });
  const { recording } = await call.close();
  if (recording) rmSync(recording.path, { force: true });
  return moved ?? 'we hung up';
}

async function sentBack(
  call: Call,
  { back, phone, session }: { readonly back: string; readonly phone: Phone; readonly session: VoiceSession },
): Promise<string> {
  const target = phone.resolve(session.settings.names[back] ?? back);
  session.context.guard.target(target);
  const done = (event: Call['events'][number]): event is CallEventOf<'transfer' | 'ended'> =>
    event.type === 'ended' || (event.type === 'transfer' && event.status >= 200);
  try {
    const limit = AbortSignal.timeout(leaving);
    const left = call.until(done, call.position, limit);
    left.catch(() => undefined);
    await call.signalling.refer(target, [`Referred-By: <${phone.uri}>`]);
    const { event } = await left;
    if (event.type === 'ended' || event.status < 300) return `it was sent back to ${back}`;
    return `we hung up, as it could not be sent back to ${back} (${event.status} ${event.phrase})`;
  } catch (error) {
    return `we hung up, as it could not be sent back to ${back} (${error instanceof Error ? error.message : error})`;
  }
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
