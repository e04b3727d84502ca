import { createSocket } from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SipLeg } from '../../../telephony/sip/leg.ts';
import { startLine } from '../../../telephony/sip/message.ts';
import { HandClock } from '../../kit/hand-clock.ts';
import { nameServer } from '../../kit/names.ts';
import { happens, type Persona, persona, talkedParley } from '../../kit/signalling.ts';

const before = dns.getServers();
const known: Record<string, readonly [priority: number, weight: number, port: number][]> = {};
let names: Awaited<ReturnType<typeof nameServer>>;
beforeAll(async () => {
  names = await nameServer(known);
  dns.setServers([names.address]);
});
afterAll(() => {
  dns.setServers(before);
  names.close();
});

/** Calls to a name go to these ports, in this order. */
function trunk(name: string, ...ports: readonly number[]): string {
  known[`_sip._udp.${name}`] = ports.map((port, n) => [n, 1, port]);
  return `sip:ivr@${name}`;
}

const portOf = ({ agent }: Persona) => agent.local.port;

/** Where the requests of a call went: `INVITE first`. */
const went = (caller: Persona, leg: SipLeg, places: Readonly<Record<number, string>>) =>
  caller.traced
    .filter(({ direction, again, message }) => direction === 'out' && !again && message.callId === leg.callId)
    .map(({ message, flow }) => `${startLine(message).split(' ', 1)[0]} ${places[flow.remote.port]}`);

async function answered(caller: Persona, callee: Persona, uri: string): Promise<SipLeg> {
  const call = caller.agent.dial(uri, { parley: talkedParley() });
  const leg = await callee.next();
  const up = happens(call, 'answered');
  leg.answer();
  await up;
  const over = happens(leg, 'ended');
  await call.hangUp();
  await over;
  return call;
}

test('a server that answers 503 is acknowledged and left for the next one; for a minute it comes last', async () => {
  await using first = await persona({ user: 'ivr' });
  await using second = await persona({ user: 'ivr' });
  await using ada = await persona({ user: 'ada' });
  const uri = trunk('busy.test', portOf(first), portOf(second));
  const places = { [portOf(first)]: 'first', [portOf(second)]: 'second' };
  const turned = first.next().then((leg) => leg.reject(503));
  const call = await answered(ada, second, uri);
  await turned;
  expect(went(ada, call, places)).toEqual(['INVITE first', 'ACK first', 'INVITE second', 'ACK second', 'BYE second']);
  const branches = ada.traced.flatMap(({ direction, message }) =>
    direction === 'out' && message.method === 'INVITE' ? [message.via.parameters.branch] : [],
  );
  expect(new Set(branches).size).toBe(2);
  const again = await answered(ada, second, uri);
  expect(went(ada, again, places)).toEqual(['INVITE second', 'ACK second', 'BYE second']);
});

test('a server that does not answer is left for the next one', async () => {
  const mute = createSocket('udp4').bind(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address();
  await using second = await persona({ user: 'ivr' });
  const clock = new HandClock();
  await using ada = await persona({ user: 'ada' }, clock);
  const uri = trunk('mute.test', port, portOf(second));
  const places = { [port]: 'mute', [portOf(second)]: 'second' };
  const asked = once(mute, 'message');
  const calling = answered(ada, second, uri);
  await asked;
  await clock.forward(4000);
  const call = await calling;
  expect(went(ada, call, places)).toEqual(['INVITE mute', 'INVITE second', 'ACK second', 'BYE second']);
  mute.close();
});

test('what the last server says is the answer, and a call that went on can be taken back there', async () => {
  await using first = await persona({ user: 'ivr' });
  await using second = await persona({ user: 'ivr' });
  await using ada = await persona({ user: 'ada' });
  const uri = trunk('gone.test', portOf(first), portOf(second));
  const both = [first, second].map(async (one) => (await one.next()).reject(503));
  const refused = ada.agent.dial(uri, { parley: talkedParley() });
  const { refusal } = await happens(refused, 'refused');
  expect(refusal).toMatchObject({ kind: 'rejected', status: 503 });
  await Promise.all(both);
  await using third = await persona({ user: 'ivr' });
  await using bob = await persona({ user: 'bob' });
  const turned = first.next().then((leg) => leg.reject(503));
  const call = bob.agent.dial(trunk('slow.test', portOf(first), portOf(third)), { parley: talkedParley() });
  const leg = await third.next();
  await turned;
  const rings = happens(call, 'ringing');
  leg.ring();
  await rings;
  const taken = happens(leg, 'ended');
  await call.hangUp();
  expect((await taken).by).toBe('them');
});
