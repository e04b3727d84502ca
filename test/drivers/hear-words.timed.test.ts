import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import type { StepEnded } from '../../core/event.ts';
import type { JsonObject } from '../../core/json.ts';
import { readWav } from '../../telephony/evidence/wav.ts';
import { Speaker } from '../../telephony/speaking/speaker.ts';
import { Project } from '../kit/project.ts';
import { walkText } from '../kit/stage.ts';
import { type Telephone, telephone } from '../kit/telephone.ts';

const words = 'Your balance is 42 dollars';
const speaker = new Speaker({ engine: 'espeak-ng', voice: 'en-us', speed: 150 });
let drivers: ReadonlyMap<string, Driver>;
let peer: Telephone;
beforeAll(async () => {
  drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
  const sound = await speaker.speak(words);
  peer = await telephone(async (call) => {
    call.signalling.answer([]);
    await call.media.play(sound);
  });
});
afterAll(async () => peer[Symbol.asyncDispose]());

interface Posted {
  readonly path: string;
  readonly key: string;
  readonly form: FormData;
}

/** The other side of the protocol: what is posted is kept, the answer is as told. */
async function transcriber(answer: (response: ServerResponse) => void) {
  const posted: Posted[] = [];
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', async () => {
      const type = request.headers['content-type'] ?? '';
      const form = await new Response(Buffer.concat(pieces), { headers: { 'content-type': type } }).formData();
      posted.push({ path: request.url ?? '', key: request.headers.authorization ?? '', form });
      answer(response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    posted,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const json = (text: string) => (response: ServerResponse) => response.end(JSON.stringify({ text }));

async function walked(transcribers: JsonObject, hear = `{ text: "${words}", by: speech }`, within = '3s') {
  const { ended } = await walkText(
    `title: a call\nsteps:\n  - voice.dial: ivr\n  - voice.hear: ${hear}\n    within: ${within}\n`,
    { drivers, settings: { names: { ivr: peer.address }, transcribers } },
  );
  return ended.at(-1)!;
}
const shown = ({ status, trouble }: StepEnded) =>
  `${status}${trouble ? `: ${trouble.message}; ${trouble.came ?? ''}` : ''}`;

describe.concurrent('an OpenAI-compatible transcriber', () => {
  test('gets the speech as WAV, with model, language and key; what it writes decides', async () => {
    await using server = await transcriber(json('Your balance is forty-two dollars.'));
    const step = await walked({ whisper: { url: `${server.url}/v1`, key: 'k-123', model: 'large', language: 'en' } });
    expect(shown(step)).toBe('passed');
    expect(step.ms).toBeLessThan(2500);
    const [{ path, key, form }] = server.posted as [Posted];
    expect([path, key, form.get('model'), form.get('language')]).toEqual([
      '/v1/audio/transcriptions',
      'Bearer k-123',
      'large',
      'en',
    ]);
    const file = form.get('file') as File;
    const { rate, channels } = readWav(new Uint8Array(await file.arrayBuffer()));
    expect([file.name, rate, channels.length]).toEqual(['speech.wav', 8000, 1]);
    const length = (await speaker.speak(words)).length;
    expect(Math.abs(channels[0]!.length - length)).toBeLessThan(8000);
  });

  test('other words fail, and are quoted; a number that is another counts', async () => {
    await using server = await transcriber(json('Your balance is forty-three dollars.'));
    expect(shown(await walked({ whisper: { url: server.url } }))).toMatch(
      /^failed: “Your balance is 42 dollars” was not heard; “Your balance is forty-three dollars\.”/,
    );
  });

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['a refusal', (response) => response.writeHead(401).end('{"error":"no such key"}'), /answered 401: .*no such key/],
    ['a page', (response) => response.end('<html>welcome</html>'), /answered without a text: <html>welcome/],
    ['a number', (response) => response.end('{"text":5}'), /answered without a text/],
    ['a connection that breaks', (response) => response.destroy(), /cannot be reached: /],
    [
      'elsewhere',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /cannot be reached/,
    ],
  ])('%s is broken, not failed', async (_, answer, why) => {
    await using server = await transcriber(answer);
    expect(shown(await walked({ whisper: { url: server.url } }))).toMatch(
      new RegExp(`^broken: transcriber whisper .*${why.source}`),
    );
  });

  test('so is one that is down, and one that never answers', async () => {
    const [down, slow] = await Promise.all([
      walked({ whisper: { url: 'http://127.0.0.1:1' } }),
      transcriber(() => undefined).then(async (server) => {
        await using it = server;
        return await walked({ whisper: { url: it.url, timeout: '300ms' } });
      }),
    ]);
    expect(shown(down)).toMatch(/^broken: .*cannot be reached: .*; is it running\?/);
    expect(shown(slow)).toMatch(/^broken: .*did not answer within \d\.\d s/);
  });
});

describe.concurrent('a transcriber that is a program', () => {
  const node = (code: string) => ({ local: { command: [process.execPath, '-e', code, '{wav}', '{language}'] } });
  const size = "require('node:fs').statSync(process.argv[1]).size > 8000 && process.argv[2] === 'en'";

  test('gets the path of a WAV, and writes the text or JSON; no shell reads its words', async () => {
    const [text, object] = await Promise.all([
      walked(node(`console.log(${size} ? 'your balance is 42 dollars' : 'no; $(id)')`)),
      walked(node(`console.log(JSON.stringify({ text: ${size} ? 'hello. your balance is $42' : '' }))`)),
    ]);
    expect([shown(text), shown(object)]).toEqual(['passed', 'passed']);
  });

  test('one that fails, hangs or is not there is broken', async () => {
    const all = await Promise.all([
      walked(node("console.error('no model'); process.exit(3)")),
      walked({ local: { ...node('setInterval(() => {}, 1000)').local, timeout: '200ms' } }),
      walked({ local: { command: ['no-such-program', '{wav}'] } }),
    ]);
    expect(all.map(shown)).toEqual([
      expect.stringMatching(/^broken: transcriber local: .* ended with 3: no model/),
      expect.stringMatching(/^broken: transcriber local: .* had not finished after/),
      expect.stringMatching(/^broken: transcriber local: there is no program no-such-program/),
    ]);
  });
});

test('pocketsphinx chooses among sentences, or none of them', async () => {
  const sphinx = { sphinx: { pocketsphinx: true } };
  const among = (text: string, ...others: string[]) =>
    `{ text: "${text}", by: speech, among: [${others.map((one) => `"${one}"`).join(', ')}] }`;
  const [right, other, none] = await Promise.all([
    walked(sphinx, among(words, 'The office is closed today', 'Your account is locked')),
    walked(sphinx, among('Your account is locked', words)),
    walked(sphinx, among('The weather will be nice tomorrow', 'Please hold the line')),
  ]);
  expect(shown(right)).toBe('passed');
  expect(shown(other)).toBe(`failed: “Your account is locked” was not heard; “${words}”`);
  expect(shown(none)).toMatch(/^failed: “The weather/);
});

test('check refuses a transcriber that is not configured, and a choice of one', async () => {
  using project = new Project();
  const steps = (step: string) =>
    project.write('journeys/a.yaml', `title: t\nsteps:\n  - voice.dial: "1"\n  - voice.hear: ${step}\n`);
  steps('{ text: Hello, by: speech }');
  project.write('config/local.yaml', 'voice: {}\n');
  expect((await project.run(['check'])).err).toMatch(
    /a\.yaml:4:5 `by: speech` needs a transcriber, and there is none\n +hint: configure one/,
  );
  project.write('config/local.yaml', 'voice: { transcribers: { sphinx: { pocketsphinx: true } } }\n');
  const { err, code } = await project.run(['check']);
  expect(err).toMatch(/can only choose among sentences\n +hint: name what else may be said/);
  expect(code).toBe(2);
  project.write('config/local.yaml', 'voice: { transcribers: { a: { command: [whisper] } } }\n');
  expect((await project.run(['check'])).err).toContain('one of the words must hold {wav}');
});
