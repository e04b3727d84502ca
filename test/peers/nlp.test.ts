import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { freePort } from '../kit/ports.ts';
import { walkText } from '../kit/stage.ts';

/** nlp.js listens on every interface unless told otherwise, and wants CommonJS. */
const program = `
const net = require('node:net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, Number(port?.port ?? port), '127.0.0.1', ...rest.filter((one) => typeof one === 'function'));
};
const { dockStart } = require('@nlpjs/basic');
const { ExpressApiServer } = require('@nlpjs/express-api-server');
(async () => {
  const dock = await dockStart({ settings: { nlp: { languages: ['en'], autoSave: false, nlu: { log: false } }, 'api-server': { port: Number(process.argv[2]), serveBot: false } }, use: ['Basic'] });
  const container = dock.getContainer();
  const nlp = dock.get('nlp');
  for (const words of ['when are you open', 'what are your opening hours', 'are you open today']) nlp.addDocument('en', words, 'hours');
  for (const words of ['what is my balance', 'how much money do I have', 'show my balance']) nlp.addDocument('en', words, 'balance');
  nlp.addAnswer('en', 'hours', 'We are open Monday to Friday from 8 am to 8 pm.');
  nlp.addAnswer('en', 'balance', 'Please sign in to see your balance.');
  await nlp.train();
  container.use(ExpressApiServer);
  const server = container.get('api-server');
  await server.start();
  server.app.post('/ask', require('express').json(), async (request, response) => {
    const { answer, intent, score } = await nlp.process('en', request.body.text);
    response.json({ answer, intent, score });
  });
  process.send('ready');
})();
`;

const drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
const file = join(process.cwd(), `node_modules/.throughline-nlp-${process.pid}.cjs`);
let bot: ChildProcess;
let base: string;

beforeAll(async () => {
  const port = await freePort();
  writeFileSync(file, program);
  bot = fork(file, [String(port)], { silent: true });
  let said = '';
  bot.stderr?.on('data', (piece: Buffer) => {
    said += piece;
  });
  await Promise.race([
    once(bot, 'message'),
    once(bot, 'exit').then(() => {
      throw new Error(`nlp.js did not start: ${said}`);
    }),
  ]);
  base = `http://127.0.0.1:${port}`;
});
afterAll(() => {
  bot?.kill();
  rmSync(file, { force: true });
});

const map = () => ({
  id: 'nlp-js',
  proved: 'real server',
  send: {
    text: {
      http: { url: `${base}/ask`, headers: { 'content-type': 'application/json' }, body: { text: '${text}' } },
      receive: true,
    },
  },
  receive: {
    rules: [
      { when: 'answer', emit: 'message', map: { text: 'answer' } },
      { when: '`true`', emit: 'error', map: { text: 'intent' } },
    ],
  },
});

test('a trained bot that nobody here wrote understands the customer, and its answer is judged', async () => {
  const { ended, status } = await walkText(
    `title: A customer asks nlp.js
steps:
  - chat.open:
  - chat.say: hey, are you open today
  - chat.hear: { text: Monday to Friday, mentions: 8 pm }
    id: hours
    within: 5s
  - chat.say: show me my balance
  - chat.hear: sign in
    id: balance
    within: 5s
`,
    { drivers, settings: { map: map() } },
  );
  expect(ended.filter((step) => step.status !== 'passed').map(({ step, sentence }) => [step, sentence])).toEqual([]);
  expect(status).toBe('passed');
});

test('its other answer is a failure that quotes it', async () => {
  const { ended } = await walkText(
    'title: A customer asks nlp.js\nsteps:\n  - chat.open:\n  - chat.say: show me my balance\n  - chat.hear: Monday to Friday\n    within: 1s\n',
    { drivers, settings: { map: map() } },
  );
  expect(ended.at(-1)).toMatchObject({
    status: 'failed',
    layer: 'bot',
    trouble: { came: expect.stringContaining('Please sign in') },
  });
});
