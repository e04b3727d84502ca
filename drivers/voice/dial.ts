import type { Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Call } from '../../telephony/call.ts';
import type { SipMessage } from '../../telephony/sip/message.ts';
import { refusalText } from '../../telephony/sip/outcome.ts';
import type { Leg } from './leg.ts';
import type { VoiceSession } from './session.ts';
import { personaOf } from './settings.ts';
import { dialFailure } from './words.ts';

export interface DialArgs {
  readonly to: string;
  readonly via?: string;
  readonly from?: string;
  readonly withheld: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly until: 'answered' | 'ringing' | 'refused';
  readonly status?: number;
  /** ms */
  readonly ringsWithin?: number;
  readonly leg?: string;
}

const readable = /^[\w!#$%&'*+.^`|~-]+$/;

/** `Name: value` lines; a line break in one would forge another header. */
export function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => {
    if (!readable.test(name) || /[\r\n]/.test(value))
      throw new SpecError(
        `\`${name}\` cannot be a SIP header`,
        'a name of letters, digits and dashes, a value of one line',
      );
    return `${name}: ${value}`;
  });
}

/** Headers of the other side that are no machinery of SIP, as `save` keeps them. */
export function headersOf(message: SipMessage | undefined): JsonObject {
  const machinery =
    /^(via|from|to|call-id|cseq|contact|record-route|route|content-|max-forwards|allow|supported|user-agent|server)/;
  const kept = message?.headers.filter(({ name }) => !machinery.test(name)) ?? [];
  return Object.fromEntries(kept.map(({ name, value }) => [name, value]));
}

/** Calls, from the first packet to the answer (or the ring). */
export async function dial(args: DialArgs, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const { context, settings } = session;
  const chosen = personaOf(settings, args.via);
  const wanted = settings.names[args.to] ?? args.to;
  const phone = await session.phone(chosen);
  const target = resolved(() => phone.resolve(wanted));
  context.guard.target(target);
  context.guard.spend('call');
  const own = headerLines({ ...chosen.persona.headers, ...args.headers });
  const headers = [`X-Synthetic-Journey: ${context.mark}`, `traceparent: ${context.traceparent}`, ...own];
  const from = args.withheld ? 'withheld' : args.from === undefined ? undefined : { user: args.from };
  const call = await phone.dial(target, { headers, ...(from ? { from } : {}) });
  tools.since(call.since);
  const leg = session.add(call, chosen, args.leg);
  return args.until === 'refused'
    ? await refusal(leg, { status: args.status, session, tools })
    : await progress(leg, { until: args.until, ringsWithin: args.ringsWithin, session, tools });
}

function resolved(resolve: () => string): string {
  try {
    return resolve();
  } catch (error) {
    throw new SpecError(
      error instanceof Error ? error.message : String(error),
      'a number, a SIP address, or a name from `names` in the voice settings',
    );
  }
}

interface Progress {
  readonly until: 'answered' | 'ringing';
  readonly ringsWithin?: number | undefined;
  readonly session: VoiceSession;
  readonly tools: Tools;
}

/** Waits for the answer (or the ring) of a call that is on its way; one that does not get there is taken back. */
export async function progress(leg: Leg, { until, ringsWithin, session, tools }: Progress): Promise<JsonObject> {
  const { call } = leg;
  const { clock, signal } = tools;
  const types =
    until === 'ringing'
      ? (['ringing', 'early', 'answered', 'refused', 'ended'] as const)
      : (['answered', 'refused', 'ended'] as const);
  const giveUp = () => {
    const failure = dialFailure(call, clock.now(), true);
    call.signalling.hangUp().catch(() => undefined);
    return failure;
  };
  const event = await session.expect(leg, types, { signal, late: giveUp, overToo: true });
  if (event.type === 'refused' || event.type === 'ended') {
    guardContacts(call, session);
    throw dialFailure(call, clock.now(), false);
  }
  tools.until(event.at);
  session.acted(event.at, tools);
  measure(call, tools);
  if (ringsWithin !== undefined) rang(call, ringsWithin);
  const message = 'message' in event ? event.message : undefined;
  return { callId: call.signalling.callId, setup: Math.round(event.at - call.since), headers: headersOf(message) };
}

/** Waits for the call to be turned away: busy, unknown, forbidden; with a status that one was named, with that. */
async function refusal(
  leg: Leg,
  { status, session, tools }: { status: number | undefined; session: VoiceSession; tools: Tools },
): Promise<JsonObject> {
  const { call } = leg;
  const { clock, signal } = tools;
  const expected = status === undefined ? 'a refusal' : `a refusal with ${status}`;
  const taken = (words: string, came: string) => {
    call.signalling.hangUp().catch(() => undefined);
    return new Failure(words, { expected, came });
  };
  const types = ['answered', 'refused'] as const;
  const late = () => taken('nobody refused the call', dialFailure(call, clock.now(), true).message);
  const event = await session.expect(leg, types, { signal, late });
  if (event.type === 'answered')
    throw taken('the call was answered', `an answer after ${Math.round(event.at - call.since)} ms`);
  const came = refusalText(event.refusal);
  if (event.refusal.kind !== 'rejected') throw new Failure(`the call was not refused: ${came}`, { expected, came });
  guardContacts(call, session);
  if (status !== undefined && event.refusal.status !== status)
    throw new Failure(`the call was refused otherwise: ${came}`, { expected, came });
  tools.until(event.at);
  session.acted(event.at, tools);
  const { reasons, phrase } = event.refusal;
  const cause = reasons.find(({ protocol }) => protocol === 'Q.850')?.cause;
  return {
    callId: call.signalling.callId,
    status: event.refusal.status,
    phrase,
    ...(cause === undefined ? {} : { cause }),
    headers: headersOf(event.refusal.message),
  };
}

/** A 3xx may point anywhere: nobody follows it, and where it points has to be allowed before it is told as a finding. */
function guardContacts(call: Call, session: VoiceSession): void {
  const refused = call.events.find((event) => event.type === 'refused');
  if (refused?.refusal.kind !== 'rejected') return;
  for (const { text } of refused.refusal.contacts) session.context.guard.target(text);
}

/** A caller who hears nothing for long hangs up, whatever comes of the call. */
function rang(call: Call, within: number): void {
  const ring = call.events.find(({ type }) => type === 'ringing' || type === 'early');
  const ms = ring && Math.round(ring.at - call.since);
  if (ms !== undefined && ms <= within) return;
  const came = ms === undefined ? 'an answer without a ring' : `a ring after ${ms} ms`;
  throw new Failure(ms === undefined ? 'it did not ring' : 'it rang late', {
    expected: `a ring within ${within} ms`,
    came,
  });
}

function measure(call: Call, { note }: Tools): void {
  const at = (type: string) => call.events.find((event) => event.type === type)?.at;
  const ring = at('ringing') ?? at('early');
  const metric = (name: string, when: number | undefined) => {
    if (when !== undefined)
      note({ type: 'metric', name, value: Math.round(when - call.since), unit: 'ms', better: 'lower' });
  };
  metric('post-dial-delay', ring);
  metric('setup', at('answered'));
}

/** Takes the call that rings. */
export async function answer(
  {
    from,
    after,
    headers,
    leg,
  }: { from?: string; after: number; headers: Readonly<Record<string, string>>; leg?: string },
  session: VoiceSession,
  tools: Tools,
): Promise<JsonObject> {
  const { clock, signal } = tools;
  const begun = clock.now();
  const { call, chosen } = await ringing(session, signal);
  tools.since(Math.max(begun, call.since));
  const { signalling } = call;
  const { user } = signalling.remote.uri;
  if (from !== undefined && decodeURIComponent(user) !== from)
    throw new Failure('somebody else calls', { expected: from, came: user || signalling.remote.uri.text });
  await clock.sleep(after, signal);
  session.taken(call);
  session.add(call, chosen, leg);
  try {
    signalling.answer(headerLines(headers));
  } catch (error) {
    throw new Failure(`the call cannot be answered: ${error instanceof Error ? error.message : String(error)}`);
  }
  session.acted(clock.now(), tools);
  return {
    callId: signalling.callId,
    from: user,
    name: signalling.remote.name,
    headers: headersOf(signalling.invite),
  };
}

/** Waits for our phone to ring. */
export async function ringing(session: VoiceSession, signal: AbortSignal) {
  try {
    return await session.rings(signal);
  } catch (error) {
    if (error === signal.reason && error instanceof Failure)
      throw new Failure('no call came', { expected: 'a call to this phone', came: 'nothing rang' });
    throw error;
  }
}
