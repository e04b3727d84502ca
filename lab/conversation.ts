import { greeting, type Thought, think, wrongAnswer } from './bot.ts';
import type { Contact, Desk, Line } from './desk.ts';
import { type Ground, later } from './ground.ts';
import type { Caller, Intake } from './intake.ts';
import { agentName, agents } from './people.ts';

/** One message of the contact centre as it goes to the customer. */
export interface Bubble {
  readonly id: string;
  /** ISO 8601, when it was said: the order that was meant. */
  readonly time: string;
  /** Counts within the conversation, from 1. */
  readonly seq: number;
  readonly text: string;
  readonly choices: readonly string[];
  readonly by: 'bot' | 'human';
  readonly name: string;
}

/** What a channel delivers. `answer` has its bubbles in order of delivery. */
export type Saying =
  | { readonly kind: 'typing' }
  | { readonly kind: 'answer'; readonly bubbles: readonly Bubble[] }
  | { readonly kind: 'handed-off'; readonly to: string; readonly time: string }
  | { readonly kind: 'joined'; readonly name: string; readonly time: string };

export interface Front {
  readonly ground: Ground;
  readonly intake: Intake;
  readonly desk: Desk;
}

/** ms from a customer's word to the first word of the answer, and from a hand-off to the agent's first word. */
const pace = { firstToken: 120, agentJoins: 250, agentAnswers: 200 } as const;
const mostLines = 200;

/** One customer's chat, whichever way it is carried: the bot first, after a hand-off an agent. */
export class Conversation {
  readonly #front: Front;
  readonly #caller: Caller;
  readonly #say: (saying: Saying) => void;
  readonly #lines: Line[] = [];
  readonly id: string;
  #agent: string | undefined;
  #helped = false;
  #seq = 0;
  #last = 0;

  /** `say` is called with everything that happens outside of `hear` too: an agent may speak at any time. */
  constructor(front: Front, { id, caller }: { id: string; caller: Caller }, say: (saying: Saying) => void) {
    this.#front = front;
    this.#caller = caller;
    this.#say = say;
    this.id = id;
  }

  greet(): void {
    this.#answer(greeting.bubbles, { choices: greeting.choices, by: 'bot', name: 'Acme Bank' });
  }

  /** Takes in what the customer wrote: acts at once, answers in its own time. Resolves when the bot has nothing more to say. */
  async hear(text: string): Promise<void> {
    this.#note({ who: 'customer', text });
    if (this.#agent !== undefined) return this.#agentHears(this.#agent);
    const thought = think(text, this.#caller, (subject) => this.#front.intake.open(subject, this.#caller));
    const { faults, clock, stop } = this.#front.ground;
    if (faults.value('bot.silent')) return;
    this.#say({ kind: 'typing' });
    await clock.sleep(faults.ms('bot.slow-first-token') ?? pace.firstToken, stop);
    this.#answer(this.#spoiled(thought), { choices: thought.choices, by: 'bot', name: 'Acme Bank' });
    if (thought.handOff) this.#handOff();
  }

  #spoiled({ bubbles }: Thought): readonly string[] {
    const { faults } = this.#front.ground;
    const said = faults.value('bot.wrong-answer') ? [wrongAnswer] : bubbles;
    return faults.value('bot.repeats') ? said.flatMap((text) => [text, text]) : said;
  }

  #answer(texts: readonly string[], by: Pick<Bubble, 'choices' | 'by' | 'name'>): void {
    const bubbles = texts.map((text, index): Bubble => {
      this.#note({ who: by.by === 'bot' ? 'bot' : 'agent', text });
      this.#seq += 1;
      const choices = index === texts.length - 1 ? by.choices : [];
      return { ...by, id: `${this.id}-${this.#seq}`, time: this.#time(), seq: this.#seq, text, choices };
    });
    const swap = by.by === 'bot' && this.#front.ground.faults.value('bot.out-of-order');
    this.#say({ kind: 'answer', bubbles: swap ? bubbles.toReversed() : bubbles });
  }

  #handOff(): void {
    const { ground, desk } = this.#front;
    const agent = this.#caller.customer?.adviser ?? agents[0] ?? 'alice';
    this.#say({ kind: 'handed-off', to: agentName(agent), time: this.#time() });
    if (ground.faults.value('routing.no-agent')) {
      ground.log(`conversation ${this.id} was handed off and reached nobody`);
      return;
    }
    const reply = (by: string, text: string) => this.#answer([text], { choices: [], by: 'human', name: agentName(by) });
    const contact: Contact = { id: this.id, channel: 'chat', lines: this.#lines, reply };
    desk.putThrough(agent, contact, this.#caller.customer);
    later(ground, pace.agentJoins, () => {
      this.#agent = agent;
      this.#say({ kind: 'joined', name: agentName(agent), time: this.#time() });
      const who = this.#caller.customer?.name.split(' ')[0];
      reply(
        agent,
        `Hello${who ? ` ${who}` : ''}, this is ${agentName(agent)}. I have read what you wrote. How can I help you?`,
      );
    });
  }

  /** Once only: an agent who says the same after every sentence would be a bot. */
  #agentHears(agent: string): void {
    if (this.#helped) return;
    this.#helped = true;
    const answer = () =>
      this.#answer(['Let me look at that for you.'], { choices: [], by: 'human', name: agentName(agent) });
    later(this.#front.ground, pace.agentAnswers, answer);
  }

  #note(line: Line): void {
    this.#lines.push(line);
    if (this.#lines.length > mostLines) this.#lines.shift();
    this.#front.desk.said(this.id);
  }

  /** Never the same twice, so that the order meant can be told from the times alone. */
  #time(): string {
    this.#last = Math.max(this.#last + 1, Math.floor(this.#front.ground.clock.now()));
    return new Date(this.#last).toISOString();
  }
}
