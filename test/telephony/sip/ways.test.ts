import dns from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { parseUri } from '../../../telephony/sip/address.ts';
import { Framing } from '../../../telephony/sip/framing.ts';
import { headerValues, readMessage } from '../../../telephony/sip/message.ts';
import type { RegistrationEvent } from '../../../telephony/sip/registration.ts';
import { hopsOf } from '../../../telephony/sip/resolver.ts';
import { nameServer } from '../../kit/names.ts';
import { happens, persona, talkedParley } from '../../kit/signalling.ts';

test.each(['udp', 'tcp'] as const)('a call over IPv6, %s', async (transport) => {
  await using ivr = await persona({ user: 'ivr', host: '::1', transport });
  const { host, port } = ivr.agent.local;
  expect(host).toBe('[::1]');
  const server = `[::1]:${port}`;
  await using ada = await persona({ user: 'ada', transport, server, host: '::1' });
  await using other = await persona({ user: 'bob', transport, facing: `sip:ivr@${server}`, host: undefined as never });
  for (const { agent } of [ada, other]) {
    const call = agent.dial(`sip:ivr@${server}`, { parley: talkedParley() });
    const leg = await ivr.next();
    const answered = happens(call, 'answered');
    leg.answer();
    await answered;
    await call.hangUp();
  }
});

test('a connection that is lost in the middle of a call is made again for what has to be said', async () => {
  await using ivr = await persona({ user: 'ivr', transport: 'tcp' });
  const ends: Socket[] = [];
  const relay = createServer((near) => {
    const far = connect(ivr.agent.local.port, '127.0.0.1');
    ends.push(near, far);
    for (const end of [near, far]) end.on('error', () => {});
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const { port } = relay.address() as AddressInfo;
  {
    await using ada = await persona({ user: 'ada', transport: 'tcp' });
    const call = ada.agent.dial(`sip:ivr@127.0.0.1:${port};transport=tcp`, { parley: talkedParley() });
    const leg = await ivr.next();
    const answered = happens(call, 'answered');
    leg.answer();
    await answered;
    const lost = once(ends[0]!, 'close');
    for (const end of ends) end.destroy();
    await lost;
    const changed = happens(leg, 'changed');
    await call.reInvite();
    await changed;
    const ended = happens(leg, 'ended');
    await call.hangUp();
    expect((await ended).by).toBe('them');
  }
  for (const end of ends) end.destroy();
  relay.close();
});

test('a server that takes connections and drops them is told once, and not besieged', async () => {
  let taken = 0;
  const server = createServer((socket) => {
    taken += 1;
    socket.on('error', () => {});
    socket.once('data', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await using ada = await persona({ user: 'ada', transport: 'tcp' });
  const call = ada.agent.dial(`sip:x@127.0.0.1:${port};transport=tcp`, { parley: talkedParley() });
  expect((await happens(call, 'refused')).refusal).toMatchObject({ kind: 'unreachable', at: 'connect' });
  expect(taken).toBe(2);
  server.close();
});

test('service records: by priority and weight; a port or a name without them has its own address', async () => {
  const names = await nameServer({
    '_sip._udp.trunk.test': [
      [20, 0, 5062],
      [10, 1, 5061],
      [10, 9, 5060],
    ],
    '_sips._tcp.trunk.test': [[1, 1, 5071]],
  });
  dns.setServers([names.address]);
  const hops = async (uri: string) =>
    (await hopsOf(parseUri(uri)!, 'udp')).filter(({ host }) => host === '127.0.0.1').map(({ host: _, ...hop }) => hop);
  expect(await hops('sip:x@trunk.test')).toEqual([5060, 5061, 5062].map((port) => ({ transport: 'udp', port })));
  expect(await hops('sips:x@trunk.test')).toEqual([{ transport: 'tls', port: 5071, name: 'trunk.test' }]);
  expect(await hops('sip:x@localhost')).toEqual([{ transport: 'udp', port: 5060 }]);
  await expect(hops('sip:x@nothing.invalid')).rejects.toThrow('no address for nothing.invalid');
  names.close();
});

test('a pointer (NAPTR) says where the service records of our transport are; one to another transport moves nothing', async () => {
  const names = await nameServer(
    {
      '_sip._udp.trunk.test': [[1, 1, 5060]],
      '_sip._udp.west.test': [[1, 1, 5062]],
      '_sip._udp.east.test': [[1, 1, 5064]],
      '_sips._tcp.east.test': [[1, 1, 5065]],
      '_sip._tcp.trunk.test': [[1, 1, 5066]],
    },
    {
      'trunk.test': [
        [10, 1, 'SIPS+D2T', '_sips._tcp.east.test'],
        [20, 2, 'SIP+D2U', '_sip._udp.east.test'],
        [20, 1, 'SIP+D2U', '_sip._udp.west.test'],
        [30, 1, 'SIP+D2T', '_sip._tcp.gone.test'],
      ],
    },
  );
  const before = dns.getServers();
  onTestFinished(() => {
    dns.setServers(before);
    names.close();
  });
  dns.setServers([names.address]);
  const ports = async (uri: string) => [
    ...new Set((await hopsOf(parseUri(uri)!, 'udp')).map(({ transport, port }) => `${transport} ${port}`)),
  ];
  expect(await ports('sip:x@trunk.test')).toEqual(['udp 5062', 'udp 5064']);
  expect(await ports('sips:x@trunk.test')).toEqual(['tls 5065']);
  expect(await ports('sip:x@trunk.test;transport=tcp')).toEqual(['tcp 5066']);
  expect(await ports('sip:x@west.test')).toEqual(['udp 5062']);
});

test('a registrar whose connection is lost: told at once, and registered anew over another', async () => {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    const framing = new Framing();
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const piece of framing.read(chunk)) {
        const message = piece.kind === 'message' ? readMessage(piece.text) : undefined;
        if (message?.kind !== 'request') continue;
        const kept = ['via', 'from', 'to', 'call-id', 'cseq', 'contact'].flatMap((name) =>
          headerValues(message, name).map((value) => `${name}: ${value}\r\n`),
        );
        socket.write(`SIP/2.0 200 OK\r\n${kept.join('')}Content-Length: 0\r\n\r\n`);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  {
    await using ada = await persona({ user: 'ada', transport: 'tcp', server: `127.0.0.1:${port}` });
    const registration = await ada.agent.register(60);
    const events: RegistrationEvent[] = [];
    const again = new Promise<void>((resolve) => {
      registration.on((event) => {
        events.push(event);
        if (event.type === 'registered') resolve();
      });
    });
    connections[0]!.destroy();
    await again;
    expect(events).toMatchObject([
      { type: 'lost', refusal: { kind: 'unreachable', at: 'connect' } },
      { type: 'registered', expires: 60 },
    ]);
    await registration[Symbol.asyncDispose]();
  }
  expect(connections).toHaveLength(2);
  server.close();
});

test('a request too large for a datagram goes by TCP where that is taken, else by UDP', async () => {
  await using ivr = await persona({ user: 'ivr' });
  const { port } = ivr.agent.local;
  const large = [`X-Large: ${'x'.repeat(1300)}`];
  await using ada = await persona({ user: 'ada' });
  const called = async (from: typeof ada) => {
    const call = from.agent.dial(`sip:ivr@127.0.0.1:${port}`, { parley: talkedParley(), headers: large });
    const leg = await ivr.next();
    const answered = happens(call, 'answered');
    leg.answer();
    await answered;
    const ended = happens(leg, 'ended');
    await call.hangUp();
    await ended;
    const own = from.traced.filter(({ message }) => message.callId === call.callId);
    return new Set(own.map(({ flow }) => flow.transport));
  };
  expect(await called(ada)).toEqual(new Set(['udp']));
  // Only where its TCP has been looked for in vain is it not looked for again.
  const door = createServer((socket) => void ivr.agent.take({ transport: 'tcp', socket })).listen(port, '127.0.0.1');
  await once(door, 'listening');
  expect(await called(ada)).toEqual(new Set(['udp']));
  await using bob = await persona({ user: 'bob' });
  expect(await called(bob)).toEqual(new Set(['tcp']));
  const [invite] = bob.traced;
  expect(invite?.message.via.transport).toBe('TCP');
  door.close();
});
