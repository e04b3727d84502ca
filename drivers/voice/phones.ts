import type { Context } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { Call } from '../../telephony/call.ts';
import type { Phone } from '../../telephony/phone.ts';
import { type Refusal, Refused, refusalText } from '../../telephony/sip/outcome.ts';
import type { Registration } from '../../telephony/sip/registration.ts';
import type { Lease } from './engine.ts';
import { type Chosen, phoneSettings } from './settings.ts';

interface Parts {
  readonly room: typeof Phone;
  readonly context: Context;
  readonly lease: Lease;
  /** Path of the recording of the next call; undefined: none. */
  readonly recording: () => string | undefined;
  /** A phone is there, and not registered yet. */
  readonly opened: (chosen: Chosen) => void;
  readonly rang: (rung: { readonly call: Call; readonly chosen: Chosen; readonly phone: Phone }) => void;
}

/** A phone as soon as it is open, and once it has registered where it has to. */
interface Opening {
  readonly opened: Promise<Phone>;
  readonly registered: Promise<Phone>;
}

/** The phones of one session, opened and registered when they are first wanted. */
export class Phones {
  readonly #parts: Parts;
  readonly #phones = new Map<string, Opening>();
  /** Of other walks, with a call of ours that came in there. */
  readonly #borrowed: Phone[] = [];
  readonly #registrations: Registration[] = [];
  #unregistered: string | undefined;
  #unusable: string | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The phone of a persona; one without a server has an address for each network that it calls into. */
  of(chosen: Chosen, target: string): Opening {
    const { server, host } = chosen.persona;
    const facing = server === undefined && host === undefined && elsewhere(target) ? target : undefined;
    const key = facing === undefined ? chosen.name : `${chosen.name} ${facing}`;
    const known = this.#phones.get(key);
    if (known) return known;
    const opened = this.#open(chosen, facing);
    const opening = { opened, registered: opened.then((phone) => this.#registered(phone, chosen)) };
    this.#phones.set(key, opening);
    opening.registered.catch(() => this.#phones.delete(key));
    return opening;
  }

  /** Keeps the phone of another walk open for a call of ours. */
  borrow(phone: Phone): void {
    this.#parts.lease.phones.hold(phone);
    this.#borrowed.push(phone);
  }

  /** Why no call may come in. */
  get troubles(): readonly string[] {
    return [this.#unregistered, this.#unusable].filter((one) => one !== undefined);
  }

  unregister(): readonly Promise<void>[] {
    return this.#registrations.map((registration) => registration[Symbol.asyncDispose]());
  }

  close(): readonly Promise<void>[] {
    const own = [...this.#phones.values()].map(({ registered }) => registered);
    return [...own, ...this.#borrowed].map(async (phone) => this.#parts.lease.phones.release(await phone));
  }

  async #open(chosen: Chosen, facing: string | undefined): Promise<Phone> {
    const { persona } = chosen;
    const { context, lease, room, recording, rang } = this.#parts;
    const { server, proxy } = persona;
    for (const through of [server, proxy])
      if (through !== undefined)
        context.guard.target(/^(sips?:|wss?:\/\/)/i.test(through) ? through : `sip:${through}`);
    const { clock, random } = context;
    const settings = phoneSettings(chosen, facing);
    await lease.media.warm(settings.web?.engine ?? 'werift');
    const phone = await room.open(settings, { clock, random, media: lease.media, recording });
    phone.onCall(
      (call) => rang({ call, chosen, phone }),
      (error) => {
        this.#unusable = `a call came that cannot be taken: ${error instanceof Error ? error.message : String(error)}`;
      },
    );
    lease.phones.hold(phone);
    this.#parts.opened(chosen);
    return phone;
  }

  async #registered(phone: Phone, chosen: Chosen): Promise<Phone> {
    const { register, server } = chosen.persona;
    if (!(register ?? (chosen.agent && server !== undefined))) return phone;
    try {
      this.#keep(await phone.register(), chosen);
      return phone;
    } catch (error) {
      await this.#parts.lease.phones.release(phone);
      throw error instanceof Refused ? unregistered(error.refusal, { name: chosen.name, server }) : error;
    }
  }

  #keep(registration: Registration, { name }: Chosen): void {
    this.#registrations.push(registration);
    const note = (metric: string, value: number, unit: string) =>
      this.#parts.context.note({ type: 'metric', name: metric, value, unit });
    registration.on((event) => {
      const lost = event.type === 'lost';
      this.#unregistered = lost ? `${name} is not registered any more: ${refusalText(event.refusal)}` : undefined;
      if (lost) note('registration-lost', 1, 'times');
      else note('registered-for', event.expires, 's');
    });
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
