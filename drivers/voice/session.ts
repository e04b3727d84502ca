import type { Context, Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { Call, CallEvent, CallEventOf } from '../../telephony/call.ts';
import type { Phone } from '../../telephony/phone.ts';
import { type Refusal, Refused, refusalText } from '../../telephony/sip/outcome.ts';
import type { Registration } from '../../telephony/sip/registration.ts';
import type { Speaker } from '../../telephony/speaking/speaker.ts';
import type { Lease } from './engine.ts';
import { Evidence } from './evidence.ts';
import type { Leg } from './leg.ts';
import { Ringing, type Rung } from './ringing.ts';
import { type Chosen, personaOf, phoneSettings, type Settings } from './settings.ts';
import { endText } from './words.ts';

/** The rooms of telephony, imported when a session opens. */
export interface Rooms {
  readonly phone: typeof Phone;
  readonly speaker: Speaker;
}

/** One actor with a telephone: its personas, and the calls it has. */
export class VoiceSession implements AsyncDisposable {
  readonly settings: Settings;
  readonly context: Context;
  readonly speaker: Speaker;
  readonly lease: Lease;
  readonly #rooms: Rooms;
  readonly #evidence: Evidence;
  readonly #phones = new Map<string, { readonly opened: Promise<Phone>; readonly phone: Promise<Phone> }>();
  readonly #registrations: Registration[] = [];
  readonly #legs: Leg[] = [];
  readonly #ringing: Ringing;
  #unregistered: string | undefined;
  #unusable: string | undefined;
  #active: Leg | undefined;
  #added = Promise.withResolvers<undefined>();
  /** End of our last act, or of the last match, epoch ms. */
  since = 0;
  /** First event of the active call that no step has looked at. */
  position = 0;

  constructor(settings: Settings, context: Context, parts: { readonly rooms: Rooms; readonly lease: Lease }) {
    this.settings = settings;
    this.context = context;
    this.#rooms = parts.rooms;
    this.lease = parts.lease;
    this.speaker = parts.rooms.speaker;
    this.#evidence = new Evidence(context, parts.lease.hush, settings.recordings);
    this.#ringing = new Ringing(({ name }) => this.lease.claims.alone(context.walk, name));
  }

  /** The actor's own phone, when it has one to be called on. */
  async ready(): Promise<void> {
    if (this.settings.as !== undefined) await this.phone(personaOf(this.settings));
  }

  /** The phone of a persona; one without a server has an address for each network that it calls into. */
  phone(chosen: Chosen, target = ''): Promise<Phone> {
    return this.#phone(chosen, target).phone;
  }

  /** The same as soon as it is open: whether it can register is for the other side to say. */
  opened(chosen: Chosen, target = ''): Promise<Phone> {
    return this.#phone(chosen, target).opened;
  }

  #phone(chosen: Chosen, target: string) {
    const { server, host } = chosen.persona;
    const facing = server === undefined && host === undefined && elsewhere(target) ? target : undefined;
    const key = facing === undefined ? chosen.name : `${chosen.name} ${facing}`;
    const known = this.#phones.get(key);
    if (known) return known;
    const opened = this.#open(chosen, facing);
    const made = { opened, phone: opened.then((phone) => this.#registered(phone, chosen)) };
    this.#phones.set(key, made);
    made.phone.catch(() => this.#phones.delete(key));
    return made;
  }

  /** Every call so far, in order. */
  get legs(): readonly Leg[] {
    return this.#legs;
  }

  /** Resolves when there is another one. */
  get added(): Promise<undefined> {
    return this.#added.promise;
  }

  /** How many calls there were. */
  get calls(): number {
    return this.#legs.length;
  }

  /** The call that a step acts on. Throws SpecError when there is none. */
  leg(name?: string): Leg {
    const found = name === undefined ? this.#active : this.#legs.findLast((leg) => leg.name === name);
    if (found) return found;
    const names = this.#legs.map((leg) => leg.name).join(', ');
    throw name === undefined
      ? new SpecError('there is no call', 'start with `- voice.dial:` or `- voice.answer:`')
      : new SpecError(`there is no leg \`${name}\``, names ? `there are ${names}` : 'there is no call yet');
  }

  /** The same, still up: who hung up already is told as a failure. */
  live(name?: string): Leg {
    const leg = this.leg(name);
    if (leg.call.over) throw new Failure(endText(leg.call, this.context.clock.now()), { came: 'the call is over' });
    return leg;
  }

  /** A secret was sounded on this call in-band: its packets are not kept. */
  mute(call: Call): void {
    this.#evidence.mute(call);
  }

  /** Packets that a stall of this process swallowed, on all calls. */
  get skipped(): number {
    return this.#legs.reduce((sum, { call }) => sum + (call.media.statistics?.sent.skipped ?? 0), 0);
  }

  /** Secret keys were pressed on this call: a pcap of it does not tell which. */
  hide(call: Call, time: { readonly from: number; readonly to: number }): void {
    this.#evidence.hide(call, time);
  }

  /** A call becomes the active leg. */
  add(call: Call, chosen: Chosen, name?: string): Leg {
    const leg = { call, chosen, name: name ?? `leg ${this.#legs.length + 1}` };
    if (this.#legs.some((other) => other.name === leg.name))
      throw new SpecError(`there is a leg \`${leg.name}\` already`, 'give the new one another name');
    this.#legs.push(leg);
    this.#evidence.began(call);
    this.choose(leg);
    this.#added.resolve(undefined);
    this.#added = Promise.withResolvers();
    return leg;
  }

  choose(leg: Leg): void {
    if (this.#active === leg) return;
    this.#active = leg;
    this.position = 0;
  }

  /** The first call that rings and is for this walk, of the caller that is named when one is; it stays there until it is `taken`. */
  rings(signal: AbortSignal, from?: string): Promise<Rung> {
    return this.#ringing.next(signal, from);
  }

  taken(call: Call): void {
    this.#ringing.taken(call);
  }

  /** Why no call may have come: what rang for others, and whether the registration is lost. */
  get missed(): string {
    return [this.#unregistered, this.#unusable, this.#ringing.left].filter(Boolean).join('; ');
  }

  /** Another call that is up, the newest; SpecError when there is none. */
  other(than: Leg): Leg {
    const found = this.#legs.findLast((leg) => leg !== than && !leg.call.over);
    if (found) return found;
    throw new SpecError(
      'there is no other call',
      '`leg` names the call that is transferred, `to-leg` the one that it goes to',
    );
  }

  /** The next event of these types on a call since our last act; the step's Failure when it ends first or does not come. */
  async expect<T extends CallEvent['type']>(
    leg: Leg,
    types: readonly T[],
    { signal, late, overToo = false }: { signal: AbortSignal; late: () => Failure; overToo?: boolean },
  ): Promise<CallEventOf<T>> {
    const wanted = (event: CallEvent): event is CallEvent =>
      (types as readonly string[]).includes(event.type) ||
      (!overToo && (event.type === 'ended' || event.type === 'refused'));
    try {
      const { event, position } = await leg.call.until(wanted, this.position, signal);
      if (!(types as readonly string[]).includes(event.type))
        throw new Failure(endText(leg.call, this.context.clock.now()), { came: 'the call is over' });
      this.position = position + 1;
      return event as CallEventOf<T>;
    } catch (error) {
      throw error === signal.reason && error instanceof Failure ? late() : error;
    }
  }

  /** Our act is done: what comes from now on is answered to it. */
  acted(at: number, tools: Pick<Tools, 'acted'>): void {
    this.since = at;
    tools.acted(at);
  }

  /** Waits for silence of the other side, as a polite caller does. */
  async pause(leg: Leg, signal: AbortSignal): Promise<void> {
    const { clock } = this.context;
    const { patience } = this.settings;
    for (;;) {
      const { quietSince } = leg.call.media;
      const missing = quietSince === undefined ? 50 : quietSince + patience - clock.now();
      if (missing <= 0 || leg.call.over) return;
      await clock.sleep(Math.min(missing, 50), signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failed: unknown[] = [];
    const keep = async (work: PromiseLike<unknown>) => {
      await work.then(undefined, (error: unknown) => failed.push(error));
    };
    await Promise.all(this.#registrations.map((registration) => keep(registration[Symbol.asyncDispose]())));
    await keep(this.#ringing[Symbol.asyncDispose]());
    await Promise.all(this.#legs.map((leg) => keep(this.#evidence.finish(leg))));
    const phones = [...this.#phones.values()];
    await Promise.all(phones.map(({ phone }) => keep(phone.then((one) => one[Symbol.asyncDispose]()))));
    await keep(this.lease[Symbol.asyncDispose]());
    if (failed.length > 0) throw failed[0];
  }

  async #open(chosen: Chosen, facing: string | undefined): Promise<Phone> {
    const { persona } = chosen;
    const { context } = this;
    const { server, proxy } = persona;
    for (const through of [server, proxy])
      if (through !== undefined)
        context.guard.target(/^(sips?:|wss?:\/\/)/i.test(through) ? through : `sip:${through}`);
    const phone = await this.#rooms.phone.open(phoneSettings(chosen, facing), {
      clock: context.clock,
      random: context.random,
      media: this.lease.media,
      recording: () => this.#evidence.recording(),
    });
    phone.onCall(
      (call) => this.#rang(call, chosen),
      (error) => {
        this.#unusable = `a call came that cannot be taken: ${error instanceof Error ? error.message : String(error)}`;
      },
    );
    if (chosen.agent) this.lease.claims.waits(context.walk, chosen.name);
    return phone;
  }

  async #registered(phone: Phone, chosen: Chosen): Promise<Phone> {
    const { persona } = chosen;
    const { server } = persona;
    if (!(persona.register ?? (chosen.agent && server !== undefined))) return phone;
    try {
      this.#keep(await phone.register(), chosen);
      return phone;
    } catch (error) {
      await phone[Symbol.asyncDispose]();
      throw error instanceof Refused ? unregistered(error.refusal, { name: chosen.name, server }) : error;
    }
  }

  #keep(registration: Registration, { name }: Chosen): void {
    this.#registrations.push(registration);
    const note = (metric: string, value: number, unit: string) =>
      this.context.note({ type: 'metric', name: metric, value, unit });
    registration.on((event) => {
      const lost = event.type === 'lost';
      this.#unregistered = lost ? `${name} is not registered any more: ${refusalText(event.refusal)}` : undefined;
      if (lost) note('registration-lost', 1, 'times');
      else note('registered-for', event.expires, 's');
    });
  }

  /** A call that takes the place of one of ours is answered by itself (RFC 3891 §3). */
  #rang(call: Call, chosen: Chosen): void {
    const { invite, replaces } = call.signalling;
    if (!invite) return;
    const old = replaces && this.#legs.find((leg) => leg.call.signalling === replaces);
    if (old) call.signalling.answer();
    this.#ringing.add(
      old
        ? { call, chosen, claim: 'ours', leg: this.add(call, chosen) }
        : { call, chosen, claim: this.lease.claims.of(invite, this.context) },
    );
  }
}

/** A SIP address that is not on the loopback of IPv4. */
const elsewhere = (target: string) => /^sips?:/i.test(target) && !/^sips?:([^@]*@)?(127\.|localhost\b)/i.test(target);

/** A password is for us to mend, everything else is theirs. */
function unregistered(refusal: Refusal, { name, server = '' }: { name: string; server: string | undefined }): Error {
  const words = `${name} could not register at ${server}: ${refusalText(refusal)}`;
  return refusal.kind === 'auth'
    ? new SpecError(
        words,
        'check `auth`: on many PBXs its user is the extension; `throughline voice probe` tries it alone',
      )
    : new Failure(words, { expected: 'a registration', came: refusalText(refusal) });
}
