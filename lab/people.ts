/** A card payment; `daysAgo` keeps the account looking lived in on any day. */
export interface Charge {
  readonly id: string;
  readonly daysAgo: number;
  readonly merchant: string;
  readonly pence: number;
}

export interface Customer {
  /** What the customer signs in with. */
  readonly number: string;
  readonly pin: string;
  readonly name: string;
  /** E.164; from the range that Ofcom keeps for drama. */
  readonly phone: string;
  readonly email: string;
  /** The agent whose desk this customer's conversations reach. */
  readonly adviser: string;
  readonly balancePence: number;
  /** The newest first; the first is the one that the journeys dispute. */
  readonly charges: readonly Charge[];
}

const usual: readonly Charge[] = [
  { id: 'c2', daysAgo: 2, merchant: 'Greenway Grocers', pence: 3_684 },
  { id: 'c3', daysAgo: 3, merchant: 'City Transit', pence: 560 },
  { id: 'c4', daysAgo: 6, merchant: 'Harbour Energy', pence: 8_120 },
  { id: 'c5', daysAgo: 9, merchant: 'Page & Spine Books', pence: 1_899 },
];

const disputed = (merchant: string, pence: number): readonly Charge[] => [
  { id: 'c1', daysAgo: 1, merchant, pence },
  ...usual,
];

/** The customers of Acme Bank; journeys/people/customers.csv tells the same (a test holds them together). */
export const customers: readonly Customer[] = [
  {
    number: '100418',
    pin: '4821',
    name: 'Ada Whitfield',
    phone: '+442079460018',
    email: 'ada.whitfield@example.com',
    adviser: 'alice',
    balancePence: 241_055,
    charges: disputed('Nimbus Streaming', 4_217),
  },
  {
    number: '100427',
    pin: '7350',
    name: 'Tomasz Nowak',
    phone: '+442079460027',
    email: 'tomasz.nowak@example.com',
    adviser: 'bob',
    balancePence: 87_312,
    charges: disputed('Velocity Car Hire', 18_950),
  },
  {
    number: '100433',
    pin: '2096',
    name: 'Grace Okafor',
    phone: '+442079460033',
    email: 'grace.okafor@example.com',
    adviser: 'carol',
    balancePence: 1_530_748,
    charges: disputed('Northline Hotels', 31_200),
  },
  {
    number: '100441',
    pin: '9174',
    name: 'Mei Lindqvist',
    phone: '+442079460041',
    email: 'mei.lindqvist@example.com',
    adviser: 'dinesh',
    balancePence: 4_409,
    charges: disputed('Pixel Arcade', 999),
  },
  {
    number: '100456',
    pin: '6638',
    name: 'Hugh O’Connell',
    phone: '+442079460056',
    email: 'hugh.oconnell@example.com',
    adviser: 'elena',
    balancePence: 322_900,
    charges: disputed('Atlas Sportswear', 7_405),
  },
  {
    number: '100462',
    pin: '5583',
    name: 'Leïla Haddad',
    phone: '+442079460062',
    email: 'leila.haddad@example.com',
    adviser: 'farid',
    balancePence: 65_020,
    charges: disputed('Corner Café', 1_240),
  },
];

export const agents: readonly string[] = customers.map((customer) => customer.adviser);

/** `alice` as people write it. */
export const agentName = (agent: string): string => agent.charAt(0).toUpperCase() + agent.slice(1);

/** `£2,410.55` */
export function pounds(pence: number): string {
  return `£${(pence / 100).toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}
