import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Driver } from '../../core/driver.ts';
import chat from '../../drivers/chat.ts';
import { startLab } from '../../lab/lab.ts';
import { walkText } from '../kit/stage.ts';

const drivers = new Map([['chat', chat as unknown as Driver]]);
const settingsOf = (url: string) => ({ map: 'plain-ws', vars: { base: `${url.replace('http', 'ws')}/chat` } });

test('watchers look from the greeting on and take nothing away from the steps; what must not come passes at its end', async () => {
  await using lab = await startLab();
  const text = `title: t
owner: o
whenever:
  - chat.hear: anything else
    id: second
  - chat.hear: this is Acme Bank
    id: greeting
  - chat.not-hear: bananas
    id: never
  - chat.hear: nobody says this
    id: unmet
    soft: true
steps:
  - chat.open:
  - chat.not-hear: bananas
    within: 50ms
    id: not-now
  - chat.say: What are your opening hours?
  - chat.hear: anything else
    id: later
  - chat.say: What are your opening hours?
  - chat.hear: Monday
    id: first
  - chat.hear: anything else
    id: last
  - chat.close:
`;
  const { statuses, ended } = await walkText(text, { drivers, settings: settingsOf(lab.url) });
  const { unmet, ...others } = statuses;
  expect(others).toEqual({
    second: 'passed',
    greeting: 'passed',
    never: 'passed',
    'chat.open': 'passed',
    'not-now': 'passed',
    'chat.say': 'passed',
    later: 'passed',
    'chat.say#2': 'passed',
    first: 'passed',
    last: 'passed',
    'chat.close': 'passed',
  });
  expect(unmet).toBe('failed');
  expect(ended.find(({ step }) => step === 'unmet')?.trouble?.came).toContain('Hello, this is Acme Bank');
});

test('a message that comes in pieces, with a long pause before its end, is judged when it is whole', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    const say = (frame: object) => socket.send(JSON.stringify(frame));
    const message = (n: number, text: string) =>
      say({ type: 'message', id: `m${n}`, seq: n, time: new Date(n * 1000).toISOString(), text, by: 'bot' });
    socket.on('message', (data) => {
      const { type } = JSON.parse(String(data)) as { type: string };
      if (type === 'hello') message(1, 'Hello');
      if (type !== 'message') return;
      message(2, 'We are open');
      say({ type: 'delta', id: 'm3', text: 'Anything else?' });
      setTimeout(() => message(3, 'Anything else?'), 900);
    });
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { ended } = await walkText(
    'title: t\nowner: o\nsteps:\n  - chat.open:\n  - chat.say: When are you open?\n  - chat.hear: We are open\n  - chat.expect-tidy:\n',
    { drivers, settings: { map: 'plain-ws', vars: { base: `ws://127.0.0.1:${port}` } } },
  );
  server.close();
  expect(ended.filter(({ status }) => status !== 'passed').map(({ sentence }) => sentence)).toEqual([]);
});

test('what must not come fails on sight, as a step and as a watcher', async () => {
  await using lab = await startLab();
  const steps = 'steps:\n  - chat.open:\n  - chat.say: What are your opening hours?\n';
  const [step, watcher] = await Promise.all([
    walkText(`title: t\nowner: o\n${steps}  - chat.not-hear: Monday\n    within: 20s\n`, {
      drivers,
      settings: settingsOf(lab.url),
    }),
    walkText(
      `title: t\nowner: o\nwhenever:\n  - chat.not-hear: Monday\n${steps}  - chat.hear: anything else\n    soft: true\n`,
      {
        drivers,
        settings: settingsOf(lab.url),
      },
    ),
  ]);
  for (const { ended } of [step, watcher])
    expect(ended.find(({ step: name }) => name === 'chat.not-hear')).toMatchObject({
      status: 'failed',
      trouble: { expected: 'never “Monday”' },
    });
});

test('a second chat begins at its beginning', async () => {
  await using lab = await startLab();
  const chat = '  - chat.open:\n  - chat.hear: this is Acme Bank\n    within: 20s\n';
  const ask = '  - chat.say: What are your opening hours?\n  - chat.hear: Monday\n  - chat.close:\n';
  const { statuses } = await walkText(`title: t\nowner: o\nsteps:\n${chat}${ask}${chat}`, {
    drivers,
    settings: settingsOf(lab.url),
  });
  expect(statuses).toMatchObject({ 'chat.hear': 'passed', 'chat.hear#2': 'passed', 'chat.hear#3': 'passed' });
});
