import { describe, expect, test } from 'vitest';
import { startLab } from '../../lab/lab.ts';
import { ChatClient } from './chat-client.ts';

const hours = /We are open Monday to Friday/;
const more = /anything else/;

describe('the bot over a WebSocket', () => {
  test('greets, types, streams words that add up to the message, and says two bubbles in order', async () => {
    await using lab = await startLab();
    await using customer = await ChatClient.open(lab.url);
    const greeting = await customer.hello('visitor');
    expect(greeting).toMatchObject({
      text: 'Hello, this is Acme Bank. How can I help you?',
      quick_replies: ['Opening hours', 'My balance', 'Dispute a charge'],
      by: 'bot',
      seq: 1,
    });
    const from = customer.frames.length;
    const [first, second] = await customer.ask('What are your opening hours?', more);
    expect(first?.text).toMatch(hours);
    expect(second?.text).toMatch(more);
    expect(String(first?.time) < String(second?.time)).toBe(true);
    expect([first?.seq, second?.seq]).toEqual([2, 3]);
    const turn = customer.frames.slice(from);
    expect(turn[0]).toEqual({ type: 'typing' });
    const deltas = turn.filter((frame) => frame.type === 'delta' && frame.id === first?.id);
    expect(deltas.length).toBeGreaterThan(2);
    expect(deltas.map((frame) => frame.text).join('')).toBe(first?.text);
  });

  test('knows the customer by phone and tells the balance', async () => {
    await using lab = await startLab();
    await using customer = await ChatClient.open(lab.url);
    await customer.hello('+442079460018');
    const [balance] = await customer.ask('What is my balance?', more);
    expect(balance?.text).toBe('Your balance is £2,410.55.');
  });

  test('hands off to the adviser of the customer, who says hello and answers once', async () => {
    await using lab = await startLab();
    await using customer = await ChatClient.open(lab.url);
    await customer.hello('Ada', { phone: '+442079460018' });
    await customer.ask('agent please', /Hello Ada, this is Alice/);
    expect(customer.frames.find((frame) => frame.type === 'handoff')).toMatchObject({ to: 'Alice' });
    expect(customer.frames.find((frame) => frame.type === 'joined')).toMatchObject({ name: 'Alice', by: 'human' });
    expect(customer.frames.at(-1)).toMatchObject({ by: 'human', name: 'Alice' });
    const [answer] = await customer.ask('My card is gone', /Let me look/);
    expect(answer).toMatchObject({ by: 'human' });
  });

  test('what the agent writes at the desk reaches the customer, and the desk shows what was said', async () => {
    await using lab = await startLab();
    await using customer = await ChatClient.open(lab.url);
    await customer.hello('Grace', { phone: '+442079460033' });
    await customer.ask('agent please', /this is Carol/);
    await customer.ask('<script>alert(1)</script>', /Let me look/);
    const desk = await (await fetch(`${lab.url}/desk/agents/carol`)).text();
    expect(desk).toContain('Grace Okafor');
    expect(desk).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(desk).not.toContain('<script>alert');
    const words = 'I see it & I am sorry';
    await fetch(`${lab.url}/desk/agents/carol/reply`, { method: 'POST', body: new URLSearchParams({ text: words }) });
    const reply = await customer.until((frame) => frame.text === words);
    expect(reply).toMatchObject({ by: 'human', name: 'Carol' });
  });

  test('bye closes, rubbish is answered and survived', async () => {
    await using lab = await startLab();
    await using customer = await ChatClient.open(lab.url);
    for (const rubbish of ['{', '[]', 'null', '{"type":"dance"}', '{"type":"message"}', '{"type":"hello","meta":7}'])
      customer.send(rubbish);
    await customer.until((frame) => frame.type === 'message');
    expect(
      customer.frames.filter((frame) => frame.type === 'error').map((frame) => frame.message),
    ).toMatchInlineSnapshot(`
      [
        "a frame is one JSON object with a type",
        "a frame is one JSON object with a type",
        "a frame is one JSON object with a type",
        "there is no type "dance"",
        "a message needs a text",
      ]
    `);
    const closed = customer.closed();
    customer.send({ type: 'bye' });
    expect(await closed).toBe(1000);
  });

  test('a frame over 64 kB closes the socket and the lab goes on', async () => {
    await using lab = await startLab();
    await using loud = await ChatClient.open(lab.url);
    const closed = loud.closed();
    loud.send({ type: 'message', text: 'x'.repeat(70_000) });
    expect(await closed).toBe(1009);
    await using customer = await ChatClient.open(lab.url);
    await customer.hello('visitor');
  });
});

test('the agent page is told of a new case while it is open', async () => {
  await using lab = await startLab();
  const events = await fetch(`${lab.url}/desk/agents/bob/events`);
  const seen = (async () => {
    let all = '';
    for await (const chunk of (events.body ?? []) as AsyncIterable<Uint8Array>) {
      all += new TextDecoder().decode(chunk);
      if (all.includes('Tomasz Nowak')) return all;
    }
    return all;
  })();
  await using customer = await ChatClient.open(lab.url);
  await customer.hello('Tomasz', { phone: '+442079460027' });
  await customer.ask(
    'I do not recognise a charge of £189.50',
    /I am opening a case for you about your charge of £189.50/,
  );
  const [ready, popped] = (await seen).split('\n\n');
  expect(ready).toMatch(/^event: pop\ndata: .*Nobody is waiting/);
  expect(popped).toMatch(/Disputed charge/);
});

describe('the bot over HTTP', () => {
  const post = (url: string, body: unknown, headers = {}) =>
    fetch(url, { method: 'POST', body: JSON.stringify(body), headers });

  test('answers in the response, and tells later what an agent said', async () => {
    await using lab = await startLab();
    const answer = await post(`${lab.url}/chat/messages`, { user: 'u1', text: 'opening hours' });
    const { messages } = (await answer.json()) as { messages: { id: string; text: string; seq: number }[] };
    expect(messages.map(({ text }) => text)).toEqual([expect.stringMatching(hours), expect.stringMatching(more)]);
    expect(messages[0]).toMatchObject({ id: 'http-1-1', quick_replies: [], time: expect.any(String) });
    await post(`${lab.url}/chat/messages`, { user: 'u1', text: 'agent' });
    await expect
      .poll(async () => (await (await fetch(`${lab.url}/chat/messages?user=u1&after=3`)).json()) as unknown)
      .toMatchObject({ messages: [{ text: expect.stringMatching(/this is Alice/), by: 'human' }] });
  });

  test('speaks the OpenAI dialect, streamed', async () => {
    await using lab = await startLab();
    const messages = [
      { role: 'system', content: 'be kind' },
      { role: 'user', content: 'opening hours' },
    ];
    const ask = { model: 'acme-bank', stream: true, stream_options: { include_usage: true }, messages };
    const answer = await post(`${lab.url}/v1/chat/completions`, ask);
    expect(answer.headers.get('content-type')).toMatch('text/event-stream');
    const lines = (await answer.text()).split('\n\n').filter(Boolean);
    expect(lines.at(-1)).toBe('data: [DONE]');
    const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.slice(6)) as Chunk);
    const words = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(words).toMatch(hours);
    expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason ?? null).filter(Boolean)).toEqual(['stop']);
    expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(10);
  });

  test('and whole', async () => {
    await using lab = await startLab();
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'opening hours' }] }];
    const answer = await post(`${lab.url}/v1/chat/completions`, { model: 'acme-bank', messages });
    expect(await answer.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: expect.stringMatching(hours) }, finish_reason: 'stop' }],
    });
  });

  test('refuses what it cannot read', async () => {
    await using lab = await startLab();
    const refused = async (path: string, init: RequestInit) => {
      const answer = await fetch(`${lab.url}${path}`, init);
      return `${answer.status} ${((await answer.json()) as { error: string }).error}`;
    };
    const body = (text: string) => ({ method: 'POST', body: text });
    expect([
      await refused('/chat/messages', body('{')),
      await refused('/chat/messages', body('[]')),
      await refused('/chat/messages', body('{"text":"hi"}')),
      await refused('/chat/messages', body('{"user":"u"}')),
      await refused('/chat/messages', body(`{"user":"u","text":"${'x'.repeat(70_000)}"}`)),
      await refused('/v1/chat/completions', body('{"messages":[]}')),
      await refused('/crm/cases', body('{"phone":"1"}')),
      await refused('/crm/cases', body('{"subject":1}')),
      await refused('/crm/cases/1', { method: 'PATCH' }),
      await refused('/crm/cases/%E0%A4%A', {}),
      await refused('/nowhere', {}),
    ]).toMatchInlineSnapshot(`
      [
        "400 the body is not JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2)",
        "400 the body is not a JSON object",
        "400 a message needs a "user"",
        "400 a message needs a "text"",
        "413 the body is larger than 65536 bytes",
        "400 "messages" holds nothing with the role user and a text",
        "400 a case needs a "subject"",
        "400 "subject" is not a string",
        "405 /crm/cases/1 takes GET, DELETE, not PATCH",
        "400 %E0%A4%A is not a valid path",
        "404 there is nothing at /nowhere",
      ]
    `);
  });
});

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string }; readonly finish_reason: string | null }[];
  readonly usage?: { readonly total_tokens: number };
}
