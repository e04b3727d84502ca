import type { Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Phone } from '../../telephony/phone.ts';
import { reasonText } from '../../telephony/sip/outcome.ts';
import { replacingUri } from '../../telephony/sip/replaces.ts';
import { agreed } from './agreed.ts';
import { ringing } from './answer.ts';
import { held, progress } from './dial.ts';
import { type HeaderTexts, headerLines } from './headers.ts';
import type { Leg } from './leg.ts';
import type { VoiceSession } from './session.ts';
import { dialFailure, endText } from './words.ts';

interface OnLeg {
  readonly leg?: string;
}

/** Our call rings at the other side; without a call of ours, our own phone rings. */
export async function waitRinging({ leg: name }: OnLeg, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const ours = name !== undefined || session.calls > 0 ? session.leg(name) : undefined;
  if (ours?.call.signalling.direction === 'out') {
    tools.since(ours.call.since);
    return progress(ours, { until: 'ringing', expects: {}, session, tools });
  }
  const begun = tools.clock.now();
  const { call } = await ringing(session, tools.signal);
  tools.until(Math.max(begun, call.since));
  return { from: call.signalling.remote.uri.user, callId: call.signalling.callId };
}

/** Our call is answered, after its ring or the sound before the answer was judged by other steps. */
export async function waitAnswer({ leg: name }: OnLeg, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const ours = session.leg(name);
  const { call } = ours;
  if (call.signalling.direction === 'in')
    throw new SpecError('this call came in', 'wait-answer is for a call of ours; take one that rings by voice.answer');
  tools.since(call.since);
  const before = call.events.find(({ type }) => type === 'answered' || type === 'refused');
  if (before?.type === 'refused') throw dialFailure(call, tools.clock.now(), false);
  if (!before) return progress(ours, { until: 'answered', expects: {}, session, tools });
  tools.until(before.at);
  return { callId: call.signalling.callId, setup: Math.round(before.at - call.since) };
}

/** Holds or takes back; resolves when the other side has agreed. */
export async function hold(
  on: boolean,
  { leg: name }: OnLeg,
  { session, tools }: { session: VoiceSession; tools: Tools },
): Promise<void> {
  const leg = session.live(name);
  session.choose(leg);
  const { signal } = tools;
  await agreed(on ? leg.call.hold() : leg.call.resume(), { signal, to: 'the re-INVITE' });
  session.acted(tools.clock.now(), tools);
}

export interface TransferArgs extends OnLeg {
  readonly to?: string;
  /** Attended: the leg that the other side is to take our place in. */
  readonly 'to-leg'?: string;
}

/** Asks the other side to call somebody else (or to take our place in another call of ours), and leaves when that worked. */
export async function transfer(args: TransferArgs, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const { signal } = tools;
  const beside = args['to-leg'] === undefined ? undefined : session.live(args['to-leg']);
  if ((args.to === undefined) === (beside === undefined)) throw new SpecError('transfer either `to` or `to-leg`');
  const leg = beside && args.leg === undefined ? session.other(beside) : session.live(args.leg);
  session.choose(leg);
  const phone = await agreed(session.phone(leg.chosen), { signal, to: 'the registration' });
  session.position = leg.call.position;
  const { refer, name } = beside ? towards(beside) : blind(args.to!, { session, phone });
  const asked = leg.call.signalling.refer(refer, [`Referred-By: <${phone.uri}>`]);
  await agreed(asked, { signal, to: 'REFER' });
  const outcome = await outcomeOf(leg, session, tools);
  if (outcome.status >= 300)
    throw new Failure(`the transfer to ${name} failed: ${outcome.status} ${outcome.phrase}`, {
      expected: 'a transfer',
      came: `${outcome.status} ${outcome.phrase}`,
    });
  session.acted(tools.clock.now(), tools);
  for (const left of beside ? [leg, beside] : [leg]) left.call.signalling.hangUp().catch(() => undefined);
  return { status: outcome.status, phrase: outcome.phrase };
}

function blind(to: string, { session, phone }: { session: VoiceSession; phone: Pick<Phone, 'resolve'> }) {
  const refer = phone.resolve(session.settings.names[to] ?? to);
  session.context.guard.target(refer);
  return { refer, name: to };
}

function towards({ name, call: { signalling } }: Leg) {
  if (signalling.state !== 'answered')
    throw new SpecError(`\`${name}\` is not answered yet`, 'wait for its answer first');
  const { target, replaces } = signalling.standing;
  return { refer: replacingUri(target, replaces), name };
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
  {
    to,
    leg: name,
    named,
    expects,
  }: OnLeg & { readonly to?: string; readonly named?: string; readonly expects: HeaderTexts },
  session: VoiceSession,
  tools: Tools,
): Promise<JsonObject> {
  const old = session.live(name);
  session.choose(old);
  tools.since(session.since);
  const { signal } = tools;
  const late = () =>
    new Failure('no transfer came', { expected: to ?? 'a transfer', came: 'the call stayed where it was' });
  const { to: target, lines, message } = await session.expect(old, ['referred'], { signal, late });
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
  const phone = await agreed(session.phone(old.chosen), { signal, to: 'the registration' });
  old.call.signalling.notify(100, 'Trying');
  const by = message.headers.find((header) => header.name === 'referred-by')?.value;
  const marks = {
    'X-Synthetic-Journey': context.mark,
    traceparent: context.traceparent,
    ...(by ? { 'Referred-By': by } : {}),
  };
  const replacing = lines.some((line) => /^replaces:/i.test(line)) ? ['Require: replaces'] : [];
  const wanted = lines.filter((line) => !/^(require|referred-by):/i.test(line));
  const how = { headers: [...headerLines(marks), ...replacing, ...wanted] };
  const call = await held(context.guard.call(), phone.dial(target, how));
  const leg = session.add(call, old.chosen, named);
  try {
    const answered = await progress(leg, { until: 'answered', expects, session, tools });
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
