import type { Case } from './crm.ts';
import type { Caller } from './intake.ts';
import { agentName, pounds } from './people.ts';

/** What the bot decides to say and do; saying it is the channel's work. */
export interface Thought {
  /** One entry a bubble. */
  readonly bubbles: readonly string[];
  readonly choices: readonly string[];
  /** An agent takes over. */
  readonly handOff?: true;
}

export const greeting: Thought = {
  bubbles: ['Hello, this is Acme Bank. How can I help you?'],
  choices: ['Opening hours', 'My balance', 'Dispute a charge'],
};

/** What an answer turns into when the bot answers a question that nobody asked. */
export const wrongAnswer = 'You can order a new card reader in any branch.';

const anythingElse = 'Is there anything else I can help you with?';
const say = (...bubbles: readonly string[]): Thought => ({ bubbles, choices: [] });

/** Opens a case; only the first rule that fits is asked for its answer. */
type Open = (subject: string) => Case;

interface Rule {
  readonly when: RegExp;
  answer(heard: string, caller: Caller, open: Open): Thought;
}

const rules: readonly Rule[] = [
  {
    when: /\b(agent|human|person|someone|colleague|adviser)\b/i,
    answer: (_, { customer }) => ({
      ...say(`I am putting you through to ${customer ? agentName(customer.adviser) : 'a colleague'}.`),
      handOff: true,
    }),
  },
  {
    when: /\b(disput\w*|not (my|mine)|recogni[sz]e)\b/i,
    answer: (heard, _, open) => {
      const amount = /(?:£|GBP)?\s?(\d{1,6}(?:[.,]\d{2})?)/i.exec(heard)?.[1]?.replace(',', '.');
      const { id } = open('Disputed charge');
      const about = amount === undefined ? '' : ` about your charge of £${amount}`;
      return say(
        `I am opening a case for you${about}, reference ${id}.`,
        'A colleague will look at it within two working days. You need not do anything more.',
      );
    },
  },
  {
    when: /\b(open|opening|hours|close[sd]?)\b/i,
    answer: () =>
      say('We are open Monday to Friday from 8 am to 8 pm, and on Saturday from 9 am to 1 pm.', anythingElse),
  },
  {
    when: /\b(balance|how much)\b/i,
    answer: (_, { customer }) =>
      customer
        ? say(`Your balance is ${pounds(customer.balancePence)}.`, anythingElse)
        : say('Please sign in first, then I can tell you your balance.'),
  },
  {
    when: /\b(lost|stolen)\b/i,
    answer: () =>
      say('I have blocked your card.', 'A new one is on its way and arrives in three to five working days.'),
  },
  { when: /\b(thank|thanks|bye|goodbye)\b/i, answer: () => say('Thank you for banking with Acme. Goodbye.') },
];

/** The same words always get the same answer; `open` is called at once when the customer disputes a charge. */
export function think(heard: string, caller: Caller, open: Open): Thought {
  const rule = rules.find(({ when }) => when.test(heard));
  if (rule) return rule.answer(heard, caller, open);
  return {
    bubbles: [
      'I am sorry, I did not get that. I can tell you our opening hours and your balance, or open a case about a charge.',
    ],
    choices: greeting.choices,
  };
}
