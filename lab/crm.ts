import { type Ground, later } from './ground.ts';
import { type Answer, type Ask, json, jsonBody, nothing, Refusal, type Route } from './http.ts';
import { type Customer, customers } from './people.ts';

/** A case as the CRM tells it; empty strings where nothing is known. */
export interface Case {
  readonly id: string;
  readonly subject: string;
  readonly phone: string;
  readonly email: string;
  /** Name of the customer. */
  readonly customer: string;
  readonly status: 'open' | 'closed';
  /** ISO 8601 */
  readonly created: string;
  /** The synthetic mark of whoever made it. */
  readonly tag: string;
}

export type NewCase = Omit<Case, 'id' | 'status' | 'created'>;

/** ms until a written case is visible when nothing is wrong. */
const healthyWrite = 50;
/** A lab that runs for weeks must not grow for ever. */
const mostCases = 10_000;

/** The customer records: a case is numbered at once, written behind the scenes, and visible when it is written. */
export class Crm {
  readonly #ground: Ground;
  readonly #cases = new Map<string, Case>();
  #next: number;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#next = ground.firstCase;
  }

  /** Numbers the case and returns before it is visible to anybody. */
  open(wanted: NewCase): Case {
    const created = new Date(this.#ground.clock.now()).toISOString();
    const made: Case = { ...wanted, id: this.#number(), status: 'open', created };
    later(this.#ground, this.#ground.faults.ms('crm.slow') ?? healthyWrite, () => this.#write(made));
    return made;
  }

  find(wanted: URLSearchParams): readonly Case[] {
    const asked = (['id', 'subject', 'phone', 'email', 'customer', 'status', 'tag'] as const).flatMap((field) => {
      const value = wanted.get(field);
      return value === null ? [] : [{ field, value }];
    });
    return [...this.#cases.values()].filter((one) => asked.every(({ field, value }) => one[field] === value));
  }

  get(id: string): Case | undefined {
    return this.#cases.get(id);
  }

  forget(id: string): boolean {
    return this.#cases.delete(id);
  }

  #number(): string {
    const id = String(this.#next);
    this.#next += 1;
    return id;
  }

  #write(made: Case): void {
    const { faults, log } = this.#ground;
    if (faults.value('crm.down') || faults.value('crm.loses-case')) {
      log(`crm lost case ${made.id}`);
      return;
    }
    const copies = faults.value('crm.duplicates-case') ? [made, { ...made, id: this.#number() }] : [made];
    for (const one of copies) {
      this.#cases.set(one.id, one);
      log(`crm wrote case ${one.id}: ${one.subject}, ${one.customer || 'no name'}`);
    }
    for (const oldest of this.#cases.keys()) {
      if (this.#cases.size <= mostCases) break;
      this.#cases.delete(oldest);
    }
  }
}

/** GET /crm/cases?phone=&subject=&customer=&tag=, POST /crm/cases, GET and DELETE /crm/cases/:id, GET /crm/customers?phone=. A bearer token may be sent. */
export function crmRoutes(crm: Crm, ground: Ground): readonly Route[] {
  const up = (answer: (ask: Ask) => Answer) => (ask: Ask) => {
    if (ground.faults.value('crm.down')) throw new Refusal(503, 'the CRM is down');
    return answer(ask);
  };
  const list = (items: readonly unknown[]) => json({ items, total: items.length });
  const known = (ask: Ask): Case => {
    const found = crm.get(ask.params.id ?? '');
    if (!found) throw new Refusal(404, `there is no case ${ask.params.id}`);
    return found;
  };
  return [
    { method: 'GET', path: '/crm/cases', answer: up((ask) => list(crm.find(ask.query))) },
    { method: 'POST', path: '/crm/cases', answer: up((ask) => json(crm.open(newCase(ask)), 201)) },
    { method: 'GET', path: '/crm/cases/:id', answer: up((ask) => json(known(ask))) },
    {
      method: 'DELETE',
      path: '/crm/cases/:id',
      answer: up((ask) => {
        crm.forget(known(ask).id);
        return nothing;
      }),
    },
    { method: 'GET', path: '/crm/customers', answer: up((ask) => list(findCustomers(ask.query))) },
  ];
}

function newCase(ask: Ask): NewCase {
  const body = jsonBody(ask);
  const field = (name: string): string => {
    const value = body[name];
    if (value !== undefined && typeof value !== 'string') throw new Refusal(400, `"${name}" is not a string`);
    return value ?? '';
  };
  if (field('subject') === '') throw new Refusal(400, 'a case needs a "subject"');
  const mark = String(ask.headers['x-synthetic-journey'] ?? '');
  return {
    subject: field('subject'),
    phone: field('phone'),
    email: field('email'),
    customer: field('customer'),
    tag: field('tag') || mark,
  };
}

/** The PIN is nobody's business but the sign-in's. */
function findCustomers(
  wanted: URLSearchParams,
): readonly Pick<Customer, 'number' | 'name' | 'phone' | 'email' | 'adviser'>[] {
  const phone = wanted.get('phone');
  const number = wanted.get('number');
  return customers
    .filter(
      (customer) => (phone === null || customer.phone === phone) && (number === null || customer.number === number),
    )
    .map(({ number: digits, name, phone: line, email, adviser }) => ({
      number: digits,
      name,
      phone: line,
      email,
      adviser,
    }));
}
