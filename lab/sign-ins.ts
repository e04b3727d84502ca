import { randomUUID } from 'node:crypto';
import { type Ask, cookie } from './http.ts';
import { type Customer, customers } from './people.ts';

const mostSignIns = 10_000;
const name = 'acme_session';

/** Who is signed in at the site, by cookie. */
export class SignIns {
  readonly #customers = new Map<string, Customer>();

  /** The `set-cookie` of a new sign-in; undefined when number and PIN do not fit. */
  begin(number: string, pin: string): string | undefined {
    const customer = customers.find((one) => one.number === number && one.pin === pin);
    if (!customer) return undefined;
    const id = randomUUID();
    this.#customers.set(id, customer);
    for (const oldest of this.#customers.keys()) {
      if (this.#customers.size <= mostSignIns) break;
      this.#customers.delete(oldest);
    }
    return `${name}=${id}; Path=/; HttpOnly; SameSite=Lax`;
  }

  customer(ask: Pick<Ask, 'headers'>): Customer | undefined {
    return this.#customers.get(cookie(ask, name) ?? '');
  }

  /** The `set-cookie` that ends it. */
  end(ask: Pick<Ask, 'headers'>): string {
    this.#customers.delete(cookie(ask, name) ?? '');
    return `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`;
  }
}
