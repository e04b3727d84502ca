import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Bubble, Conversation, type Front, type Saying } from './conversation.ts';
import { type Caller, callerOf } from './intake.ts';
import type { SignIns } from './sign-ins.ts';

/** Deltas come word by word, a few words each. */
const deltaPace = 15;
const wordsPerDelta = 3;
const mostWaiting = 100;
const policyViolation = 1008;

/**
 * The bot over a WebSocket, one JSON object a frame.
 * In: `hello {user, meta?}`, `message {id?, text, user?}`, `bye`.
 * Out: `typing`, `delta {id, text}` (to be appended), `message {id, time, seq, text, quick_replies?, by, name}`,
 * `handoff {to, time}`, `joined {name, by, time}`, `error {message}`.
 */
export class ChatSocket implements AsyncDisposable {
  readonly #front: Front;
  readonly #signIns: SignIns;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  #count = 0;

  constructor(front: Front, signIns: SignIns) {
    this.#front = front;
    this.#signIns = signIns;
  }

  /** Takes over an HTTP connection that asked to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#count += 1;
      const signedIn = this.#signIns.customer({ headers: request.headers });
      const known = signedIn ? { phone: signedIn.phone } : {};
      const mark = String(request.headers['x-synthetic-journey'] ?? '');
      const callerWith = (told: Readonly<Record<string, unknown>>) => callerOf({ ...known, mark, ...told });
      serve(client, { front: this.#front, id: `chat-${this.#count}`, callerWith });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

interface Serving {
  readonly front: Front;
  readonly id: string;
  callerWith(told: Readonly<Record<string, unknown>>): Caller;
}

function serve(client: WebSocket, { front, id, callerWith }: Serving): void {
  const { ground } = front;
  let conversation: Conversation | undefined;
  let waiting = 0;
  let turns: Promise<void> = Promise.resolve();
  const deliver = delivery(client, front);
  const begin = (told: Readonly<Record<string, unknown>>) =>
    new Conversation(front, { id, caller: callerWith(told) }, deliver);
  const hear = (talk: Conversation, text: string) => {
    waiting += 1;
    if (waiting > mostWaiting)
      return client.close(policyViolation, `more than ${mostWaiting} messages without waiting`);
    turns = turns
      .then(() => talk.hear(text))
      .catch((error: unknown) => {
        if (!ground.stop.aborted) ground.log(`${id} went wrong: ${String(error)}`);
      })
      .finally(() => {
        waiting -= 1;
      });
  };
  client.on('error', (error) => ground.log(`${id} ${error.message}`));
  client.on('message', (data, binary) => {
    const frame = binary ? undefined : frameOf(String(data));
    if (!frame) return write(client, { type: 'error', message: 'a frame is one JSON object with a type' });
    switch (frame.type) {
      case 'hello':
        conversation = begin({ user: frame.user, ...(isObject(frame.meta) ? frame.meta : {}) });
        return conversation.greet();
      case 'message': {
        const { text } = frame;
        if (typeof text !== 'string') return write(client, { type: 'error', message: 'a message needs a text' });
        conversation ??= begin({ user: frame.user });
        return hear(conversation, text);
      }
      case 'bye':
        return client.close(1000);
      default:
        return write(client, { type: 'error', message: `there is no type ${JSON.stringify(frame.type)}` });
    }
  });
}

/** Says one thing after the other, however many come at once. */
function delivery(client: WebSocket, { ground }: Front): (saying: Saying) => void {
  let tail: Promise<void> = Promise.resolve();
  const bubble = async ({ choices, by, ...message }: Bubble): Promise<void> => {
    for (const words of by === 'bot' ? deltasOf(message.text) : []) {
      write(client, { type: 'delta', id: message.id, text: words });
      await ground.clock.sleep(deltaPace, ground.stop);
    }
    const replies = choices.length > 0 ? { quick_replies: choices } : {};
    write(client, { type: 'message', ...message, ...replies, by });
  };
  const say = async (saying: Saying): Promise<void> => {
    switch (saying.kind) {
      case 'typing':
        return write(client, { type: 'typing' });
      case 'handed-off':
        return write(client, { type: 'handoff', to: saying.to, time: saying.time });
      case 'joined':
        return write(client, { type: 'joined', name: saying.name, by: 'human', time: saying.time });
      case 'answer':
        for (const one of saying.bubbles) await bubble(one);
        return;
      default:
        return saying satisfies never;
    }
  };
  return (saying) => {
    tail = tail.then(() => say(saying)).catch(() => {});
  };
}

/** The pieces of a text as a language model lets go of them; joined they are the text. */
export function deltasOf(text: string): readonly string[] {
  const words = text.match(/\S+\s*/g) ?? [];
  const deltas: string[] = [];
  for (let at = 0; at < words.length; at += wordsPerDelta) deltas.push(words.slice(at, at + wordsPerDelta).join(''));
  return deltas;
}

function write(client: WebSocket, frame: unknown): void {
  if (client.readyState === client.OPEN) client.send(JSON.stringify(frame), () => {});
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function frameOf(data: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const frame: unknown = JSON.parse(data);
    return isObject(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}
