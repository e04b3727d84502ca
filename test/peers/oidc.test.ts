import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { walkText } from '../kit/stage.ts';

let server: Server;
let issuer: string;
const drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));

beforeAll(async () => {
  server = createServer();
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'site',
        client_secret: 'a-secret-of-this-test',
        redirect_uris: [`${issuer}/back`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    pkce: { required: () => false },
    cookies: { keys: ['a key of this test'] },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/back')) return void answer(request, response);
    response.setHeader('content-type', 'text/html');
    response.end(`<h1>${request.url.includes('code=') ? 'You are signed in' : 'You are not'}</h1>`);
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const journey = (login: string) => `title: A customer signs in at a provider that nobody here wrote
steps:
  - web.open: ${issuer}/auth?client_id=site&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(`${issuer}/back`)}
    within: 20s
  - web.fill: { placeholder: Enter any login, value: "${login}" }
  - web.fill: { placeholder: and password, value: anything }
  - web.click: Sign-in
    id: signed-in
    layer: identity
  - web.click: Continue
  - web.see: You are signed in
    within: 5s
`;

test('a customer signs in at oidc-provider: login, consent, and back with a code', async () => {
  const { status, ended } = await walkText(journey('ada'), { drivers });
  expect(ended.filter((step) => step.status !== 'passed').map(({ step, sentence }) => [step, sentence])).toEqual([]);
  expect(status).toBe('passed');
});

test('a client that it does not know: the step says what came', async () => {
  const { status, ended } = await walkText(journey('ada').replace('client_id=site', 'client_id=stranger'), {
    drivers,
    world: { within: { step: 700, walk: 20_000, finally: 1_000 } },
  });
  expect(status).toBe('failed');
  const failed = ended.find((step) => step.status === 'failed');
  expect(failed?.trouble?.came).toContain('400');
});
