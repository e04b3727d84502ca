import type { Case } from './crm.ts';
import type { Ground } from './ground.ts';
import { type Customer, customers } from './people.ts';

/** One line of a conversation as the agent reads it. */
export interface Line {
  readonly who: 'customer' | 'bot' | 'agent';
  readonly text: string;
}

/** Where an agent's words go. */
export interface Contact {
  readonly id: string;
  readonly channel: 'chat' | 'phone';
  readonly lines: readonly Line[];
  reply(agent: string, text: string): void;
}

/** What an agent has before them. */
export interface ScreenPop {
  readonly agent: string;
  readonly customer?: Customer;
  readonly contact?: Contact;
  readonly case?: Case;
}

const mostCases = 10_000;

/** The agents' own view of the bank. It is told of each case and contact when they happen, and never asks the CRM, so a slow CRM does not show here. */
export class Desk {
  readonly #ground: Ground;
  readonly #cases = new Map<string, Case>();
  readonly #pops = new Map<string, ScreenPop>();
  readonly #watchers = new Map<string, Set<() => void>>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** A case was opened; it stands on the desk of the customer's adviser at once. */
  opened(made: Case, customer: Customer | undefined): void {
    this.#cases.set(made.id, made);
    for (const oldest of this.#cases.keys()) {
      if (this.#cases.size <= mostCases) break;
      this.#cases.delete(oldest);
    }
    if (customer) this.#show(customer.adviser, { customer, case: made });
  }

  /** A customer was put through to this agent. */
  putThrough(agent: string, contact: Contact, customer: Customer | undefined): void {
    const before = this.#pops.get(agent);
    const same = before?.case && before.customer === customer ? { case: before.case } : {};
    this.#show(agent, { contact, ...(customer ? { customer } : {}), ...same });
  }

  /** Something was said; whoever has the contact on the screen sees it. */
  said(contact: string): void {
    for (const [agent, pop] of this.#pops) if (pop.contact?.id === contact) this.#tell(agent);
  }

  /** The newest first. */
  cases(): readonly Case[] {
    return [...this.#cases.values()].reverse();
  }

  case(id: string): Case | undefined {
    return this.#cases.get(id);
  }

  pop(agent: string): ScreenPop {
    return this.#pops.get(agent) ?? { agent };
  }

  /** Who the desk says the customer is. */
  shown(customer: Customer | undefined): Customer | undefined {
    if (!this.#ground.faults.value('desk.wrong-customer')) return customer;
    const at = customer ? customers.indexOf(customer) : -1;
    return customers[(at + 1) % customers.length];
  }

  /** Calls `changed` whenever this agent's screen changes; returns how to stop that. */
  watch(agent: string, changed: () => void): () => void {
    const watchers = this.#watchers.get(agent) ?? new Set();
    this.#watchers.set(agent, watchers.add(changed));
    return () => {
      watchers.delete(changed);
    };
  }

  #show(agent: string, pop: Omit<ScreenPop, 'agent'>): void {
    const before = this.#pops.get(agent);
    const contact = pop.contact ?? (before?.customer === pop.customer ? before?.contact : undefined);
    this.#pops.set(agent, { ...pop, agent, ...(contact ? { contact } : {}) });
    this.#tell(agent);
  }

  #tell(agent: string): void {
    for (const changed of this.#watchers.get(agent) ?? []) changed();
  }
}
