import type { Context, Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { Conversation } from '../map/conversation.ts';
import type { ChatMap } from '../map/format.ts';
import type { Utterance } from '../map/transcript.ts';

/** What was said so far, and the wait for more. */
export interface Listening {
  readonly heard: readonly Utterance[];
  /** Rejects with the signal's reason. Throws Failure when nothing more can come. */
  more(signal: AbortSignal): Promise<void>;
}

/** One customer in one chat. A position says which messages were looked at; nothing is lost between two steps. */
export class ChatSession implements AsyncDisposable, Listening {
  readonly #map: ChatMap;
  readonly #vars: JsonObject;
  readonly #context: Context;
  #conversation: Conversation | undefined;
  /** What `open` promised is there; without it the next try begins anew. */
  #opened = false;
  #closing: Promise<unknown> = Promise.resolve();
  readonly #begun = Promise.withResolvers<Conversation>();
  #told = 0;
  /** First message that no step has matched yet. */
  position = 0;
  /** First thing heard after our last act. */
  turn = 0;
  /** End of our last act, or of the last match, epoch ms; before any act the opening of the session. */
  since: number;
  /** When our last act was done, epoch ms. */
  acted = 0;

  constructor(map: ChatMap, vars: JsonObject, context: Context) {
    this.#map = map;
    this.#vars = vars;
    this.#context = context;
    this.since = context.clock.now();
  }

  get conversation(): Conversation {
    if (!this.#conversation) throw new SpecError('no chat is open', 'start with `- chat.open:`');
    return this.#conversation;
  }

  get heard(): readonly Utterance[] {
    return this.conversation.transcript.utterances;
  }

  async open(values: JsonObject, { signal, note, clock, since }: Tools): Promise<JsonObject> {
    if (this.#opened) throw new SpecError('a chat is open already', '`chat.close` it first');
    const old = this.#conversation?.close().catch(() => undefined);
    this.#closing = Promise.all([this.#closing, old]);
    const { mark, traceparent, guard } = this.#context;
    const conversation = new Conversation(
      this.#map,
      { ...this.#vars, ...values, mark, traceparent },
      {
        clock,
        guard,
        dialled: () => first(),
      },
    );
    let dialled = false;
    const first = () => {
      if (!dialled) since(clock.now());
      dialled = true;
    };
    this.#conversation = conversation;
    this.#told = 0;
    this.position = 0;
    this.turn = 0;
    this.#begun.resolve(conversation);
    await conversation.open(signal);
    this.#opened = true;
    this.since = clock.now();
    this.acted = this.since;
    const { conversationId, user } = conversation.vars;
    const id = conversationId ?? user;
    if (id !== undefined) note({ type: 'ref', system: 'chat', id: String(id) });
    if (conversation.resolution > 0)
      note({ type: 'metric', name: 'resolution', value: conversation.resolution, unit: 'ms' });
    this.tell(note);
    return { ...(id === undefined ? {} : { id }), greeting: this.heard.map(({ text }) => text).join('\n') };
  }

  async say(kind: string, text: string, { signal, note, clock, acted }: Tools): Promise<void> {
    this.#context.guard.spend('message');
    this.tell(note);
    const from = clock.now();
    note({ type: 'talk', who: this.#context.actor, text, ours: true, at: from });
    this.turn = this.heard.length;
    this.position = Math.max(this.position, this.turn);
    const reply = this.#map.open.length === 0;
    this.since = from;
    await this.conversation.send(kind, { text }, signal);
    const now = clock.now();
    note({ type: 'metric', name: 'sendAck', value: Math.round(now - from), unit: 'ms' });
    if (!reply) this.since = now;
    this.acted = this.since;
    acted(this.since);
  }

  /** Notes as talk what has come since the last look. */
  tell(note: Tools['note']): void {
    for (const one of this.#conversation?.transcript.utterances.slice(this.#told) ?? []) {
      if (!one.done) return;
      this.#told += 1;
      note({
        type: 'talk',
        who: one.from ?? one.by ?? 'bot',
        text: one.text,
        ours: false,
        at: one.onset,
        ...(one.by ? { about: one.by } : {}),
      });
    }
  }

  /** Waits for the next thing that comes. Throws Failure when nothing more can come. */
  async more(signal: AbortSignal): Promise<void> {
    const { ended, transcript } = this.conversation;
    if (ended) throw new Failure(`nothing more can come: ${ended}`);
    await transcript.next(signal);
  }

  /** What a watcher looks at: the whole of the first chat, from its beginning, even when it is closed. */
  async watched(signal: AbortSignal): Promise<Listening> {
    const stop = Promise.withResolvers<never>();
    const stopped = () => stop.reject(signal.reason);
    if (signal.aborted) stopped();
    signal.addEventListener('abort', stopped, { once: true });
    try {
      const { transcript } = await Promise.race([this.#begun.promise, stop.promise]);
      return { heard: transcript.utterances, more: (until) => transcript.next(until) };
    } finally {
      signal.removeEventListener('abort', stopped);
    }
  }

  async close(): Promise<void> {
    await this.#conversation?.close();
    this.#conversation = undefined;
    this.#opened = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.#closing;
  }
}
