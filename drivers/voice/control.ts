import type { Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { reasonText } from '../../telephony/sip/outcome.ts';
import { headerLines, progress, ringing } from './dial.ts';
import type { VoiceSession } from './session.ts';
import { refusable } from './speak.ts';
import { endText } from './words.ts';

interface OnLeg {
  readonly leg?: string;
}

/** Our call rings at the other side; without a call of ours, our own phone rings. */
export async function waitRinging({ leg: name }: OnLeg, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const ours = name !== undefined || session.calls > 0 ? session.leg(name) : undefined;
  if (ours?.call.signalling.direction === 'out') {
    tools.since(ours.call.since);
    return progress(ours, { until: 'ringing', session, tools });
  }
  const begun = tools.clock.now();
  const { call } = await ringing(session, tools.signal);
  tools.until(Math.max(begun, call.since));
  return { from: call.signalling.remote.uri.user, callId: call.signalling.callId };
}

/** Holds or takes back; resolves when the other side has agreed. */
export async function hold(
  on: boolean,
  { leg: name }: OnLeg,
  { session, tools }: { session: VoiceSession; tools: Tools },
): Promise<void> {
  const leg = session.live(name);
  session.choose(leg);
  await refusable(on ? leg.call.hold() : leg.call.resume());
  session.acted(tools.clock.now(), tools);
}

/** Asks the other side to call somebody else, and leaves the call when that worked. */
export async function transfer(
  { to, leg: name }: OnLeg & { readonly to: string },
  session: VoiceSession,
  tools: Tools,
): Promise<JsonObject> {
  const leg = session.live(name);
  session.choose(leg);
  const { context, settings } = session;
  const phone = await session.phone(leg.chosen);
  const target = phone.resolve(settings.names[to] ?? to);
  context.guard.target(target);
  const from = leg.call.position;
  session.position = from;
  await refusable(leg.call.signalling.refer(target, [`Referred-By: <${phone.uri}>`]));
  const outcome = await outcomeOf(leg, session, tools);
  if (outcome.status >= 300)
    throw new Failure(`the transfer to ${to} failed: ${outcome.status} ${outcome.phrase}`, {
      expected: 'a transfer',
      came: `${outcome.status} ${outcome.phrase}`,
    });
  session.acted(tools.clock.now(), tools);
  leg.call.signalling.hangUp().catch(() => undefined);
  return { status: outcome.status, phrase: outcome.phrase };
}

/** The final word on a transfer; a call that they end without one is taken as done (RFC 5589 allows it). */
async function outcomeOf(leg: ReturnType<VoiceSession['live']>, session: VoiceSession, { signal }: Tools) {
  for (;;) {
    const event = await session.expect(leg, ['transfer', 'ended'], {
      signal,
      overToo: true,
      late: () =>
        new Failure('nobody said how the transfer went', { expected: 'NOTIFY of the transfer', came: 'nothing final' }),
    });
    if (event.type === 'ended') return { status: 200, phrase: 'the call was taken over' };
    if (event.status >= 200) return { status: event.status, phrase: event.phrase };
  }
}

/** Waits for the other side to send us elsewhere, and goes there. */
export async function expectTransfer(
  { to, leg: name, named }: OnLeg & { readonly to?: string; readonly named?: string },
  session: VoiceSession,
  tools: Tools,
): Promise<JsonObject> {
  const old = session.live(name);
  session.choose(old);
  tools.since(session.since);
  const { signal } = tools;
  const late = () =>
    new Failure('no transfer came', { expected: to ?? 'a transfer', came: 'the call stayed where it was' });
  const { to: target, message } = await session.expect(old, ['referred'], { signal, late });
  const { context } = session;
  try {
    context.guard.target(target);
  } catch (error) {
    old.call.signalling.notify(603, 'Decline');
    throw error;
  }
  if (to !== undefined && !target.includes(to)) {
    old.call.signalling.notify(603, 'Decline');
    throw new Failure(`we are sent to ${target}`, { expected: to, came: target });
  }
  context.guard.spend('call');
  const phone = await session.phone(old.chosen);
  old.call.signalling.notify(100, 'Trying');
  const by = message.headers.find((header) => header.name === 'referred-by')?.value;
  const marks = {
    'X-Synthetic-Journey': context.mark,
    traceparent: context.traceparent,
    ...(by ? { 'Referred-By': by } : {}),
  };
  const call = await phone.dial(target, { headers: headerLines(marks) });
  const leg = session.add(call, old.chosen, named);
  try {
    const answered = await progress(leg, { until: 'answered', session, tools });
    old.call.signalling.notify(200, 'OK');
    old.call.signalling.hangUp().catch(() => undefined);
    return { ...answered, to: target };
  } catch (error) {
    old.call.signalling.notify(503, 'Service Unavailable');
    session.choose(old);
    throw error;
  }
}

/** Hangs up; the BYE is repeated in the background until it is answered. */
export function hangUp({ leg: name }: OnLeg, session: VoiceSession, tools: Tools): void {
  const leg = session.leg(name);
  session.choose(leg);
  session.acted(tools.clock.now(), tools);
  leg.call.signalling.hangUp('Q.850;cause=16;text="Normal call clearing"').catch(() => undefined);
}

/** Waits for the other side to hang up. */
export async function expectHangUp(
  { leg: name, cause }: OnLeg & { readonly cause?: number },
  session: VoiceSession,
  tools: Tools,
): Promise<JsonObject> {
  const leg = session.leg(name);
  session.choose(leg);
  tools.since(session.since);
  const late = () => new Failure('they did not hang up', { expected: 'the end of the call', came: 'the call goes on' });
  const before = leg.call.events.find((event) => event.type === 'ended');
  const ended = before ?? (await session.expect(leg, ['ended'], { signal: tools.signal, late, overToo: true }));
  if (ended.by === 'us') throw new SpecError('we hung up ourselves', 'expect-hang-up waits for the other side');
  tools.until(ended.at);
  session.since = Math.max(session.since, ended.at);
  const causes = ended.reasons.map((reason) => reason.cause);
  if (cause !== undefined && !causes.includes(cause))
    throw new Failure('they hung up for another reason', {
      expected: `cause ${cause}`,
      came: ended.reasons.map(reasonText).join(', ') || `no reason given; ${endText(leg.call, tools.clock.now())}`,
    });
  return { reasons: ended.reasons.map(reasonText) };
}
