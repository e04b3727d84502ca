import { duration, readDuration } from '../core/duration.ts';
import { SpecError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { momentNames } from './hours.ts';

/** What may stand after `=`: nothing, a duration, or one of a few words. The first word, or `usual`, holds when none is given. */
export type FaultValue =
  | { readonly kind: 'switch' }
  | { readonly kind: 'duration'; readonly usual: string }
  | { readonly kind: 'choice'; readonly words: readonly [string, ...string[]] };

export interface FaultRow {
  /** `<part>.<what it does>`. */
  readonly name: string;
  readonly about: string;
  /** The one layer at which it shows. */
  readonly layer: string;
  readonly value: FaultValue;
}

const onOff = { kind: 'switch' } as const;
const lasting = (usual: string) => ({ kind: 'duration', usual }) as const;
const oneOf = (...words: [string, ...string[]]) => ({ kind: 'choice', words }) as const;

/** Longer than any test, and far below what a timer of Node can count. */
const day = 86_400_000;

/** Every fault that the lab can show; a new part of the lab adds its rows here. */
export const faultTable = [
  { name: 'crm.slow', layer: 'crm', value: lasting('4s'), about: 'a new case becomes visible this late' },
  { name: 'crm.loses-case', layer: 'crm', value: onOff, about: 'a new case never becomes visible' },
  { name: 'crm.duplicates-case', layer: 'crm', value: onOff, about: 'a new case is written twice' },
  { name: 'crm.down', layer: 'crm', value: onOff, about: 'every request is answered 503 and new cases are lost' },
  { name: 'bot.silent', layer: 'bot', value: onOff, about: 'the bot greets and then never answers' },
  {
    name: 'bot.slow-first-token',
    layer: 'bot',
    value: lasting('4s'),
    about: 'the first word of an answer comes this late',
  },
  { name: 'bot.wrong-answer', layer: 'bot', value: onOff, about: 'the bot answers a question that nobody asked' },
  { name: 'bot.repeats', layer: 'bot', value: onOff, about: 'the bot says everything twice' },
  { name: 'bot.out-of-order', layer: 'bot', value: onOff, about: 'two bubbles of an answer arrive swapped' },
  {
    name: 'routing.no-agent',
    layer: 'routing',
    value: onOff,
    about: 'a conversation that is handed off reaches nobody',
  },
  { name: 'widget.broken', layer: 'web', value: onOff, about: 'the script of the chat widget is answered 500' },
  { name: 'site.slow', layer: 'web', value: lasting('4s'), about: 'the page of a charge comes this late' },
  {
    name: 'sign-in.broken',
    layer: 'identity',
    value: oneOf('refused', '500'),
    about: 'the right PIN is refused, or answered 500',
  },
  { name: 'phone.busy', layer: 'sip', value: onOff, about: 'every call is answered busy' },
  { name: 'phone.down', layer: 'sip', value: onOff, about: 'every call is answered 503' },
  { name: 'phone.no-answer', layer: 'sip', value: onOff, about: 'it rings, and nobody answers' },
  { name: 'phone.no-ringing', layer: 'sip', value: onOff, about: 'a caller is not told that it rings' },
  { name: 'phone.slow-answer', layer: 'sip', value: lasting('4s'), about: 'a call is answered this late' },
  { name: 'network.no-media', layer: 'network', value: onOff, about: 'calls are answered and nothing is ever heard' },
  {
    name: 'network.one-way',
    layer: 'network',
    value: onOff,
    about: 'the bank hears its callers, and they hear nothing',
  },
  { name: 'network.loss', layer: 'network', value: onOff, about: 'every tenth packet of a call is lost' },
  {
    name: 'network.robotic',
    layer: 'network',
    value: onOff,
    about: 'the sound of a call has a gap of 60 ms in every 300 ms',
  },
  { name: 'ivr.closed', layer: 'ivr', value: onOff, about: 'the lines are closed, and say so' },
  {
    name: 'ivr.hours',
    layer: 'ivr',
    value: oneOf(...momentNames),
    about: 'the lines keep the opening hours of the site (UTC), now or at another moment',
  },
  { name: 'ivr.silent-prompt', layer: 'ivr', value: onOff, about: 'the greeting is silence' },
  { name: 'ivr.wrong-prompt', layer: 'ivr', value: onOff, about: 'another recording is played as the menu' },
  { name: 'ivr.changed-prompt', layer: 'ivr', value: onOff, about: 'some words of the menu are others' },
  { name: 'ivr.deaf', layer: 'ivr', value: onOff, about: 'keys are not heard' },
  { name: 'routing.wrong-queue', layer: 'routing', value: onOff, about: 'callers are put through to another team' },
  { name: 'routing.drops-call', layer: 'routing', value: onOff, about: 'calls are lost when they are put through' },
  { name: 'routing.transfer-fails', layer: 'routing', value: onOff, about: 'a transfer by an agent is refused' },
  { name: 'desk.late-pop', layer: 'desk', value: lasting('8s'), about: 'who is on the telephone is shown this late' },
  { name: 'desk.wrong-customer', layer: 'desk', value: onOff, about: 'the agent desk shows another customer' },
] as const satisfies readonly FaultRow[];

export type FaultName = (typeof faultTable)[number]['name'];

export interface FaultState extends FaultRow {
  /** What is in force now; absent when the fault is off. */
  readonly now?: string;
}

/** The switches of a lab. Faults may be set and cleared while it runs; what is already under way keeps what it began with. */
export interface FaultBoard {
  list(): readonly FaultState[];
  /** Throws `SpecError` for a fault that there is not and for a value that it does not take. */
  set(name: string, value?: string): FaultState;
  clear(name: string): FaultState;
  /** The value in force; undefined when the fault is off. A plain switch that is on says `on`. */
  value(name: FaultName): string | undefined;
  /** ms of a fault that takes a duration; undefined when it is off. */
  ms(name: FaultName): number | undefined;
}

export function faultBoard(given: Readonly<Record<string, string>> = {}): FaultBoard {
  const rows = new Map<string, FaultRow>(faultTable.map((row) => [row.name, row]));
  const current = new Map<string, string>();
  const stateOf = (row: FaultRow): FaultState => {
    const now = current.get(row.name);
    return now === undefined ? row : { ...row, now };
  };
  const rowOf = (name: string): FaultRow => {
    const row = rows.get(name);
    if (row) return row;
    const close = nearest(name, rows.keys());
    const hint = close ? `did you mean \`${close}\`?` : `there are ${[...rows.keys()].join(', ')}`;
    throw new SpecError(`there is no fault \`${name}\``, hint);
  };
  const board: FaultBoard = {
    list: () => [...rows.values()].map(stateOf),
    set: (name, value) => {
      const row = rowOf(name);
      current.set(name, valueFor(row, value ?? ''));
      return stateOf(row);
    },
    clear: (name) => {
      const row = rowOf(name);
      current.delete(name);
      return stateOf(row);
    },
    value: (name) => current.get(name),
    ms: (name) => {
      const value = current.get(name);
      return value === undefined ? undefined : readDuration(value);
    },
  };
  for (const [name, value] of Object.entries(given)) board.set(name, value);
  return board;
}

/** `4s`, `one of refused, 500`, `nothing`: what the list of faults says about a value. */
export function valueInWords(value: FaultValue): string {
  switch (value.kind) {
    case 'switch':
      return 'no value';
    case 'duration':
      return `a duration, usually ${value.usual}`;
    case 'choice':
      return `one of ${value.words.join(', ')}`;
    default:
      return value satisfies never;
  }
}

function valueFor(row: FaultRow, given: string): string {
  const text = given.trim();
  const refuse = (hint: string) => new SpecError(`fault \`${row.name}\` does not take \`${text}\``, hint);
  switch (row.value.kind) {
    case 'switch':
      if (!['', 'on', 'true'].includes(text)) throw refuse(`it has no value: name it alone to switch it on`);
      return 'on';
    case 'duration':
      if (text === '') return row.value.usual;
      if (!duration.safeParse(text).success) throw refuse(`write a duration such as ${row.value.usual} or 500ms`);
      if (readDuration(text) > day) throw refuse('24h at most');
      return text;
    case 'choice':
      if (text === '') return row.value.words[0];
      if (!row.value.words.includes(text)) throw refuse(`it takes ${row.value.words.join(' or ')}`);
      return text;
    default:
      return row.value satisfies never;
  }
}
