import type { Case, Crm, NewCase } from './crm.ts';
import type { Desk } from './desk.ts';
import { type Customer, customers } from './people.ts';

/** Who is asking, as far as a channel knows. */
export interface Caller {
  readonly phone: string;
  readonly email: string;
  readonly name: string;
  /** The synthetic mark of the walk. */
  readonly tag: string;
  readonly customer?: Customer;
}

/** The one door through which a case is opened, whatever the channel: numbered and on the agents' desk at once, in the CRM when that has written it. */
export interface Intake {
  open(subject: string, caller: Caller): Case;
}

export function intakeOf(crm: Crm, desk: Desk): Intake {
  return {
    open: (subject, { phone, email, name, tag, customer }) => {
      const wanted: NewCase = { subject, phone, email, customer: name, tag };
      const made = crm.open(wanted);
      desk.opened(made, customer);
      return made;
    },
  };
}

/** The caller behind what a channel was told; what it was not told is filled from the bank's own customers. */
export function callerOf(told: Readonly<Record<string, unknown>>): Caller {
  const word = (...names: readonly string[]): string => {
    const found = names.map((name) => told[name]).find((value) => typeof value === 'string' && value !== '');
    return typeof found === 'string' ? found : '';
  };
  const [phone, email, name] = [word('phone'), word('email'), word('customer', 'name')];
  const number = word('number', 'customer', 'user');
  const customer = customers.find(
    (one) =>
      (phone !== '' && one.phone === phone) ||
      (email !== '' && one.email === email) ||
      one.number === number ||
      one.name === name ||
      one.phone === word('user'),
  );
  return {
    phone: phone || (customer?.phone ?? ''),
    email: email || (customer?.email ?? ''),
    name: customer?.name ?? name,
    tag: word('mark', 'synthetic', 'tag', 'x-synthetic-journey'),
    ...(customer ? { customer } : {}),
  };
}
