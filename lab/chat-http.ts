import { deltasOf } from './chat-socket.ts';
import { type Bubble, Conversation, type Front } from './conversation.ts';
import { type Answer, type Ask, eventStream, json, jsonBody, Refusal, type Route } from './http.ts';
import { type Caller, callerOf } from './intake.ts';

interface Talk {
  readonly conversation: Conversation;
  readonly bubbles: Bubble[];
  turns: Promise<void>;
  /** Epoch ms of the last turn. */
  last: number;
}

const mostTalks = 1_000;
const mostBubbles = 500;
/** ms after which somebody who comes back starts anew. */
const forgotten = 300_000;
const deltaPace = 15;

/** The bot over HTTP: POST /chat/messages answers in the response, GET /chat/messages?user=&after= tells what an agent said since; POST /v1/chat/completions speaks the OpenAI dialect, streamed by SSE when asked. */
export function chatRoutes(front: Front): readonly Route[] {
  const talks = new Map<string, Talk>();
  let count = 0;
  const begin = (caller: Caller): Talk => {
    count += 1;
    const bubbles: Bubble[] = [];
    const conversation = new Conversation(front, { id: `http-${count}`, caller }, (saying) => {
      if (saying.kind !== 'answer') return;
      bubbles.push(...saying.bubbles);
      bubbles.splice(0, bubbles.length - mostBubbles);
    });
    return { conversation, bubbles, turns: Promise.resolve(), last: front.ground.clock.now() };
  };
  const resume = (user: string, caller: Caller): Talk => {
    const now = front.ground.clock.now();
    const known = talks.get(user);
    const talk = known && now - known.last < forgotten ? known : begin(caller);
    talk.last = now;
    talks.delete(user);
    talks.set(user, talk);
    for (const oldest of talks.keys()) {
      if (talks.size <= mostTalks) break;
      talks.delete(oldest);
    }
    return talk;
  };
  return [
    { method: 'POST', path: '/chat/messages', answer: (ask) => message(ask, resume) },
    {
      method: 'GET',
      path: '/chat/messages',
      answer: ({ query }) => {
        const after = Number(query.get('after') ?? 0);
        const talk = talks.get(query.get('user') ?? '');
        return json({ messages: (talk?.bubbles ?? []).filter(({ seq }) => seq > after).map(told) });
      },
    },
    { method: 'POST', path: '/v1/chat/completions', answer: (ask) => completion(ask, front, begin) },
  ];
}

const told = ({ choices, ...bubble }: Bubble) => ({ ...bubble, quick_replies: choices });

/** One turn after the other, so that two requests of one customer do not mix their answers. */
async function answerOf(talk: Talk, text: string): Promise<readonly Bubble[]> {
  const turn = talk.turns.then(async () => {
    const before = new Set(talk.bubbles);
    await talk.conversation.hear(text);
    return talk.bubbles.filter((bubble) => !before.has(bubble));
  });
  talk.turns = turn.then(
    () => undefined,
    () => undefined,
  );
  return turn;
}

async function message(ask: Ask, resume: (user: string, caller: Caller) => Talk): Promise<Answer> {
  const { user, text, meta, phone } = jsonBody(ask);
  if (typeof user !== 'string' || user === '') throw new Refusal(400, 'a message needs a "user"');
  if (typeof text !== 'string') throw new Refusal(400, 'a message needs a "text"');
  const talk = resume(user, callerOf({ ...markOf(ask), user, phone, ...(typeof meta === 'object' ? meta : {}) }));
  return json({ messages: (await answerOf(talk, text)).map(told) });
}

const markOf = (ask: Ask) => ({ mark: String(ask.headers['x-synthetic-journey'] ?? '') });

/** Without a memory, as that dialect is: each request is a conversation of its own. */
async function completion(ask: Ask, front: Front, begin: (caller: Caller) => Talk): Promise<Answer> {
  const body = jsonBody(ask);
  const turns = Array.isArray(body.messages) ? (body.messages as readonly unknown[]) : [];
  const text = turns.map(userText).findLast((words) => words !== undefined);
  if (text === undefined) throw new Refusal(400, '"messages" holds nothing with the role user and a text');
  const metadata = typeof body.metadata === 'object' ? body.metadata : {};
  const talk = begin(callerOf({ ...markOf(ask), user: body.user, ...metadata }));
  const { clock } = front.ground;
  const head = {
    id: `chatcmpl-${Math.floor(clock.now())}`,
    created: Math.floor(clock.now() / 1000),
    model: 'acme-bank',
  };
  const usage = (words: string) => {
    const [prompt, answer] = [text, words].map((all) => all.split(/\s+/).filter(Boolean).length);
    return { prompt_tokens: prompt, completion_tokens: answer, total_tokens: (prompt ?? 0) + (answer ?? 0) };
  };
  if (body.stream !== true) {
    const content = whole(await answerOf(talk, text));
    const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' };
    return json({ ...head, object: 'chat.completion', choices: [choice], usage: usage(content) });
  }
  const options = body.stream_options as { readonly include_usage?: boolean } | undefined;
  return eventStream(async ({ write, gone }) => {
    const chunk = (choices: readonly unknown[], more = {}) =>
      write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...more })}\n\n`);
    const delta = (part: object, finish: 'stop' | null = null) =>
      chunk([{ index: 0, delta: part, finish_reason: finish }]);
    delta({ role: 'assistant', content: '' });
    const content = whole(await answerOf(talk, text));
    for (const words of deltasOf(content)) {
      delta({ content: words });
      await clock.sleep(deltaPace, gone);
    }
    delta({}, 'stop');
    if (options?.include_usage) chunk([], { usage: usage(content) });
    write('data: [DONE]\n\n');
  });
}

const whole = (bubbles: readonly Bubble[]) => bubbles.map(({ text }) => text).join('\n\n');

/** The text of a user's turn: a string, or the parts of type text. */
function userText(turn: unknown): string | undefined {
  if (typeof turn !== 'object' || turn === null || !('role' in turn) || turn.role !== 'user') return undefined;
  const content: unknown = 'content' in turn ? turn.content : undefined;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  return content
    .flatMap((part: unknown) =>
      typeof part === 'object' && part !== null && 'text' in part ? [String(part.text)] : [],
    )
    .join(' ');
}
