import type { Tools } from '../../core/driver.ts';
import { Failure } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { takeByTone } from './by-tone.ts';
import { expectHeaders, type HeaderTexts, headerLines, headersOf } from './headers.ts';
import { onlyByTone, type Rung } from './ringing.ts';
import type { VoiceSession } from './session.ts';

export interface AnswerArgs {
  readonly from?: string;
  /** ms */
  readonly after: number;
  readonly headers: HeaderTexts;
  readonly expects: HeaderTexts;
  readonly leg?: string;
}

/** Takes the call that rings; one that took the place of another, or that only its sound could tell, has been taken already. */
export async function answer(args: AnswerArgs, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const { clock, signal } = tools;
  const begun = clock.now();
  const rung = await offered(args, session, tools);
  const { call, chosen, leg, taken } = rung;
  tools.since(Math.max(begun, call.since));
  const { signalling } = call;
  const { uri, name } = signalling.remote;
  if (!leg && !taken) await clock.sleep(args.after, signal);
  session.taken(call);
  if (!leg) session.add(call, chosen, args.leg);
  if (!leg && !taken) {
    try {
      signalling.answer(headerLines(args.headers));
    } catch (error) {
      throw new Failure(`the call cannot be answered: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  session.acted(taken?.at ?? clock.now(), tools);
  if (taken) {
    // Its answer is when it was answered; what is listened for comes after the marker.
    tools.until(Math.max(begun, taken.at));
    session.since = taken.clear;
    tools.note({
      type: 'metric',
      name: 'claim',
      value: Math.round(taken.known - taken.at),
      unit: 'ms',
      better: 'lower',
    });
  }
  const headers = headersOf(signalling.invite);
  expectHeaders(headers, args.expects);
  return { callId: signalling.callId, from: uri.user, name, headers };
}

/** The call that is ours. What only its sound can tell is taken and listened to, one call at a time. */
async function offered(args: AnswerArgs, session: VoiceSession, tools: Tools): Promise<Rung> {
  using _ = session.lease.tones.awaits(session.context.walk);
  for (;;) {
    const rung = await ringing(session, tools.signal, { from: args.from, byTone: true });
    if (!onlyByTone(rung)) return rung;
    await takeByTone(rung, args, { session, tools }).catch((error: unknown) => {
      throw error === tools.signal.reason ? missed(error, session, args.from) : error;
    });
  }
}

/** Waits for our phone to ring; with `byTone`, also with a call that only its sound can tell. */
export async function ringing(
  session: VoiceSession,
  signal: AbortSignal,
  { from, byTone = false }: { readonly from?: string | undefined; readonly byTone?: boolean } = {},
): Promise<Rung> {
  try {
    return await session.rings(signal, { from, byTone });
  } catch (error) {
    throw error === signal.reason ? missed(error, session, from) : error;
  }
}

/** Why no call came, once there is no more time for one. */
function missed(error: unknown, session: VoiceSession, from: string | undefined): unknown {
  if (!(error instanceof Failure)) return error;
  return new Failure(session.missed === '' || from === undefined ? 'no call came' : 'somebody else calls', {
    expected: from === undefined ? 'a call to this phone' : `a call from ${from}`,
    came: session.missed || 'nothing rang',
  });
}
