import type { Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Call, CallEvent } from '../../telephony/call.ts';
import type { IceError } from '../../telephony/media/ice-servers.ts';
import { type Refusal, refusalText } from '../../telephony/sip/outcome.ts';
import { agreed, prepared, readying } from './agreed.ts';
import { expectHeaders, type HeaderTexts, headerLines, headersOf } from './headers.ts';
import type { Leg } from './leg.ts';
import type { VoiceSession } from './session.ts';
import { personaOf } from './settings.ts';
import { dialFailure } from './words.ts';

export interface DialArgs {
  readonly to: string;
  readonly via?: string;
  readonly from?: string;
  readonly withheld: boolean;
  readonly headers: HeaderTexts;
  readonly expects: HeaderTexts;
  readonly follow: boolean;
  readonly until: 'answered' | 'ringing' | 'trying' | 'refused';
  readonly status?: number;
  /** ms */
  readonly ringsWithin?: number;
  readonly leg?: string;
}

/** Calls, from the first packet to the answer (or the ring). */
export async function dial(args: DialArgs, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const { context, settings } = session;
  const chosen = personaOf(settings, args.via);
  const wanted = settings.names[args.to] ?? args.to;
  const { signal } = tools;
  await prepared(session.opened(chosen, wanted), tools);
  const phone = await agreed(session.phone(chosen, wanted), { signal, to: 'the registration' });
  const target = resolved(() => phone.resolve(wanted));
  context.guard.target(target);
  const own = headerLines({ ...chosen.persona.headers, ...args.headers });
  const headers = [`X-Synthetic-Journey: ${context.mark}`, `traceparent: ${context.traceparent}`, ...own];
  const from = args.withheld ? 'withheld' : args.from === undefined ? undefined : { user: args.from };
  session.lease.claims.made(context.walk, tokenOf(args, { uri: phone.uri, own }));
  const follow = args.follow && args.until !== 'refused' ? allowed(session) : undefined;
  const line = context.guard.call();
  tools.longer(readying);
  const dialling = phone.dial(target, { headers, ...(from ? { from } : {}), ...(follow ? { follow } : {}) });
  const call = await held(line, dialling).catch((error: unknown) => {
    throw withoutIce(error, chosen.name);
  });
  tools.since(call.since);
  tools.longer(0);
  const leg = session.add(call, chosen, args.leg);
  return args.until === 'refused'
    ? await refusal(leg, { status: args.status, expects: args.expects, session, tools })
    : await progress(leg, {
        until: args.until,
        ringsWithin: args.ringsWithin,
        follow: args.follow,
        expects: args.expects,
        session,
        tools,
      });
}

/** Credentials are for us to mend, a server that does not serve is theirs. */
function withoutIce(error: unknown, name: string): unknown {
  const { fault, message } = error instanceof Error ? (error as Partial<IceError> & Error) : { message: '' };
  if (fault === 'settings') return new SpecError(message, `check \`ice\` of ${name}`);
  return fault === 'server' ? new Failure(message, { expected: 'a relay for the sound', came: 'none' }) : error;
}

/** What an agent may know this call by when it comes to it. */
function tokenOf({ from, withheld }: DialArgs, { uri, own }: { uri: string; own: readonly string[] }) {
  const caller = withheld ? undefined : (from ?? /^sips?:([^@]*)@/.exec(uri)?.[1]);
  const data = own.find((line) => /^user-to-user:/i.test(line))?.replace(/^[^:]*:\s*/, '');
  return { ...(caller === undefined ? {} : { caller }), ...(data === undefined ? {} : { data }) };
}

/** The guard's word about a redirect that was not followed. Throws SpecError. */
function unfollowed(refusal: Refusal, { context }: VoiceSession): void {
  if (refusal.kind === 'rejected') for (const { text } of refusal.contacts.slice(0, 1)) context.guard.target(text);
}

/** A redirect is followed where the guard allows it; where not, the call ends there. */
function allowed(session: VoiceSession) {
  return (to: string) => {
    try {
      session.context.guard.target(to);
      return true;
    } catch {
      return false;
    }
  };
}

/** Lets go of the guard's line when the call is over, or was never made. */
export async function held(line: Disposable, dialling: Promise<Call>): Promise<Call> {
  try {
    const call = await dialling;
    const over = call.until(
      (event): event is CallEvent => event.type === 'ended' || event.type === 'refused',
      0,
      new AbortController().signal,
    );
    void over.catch(() => undefined).then(() => line[Symbol.dispose]());
    return call;
  } catch (error) {
    line[Symbol.dispose]();
    throw error;
  }
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
  readonly until: 'answered' | 'ringing' | 'trying';
  readonly ringsWithin?: number | undefined;
  readonly follow?: boolean;
  readonly expects: HeaderTexts;
  readonly session: VoiceSession;
  readonly tools: Tools;
}

/** Waits for the answer (or the ring) of a call that is on its way; one that does not get there is taken back. */
export async function progress(
  leg: Leg,
  { until, ringsWithin, follow, expects, session, tools }: Progress,
): Promise<JsonObject> {
  const { call } = leg;
  const { clock, signal } = tools;
  const types = [
    ...(until === 'trying' ? (['trying'] as const) : []),
    ...(until === 'answered' ? [] : (['ringing', 'early'] as const)),
    ...(['answered', 'refused', 'ended'] as const),
  ];
  const giveUp = () => {
    const failure = dialFailure(call, clock.now(), true);
    call.signalling.hangUp().catch(() => undefined);
    return failure;
  };
  const event = await session.expect(leg, types, { signal, late: giveUp, overToo: true });
  if (event.type === 'refused' || event.type === 'ended') {
    if (follow && event.type === 'refused') unfollowed(event.refusal, session);
    throw dialFailure(call, clock.now(), false);
  }
  tools.until(event.at);
  session.acted(event.at, tools);
  measure(call, tools);
  if (ringsWithin !== undefined) rang(call, ringsWithin);
  const told = call.events.flatMap((one) =>
    one.type === 'ringing' || one.type === 'early' || one.type === 'answered' ? [one.message] : [],
  );
  const headers = headersOf(...told);
  expectHeaders(headers, expects);
  const moved = call.events.findLast((one) => one.type === 'redirected');
  return {
    callId: call.signalling.callId,
    setup: Math.round(event.at - call.since),
    headers,
    ...(moved ? { redirected: moved.to } : {}),
  };
}

/** Waits for the call to be turned away: busy, unknown, forbidden; with a status that one was named, with that. */
async function refusal(
  leg: Leg,
  { status, expects, session, tools }: Pick<Progress, 'expects' | 'session' | 'tools'> & { status: number | undefined },
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
  if (status !== undefined && event.refusal.status !== status)
    throw new Failure(`the call was refused otherwise: ${came}`, { expected, came });
  const headers = headersOf(event.refusal.message);
  expectHeaders(headers, expects);
  tools.until(event.at);
  session.acted(event.at, tools);
  const { reasons, phrase } = event.refusal;
  const cause = reasons.find(({ protocol }) => protocol === 'Q.850')?.cause;
  return {
    callId: call.signalling.callId,
    status: event.refusal.status,
    phrase,
    ...(cause === undefined ? {} : { cause }),
    headers,
  };
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
