import type { Context, Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { Call, CallEvent, CallEventOf } from '../../telephony/call.ts';
import type { Phone } from '../../telephony/phone.ts';
import type { Registration } from '../../telephony/sip/registration.ts';
import type { Speaker } from '../../telephony/speaking/speaker.ts';
import type { Lease } from './engine.ts';
import { Evidence } from './evidence.ts';
import type { Leg } from './leg.ts';
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
  readonly #phones = new Map<string, Promise<Phone>>();
  readonly #registrations: Registration[] = [];
  readonly #legs: Leg[] = [];
  readonly #ringing: { readonly call: Call; readonly chosen: Chosen }[] = [];
  readonly #waiting = new Set<() => void>();
  #active: Leg | undefined;
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
    this.#evidence = new Evidence(context);
  }

  /** The actor's own phone, when it has one to be called on. */
  async ready(): Promise<void> {
    if (this.settings.as !== undefined) await this.phone(personaOf(this.settings));
  }

  phone(chosen: Chosen): Promise<Phone> {
    const known = this.#phones.get(chosen.name);
    if (known) return known;
    const opening = this.#open(chosen);
    this.#phones.set(chosen.name, opening);
    opening.catch(() => this.#phones.delete(chosen.name));
    return opening;
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

  /** A secret was sounded on this call: its recording is not kept. */
  mute(call: Call): void {
    this.#evidence.mute(call);
  }

  /** A call becomes the active leg. */
  add(call: Call, chosen: Chosen, name?: string): Leg {
    const leg = { call, chosen, name: name ?? `leg ${this.#legs.length + 1}` };
    if (this.#legs.some((other) => other.name === leg.name))
      throw new SpecError(`there is a leg \`${leg.name}\` already`, 'give the new one another name');
    this.#legs.push(leg);
    this.#evidence.began(call);
    this.choose(leg);
    return leg;
  }

  choose(leg: Leg): void {
    if (this.#active === leg) return;
    this.#active = leg;
    this.position = 0;
  }

  /** The first call that rings and is for this walk; it stays there until it is `add`ed. */
  async rings(signal: AbortSignal): Promise<{ readonly call: Call; readonly chosen: Chosen }> {
    for (;;) {
      const first = this.#ringing.find(({ call }) => !call.over);
      if (first) return first;
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      const stop = () => resolve();
      signal.addEventListener('abort', stop, { once: true });
      await promise;
      this.#waiting.delete(resolve);
      signal.removeEventListener('abort', stop);
    }
  }

  taken(call: Call): void {
    const at = this.#ringing.findIndex((one) => one.call === call);
    if (at >= 0) this.#ringing.splice(at, 1);
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
    await Promise.all(this.#ringing.map(({ call }) => keep(call.close())));
    await Promise.all(this.#legs.map((leg) => keep(this.#evidence.finish(leg))));
    await Promise.all([...this.#phones.values()].map((phone) => keep(phone.then((one) => one[Symbol.asyncDispose]()))));
    await keep(this.lease[Symbol.asyncDispose]());
    if (failed.length > 0) throw failed[0];
  }

  async #open(chosen: Chosen): Promise<Phone> {
    const { persona } = chosen;
    const { context } = this;
    const { server } = persona;
    if (server !== undefined) context.guard.target(/^sips?:/i.test(server) ? server : `sip:${server}`);
    const phone = await this.#rooms.phone.open(phoneSettings(chosen), {
      clock: context.clock,
      random: context.random,
      media: this.lease.media,
      recording: () => this.#evidence.recording(),
    });
    phone.onCall(
      (call) => this.#rang(call, chosen),
      () => {},
    );
    if (persona.register ?? (chosen.agent && server !== undefined)) this.#registrations.push(await phone.register());
    return phone;
  }

  /** A call that names another walk is not ours, and rings on unanswered. */
  #rang(call: Call, chosen: Chosen): void {
    const { walk } = this.context;
    const mark = call.signalling.invite?.headers.find(({ name }) => name === 'x-synthetic-journey')?.value;
    const other = mark && /\bwalk=([^;\s]+)/.exec(mark)?.[1];
    if (other && other !== walk) return;
    this.#ringing.push({ call, chosen });
    for (const wake of this.#waiting) wake();
  }
}
