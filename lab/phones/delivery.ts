import type { Call, CallEvent, CallEventOf } from '../../telephony/call.ts';
import type { Phone } from '../../telephony/phone.ts';
import type { Binding } from '../../telephony/sip/agent.ts';

/** An agent who took the call. */
export interface Taken {
  readonly agent: string;
  readonly call: Call;
}

/** Which agents have a telephone on the line, and how a caller gets to one of them. */
export class Delivery {
  readonly #phone: Phone;
  /** User → Contact → until when, epoch ms. */
  readonly #bindings = new Map<string, Map<string, number>>();
  readonly #now: () => number;

  constructor(phone: Phone, now: () => number) {
    this.#phone = phone;
    this.#now = now;
    phone.registrar((binding) => this.#registered(binding));
  }

  /** Contacts of an agent; of any agent when the wanted one has none. */
  contacts(wanted: string): readonly { readonly agent: string; readonly contact: string }[] {
    const all = [...this.#bindings].flatMap(([agent, contacts]) =>
      [...contacts].flatMap(([contact, until]) => (until > this.#now() ? [{ agent, contact }] : [])),
    );
    const own = all.filter(({ agent }) => agent === wanted);
    return own.length > 0 ? own : all;
  }

  /** Rings every telephone of the agent at once, with the caller's sound and marks; the first to answer has the call. Undefined when nobody does. */
  async ring(
    caller: Call,
    wanted: string,
    { headers, stop }: { headers: readonly string[]; stop: AbortSignal },
  ): Promise<Taken | undefined> {
    const lent = caller.description;
    const over = new AbortController();
    const stopped = AbortSignal.any([stop, over.signal]);
    const rung = await Promise.all(
      this.contacts(wanted).map(async ({ agent, contact }) => ({
        agent,
        call: await this.#phone.dial(contact, { lent, headers, from: { user: caller.signalling.remote.uri.user } }),
      })),
    );
    const answered = rung.map(async ({ agent, call }): Promise<Taken> => {
      const decided = (event: Call['events'][number]): event is typeof event =>
        event.type === 'answered' || event.type === 'refused' || event.type === 'ended';
      const { event } = await call.until(decided, 0, stopped);
      if (event.type !== 'answered') throw new Error('not answered');
      return { agent, call };
    });
    const taken = await Promise.any(answered).catch(() => undefined);
    over.abort();
    for (const { call } of rung) if (call !== taken?.call) call.close().catch(() => undefined);
    return taken;
  }

  #registered({ user, contact, expires }: Binding): void {
    const contacts = this.#bindings.get(user) ?? new Map<string, number>();
    this.#bindings.set(user, contacts);
    for (const [old, until] of contacts) if (until <= this.#now()) contacts.delete(old);
    if (expires === 0) contacts.delete(contact);
    else contacts.set(contact, this.#now() + expires * 1000);
    if (contacts.size === 0) this.#bindings.delete(user);
  }
}

/** What ended a time together: somebody hung up, or the agent sends the caller to a user of the bank. */
export type Parting =
  | { readonly kind: 'over' }
  | { readonly kind: 'referred'; readonly to: string; readonly position: number };

/** Waits until caller or agent hangs up, or the agent, from a position of their call on, sends the caller elsewhere. */
export async function parting(
  caller: Call,
  { call: agent, from }: Taken & { readonly from: number },
  stop: AbortSignal,
): Promise<Parting> {
  const ended = (event: CallEvent): event is CallEventOf<'ended'> => event.type === 'ended';
  const leaves = (event: CallEvent): event is CallEventOf<'ended' | 'referred'> =>
    event.type === 'ended' || event.type === 'referred';
  const either = new AbortController();
  const signal = AbortSignal.any([stop, either.signal]);
  const waiting = [caller.until(ended, 0, signal), agent.until(leaves, from, signal)];
  try {
    const { event, position } = await Promise.race(waiting);
    return event.type === 'referred' ? { kind: 'referred', to: userOf(event.to), position } : { kind: 'over' };
  } finally {
    either.abort();
    for (const each of waiting) each.catch(() => undefined);
  }
}

/** `messages` of `sip:messages@127.0.0.1:4600`. */
export const userOf = (uri: string): string => /^sips?:([^@;>]+)@/.exec(uri)?.[1] ?? '';
