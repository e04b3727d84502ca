import type { Context, Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { Call, CallEvent, CallEventOf } from '../../telephony/call.ts';
import type { Phone } from '../../telephony/phone.ts';
import type { Speaker } from '../../telephony/speaking/speaker.ts';
import type { Lease } from './engine.ts';
import { Evidence } from './evidence.ts';
import type { Leg } from './leg.ts';
import { Phones } from './phones.ts';
import { type Fits, onlyByTone, Ringing, type Rung } from './ringing.ts';
import { type Chosen, personaOf, type Settings } from './settings.ts';
import { Sounding } from './sounding.ts';
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
  readonly #evidence: Evidence;
  readonly #phones: Phones;
  readonly #legs: Leg[] = [];
  readonly #ringing: Ringing;
  /** What the customers of this walk do while an agent asks whose a call is. */
  readonly sounding: Sounding;
  readonly #seats: Disposable[] = [];
  /** Calls of which it is being found out whose they are. */
  readonly #finishing: Promise<unknown>[] = [];
  #active: Leg | undefined;
  #added = Promise.withResolvers<undefined>();
  /** End of our last act, or of the last match, epoch ms. */
  since = 0;
  /** First event of the active call that no step has looked at. */
  position = 0;

  constructor(settings: Settings, context: Context, parts: { readonly rooms: Rooms; readonly lease: Lease }) {
    this.settings = settings;
    this.context = context;
    this.lease = parts.lease;
    this.speaker = parts.rooms.speaker;
    this.#evidence = new Evidence(context, parts.lease.hush, settings.recordings);
    const { claims, tones } = parts.lease;
    this.#ringing = new Ringing({
      alone: ({ name }) => claims.alone(context.walk, name),
      isTaken: (rung) => tones.isTaken(rung),
    });
    this.#phones = new Phones({
      context,
      lease: this.lease,
      room: parts.rooms.phone,
      recording: () => this.#evidence.recording(),
      opened: (chosen) => this.#sit(chosen),
      rang: (rang) => this.#rang(rang),
    });
    const { walk, clock } = context;
    this.sounding = new Sounding({ walk, clock, tones, leg: () => this.#active });
  }

  /** The actor's own phone, when it has one to be called on. */
  async ready(): Promise<void> {
    if (this.settings.as !== undefined) await this.phone(personaOf(this.settings));
  }

  /** The phone of a persona; one without a server has an address for each network that it calls into. */
  phone(chosen: Chosen, target = ''): Promise<Phone> {
    return this.#phones.of(chosen, target).registered;
  }

  /** The same as soon as it is open: whether it can register is for the other side to say. */
  opened(chosen: Chosen, target = ''): Promise<Phone> {
    return this.#phones.of(chosen, target).opened;
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
  rings(signal: AbortSignal, fits: Fits): Promise<Rung> {
    return this.#ringing.next(signal, fits);
  }

  taken(call: Call): void {
    this.#ringing.taken(call);
  }

  /** What has become of a call that we took to hear whose it is. */
  tried(call: Call, words?: string): void {
    this.#ringing.tried(call, words);
  }

  /** Work on a call that goes on when its step is over; the session closes after it. */
  finish<T>(work: Promise<T>): Promise<T> {
    this.#finishing.push(work.catch(() => undefined));
    return work;
  }

  /** Why no call may have come: what rang for others, and whether the registration is lost. */
  get missed(): string {
    return [...this.#phones.troubles, this.#ringing.left].filter(Boolean).join('; ');
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
    for (const one of [this.sounding, ...this.#seats]) one[Symbol.dispose]();
    await Promise.all(this.#phones.unregister().map(keep));
    await Promise.all(this.#finishing);
    await keep(this.#ringing[Symbol.asyncDispose]());
    await Promise.all(this.#legs.map((leg) => keep(this.#evidence.finish(leg))));
    await Promise.all(this.#phones.close().map(keep));
    await keep(this.lease[Symbol.asyncDispose]());
    if (failed.length > 0) throw failed[0];
  }

  /** Waits at the phone of an agent, also for a call that was found to be ours by its marker at whichever phone it was taken. */
  #sit({ name, agent, persona }: Chosen): void {
    const { walk, mark } = this.context;
    if (agent) this.lease.claims.waits(walk, name);
    if (!persona.claim) return;
    const rings = (rung: Rung) => {
      if (rung.taken) this.#phones.borrow(rung.phone);
      this.#ringing.add(rung);
    };
    this.#seats.push(this.lease.tones.sits({ walk, mark, phone: name, rings }));
  }

  /** A call that takes the place of one of ours is answered by itself (RFC 3891 §3). */
  #rang(rang: Pick<Rung, 'call' | 'chosen' | 'phone'>): void {
    const { signalling } = rang.call;
    const { invite, replaces } = signalling;
    if (!invite) return;
    const old = replaces && this.#legs.find((leg) => leg.call.signalling === replaces);
    if (old) signalling.answer();
    const rung: Rung = old
      ? { ...rang, claim: 'ours', leg: this.add(rang.call, rang.chosen) }
      : { ...rang, claim: this.lease.claims.of(invite, this.context) };
    if (onlyByTone(rung)) this.lease.tones.rang(rung);
    else this.#ringing.add(rung);
  }
}
