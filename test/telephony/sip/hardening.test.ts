import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { ClientTransaction, UserAgentClient } from 'sip.js/lib/core/index.js';
import { expect, test } from 'vitest';
import { harden } from '../../../telephony/sip/hardening.ts';
import { readMessage } from '../../../telephony/sip/message.ts';
import { refusalText } from '../../../telephony/sip/outcome.ts';
import { happens, persona, talkedParley } from '../../kit/signalling.ts';

type Make = (request: { readonly method: string }) => string;
const transaction = ClientTransaction as unknown as { makeId: Make };
const client = UserAgentClient.prototype as unknown as {
  authenticationGuard(this: object, response: object): boolean;
};
/** SIP.js as it is installed: when one of these tests fails, a patch has become needless. */
const stock = { makeId: transaction.makeId, guard: client.authenticationGuard };
const collisions = (make: Make) =>
  20_000 - new Set(Array.from({ length: 20_000 }, () => make({ method: 'INVITE' }))).size;

test('branches: stock repeats itself, ours does not', () => {
  expect(collisions(stock.makeId)).toBeGreaterThan(0);
  harden();
  expect(collisions(transaction.makeId)).toBe(0);
});

test('stock takes a second challenge for a loop', () => {
  const challenge = { statusCode: 401, parseHeader: () => ({ realm: 'far', nonce: '2' }) };
  const state = { challenged: true, stale: false, logger: { warn: () => {} } };
  expect(stock.guard.call(state, challenge)).toBe(true);
});

/** A server that asks twice: as proxy and as far end, the second time in two lines of which only one can be answered. */
async function asking() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const authorized: string[] = [];
  socket.on('message', (data, from) => {
    const message = readMessage(String(data));
    if (message.kind !== 'request' || message.method !== 'INVITE') return;
    const has = (name: string) => message.headers.some((entry) => entry.name === name);
    const [status, lines] = has('authorization')
      ? ['486 Busy Here', '']
      : has('proxy-authorization')
        ? [
            '401 Unauthorized',
            'WWW-Authenticate: Digest realm="far", nonce="2", algorithm=MD5\r\nWWW-Authenticate: Digest realm="far", nonce="3", algorithm=NEW\r\n',
          ]
        : ['407 Proxy Authentication Required', 'Proxy-Authenticate: Digest realm="near", nonce="1"\r\n'];
    authorized.push(status.slice(0, 3));
    const copied = message.headers.filter(({ name }) => ['via', 'from', 'call-id', 'cseq'].includes(name));
    const head = copied.map(({ name, value }) => `${name}: ${value}\r\n`).join('');
    const to = message.headers.find(({ name }) => name === 'to')?.value;
    const answer = `SIP/2.0 ${status}\r\n${head}To: ${to};tag=x\r\n${lines}Content-Length: 0\r\n\r\n`;
    socket.send(answer, from.port, from.address);
  });
  return { socket, authorized, port: socket.address().port };
}

test('a proxy and the far end ask: both are answered', async () => {
  const { socket, authorized, port } = await asking();
  await using ada = await persona({ user: 'ada', account: { user: 'ada', password: 'secret' } });
  const call = ada.agent.dial(`sip:x@127.0.0.1:${port}`, { parley: talkedParley() });
  expect(refusalText((await happens(call, 'refused')).refusal)).toBe('486 Busy Here');
  expect(authorized).toEqual(['407', '401', '486']);
  socket.close();
});
