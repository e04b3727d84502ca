import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import type { Call, CallEvent } from '../../telephony/call.ts';
import { audioFlow } from '../../telephony/media/flow.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone } from '../../telephony/phone.ts';
import { Refused, refusalText } from '../../telephony/sip/outcome.ts';
import { babble } from '../../telephony/speaking/babble.ts';
import { type Kamailio, kamailio } from './kamailio.ts';

let proxy: Kamailio;
let media: MediaThread;
beforeAll(async () => {
  proxy = await kamailio();
  media = new MediaThread();
});
afterAll(async () => {
  await media?.[Symbol.asyncDispose]();
  await proxy?.[Symbol.asyncDispose]();
});

const transports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;
type Transport = (typeof transports)[number];

const serverOf = (transport: Transport) => {
  const { sip, tls, ws, wss } = proxy.ports;
  if (transport === 'ws' || transport === 'wss') return `${transport}://127.0.0.1:${transport === 'ws' ? ws : wss}/`;
  return `sip:127.0.0.1:${transport === 'tls' ? tls : sip};transport=${transport}`;
};

const phone = (user: string, transport: Transport, password = `pw-${user}`) =>
  Phone.open(
    {
      user,
      server: serverOf(transport),
      domain: '127.0.0.1',
      codecs: ['PCMU', 'PCMA'],
      digits: true,
      account: { user, password },
      tls: { ca: proxy.ca },
    },
    { clock: systemClock, random: seeded(user.length), media },
  );

const happens = async (call: Call, ...types: readonly CallEvent['type'][]) =>
  (await call.until((event): event is typeof event => types.includes(event.type), 0, AbortSignal.timeout(60_000)))
    .event;

describe.each(transports)('through Kamailio over %s', (transport) => {
  test('registered with a password, called from UDP, heard both ways, hung up by who was called', async () => {
    await using alice = await phone('alice', transport);
    await using bob = await phone('bob', 'udp');
    const sound = babble('one two three four five six seven eight nine ten eleven twelve');
    alice.onCall(
      (call) => {
        call.signalling.answer();
        call.media.play(sound, { loop: true }).catch(() => undefined);
      },
      () => {},
    );
    await using _ = await alice.register();
    const call = await bob.dial('alice');
    expect((await happens(call, 'answered', 'refused')).type).toBe('answered');
    call.media.play(sound, { loop: true }).catch(() => undefined);
    await call.until((event): event is typeof event => event.type === 'speech', 0, AbortSignal.timeout(60_000));
    expect((await call.media.figures()).received.packets).toBeGreaterThan(0);
    await call.close();
    expect(audioFlow(call.media.statistics ?? (await call.media.figures()), 0)).not.toMatch(/no|nothing|silence/);
  });

  test('calls out; busy and unknown are outcomes, with their reason', async () => {
    await using bob = await phone('bob', 'udp');
    await using alice = await phone('alice', transport);
    bob.onCall(
      (call) => call.signalling.answer(),
      () => {},
    );
    await using _ = await bob.register();
    const call = await alice.dial('bob');
    expect((await happens(call, 'answered', 'refused')).type).toBe('answered');
    await call.signalling.hangUp();
    const refusal = async (number: string) => {
      const event = await happens(await alice.dial(number), 'answered', 'refused');
      return event.type === 'refused' ? refusalText(event.refusal) : event.type;
    };
    expect(await refusal('busy')).toBe('486 Busy Here (Q.850 17: User busy)');
    expect(await refusal('nobody')).toBe('404 Not Found');
    expect(await refusal('moved')).toBe('302 Moved Temporarily to sip:bob@127.0.0.1');
  });

  test('a wrong password is told as one', async () => {
    await using alice = await phone('alice', transport, 'wrong');
    const refused = await alice.register().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(Refused);
    expect(refused instanceof Refused && refusalText(refused.refusal)).toBe('the credentials were refused (401)');
  });
});

describe('the way to the server', () => {
  const reach = async (server: string, tls = {}) => {
    await using alice = await Phone.open(
      { user: 'alice', server, codecs: ['PCMU'], digits: true, tls },
      { clock: systemClock, random: seeded(1), media },
    );
    const came = await alice.options(`sip:127.0.0.1`);
    return came.kind === 'unreachable' ? `${came.at}: ${came.why}` : came.kind;
  };
  test('a certificate that nobody vouches for', async () => {
    expect(await reach(serverOf('tls'))).toMatch(/^tls: .*self-signed/);
    expect(await reach(serverOf('wss'))).toMatch(/^tls: .*self-signed/);
    expect(await reach(serverOf('wss'), { verify: false })).toBe('answer');
  });
  test('nobody listens', async () => {
    expect(await reach('sip:127.0.0.1:9;transport=tls')).toMatch(/^connect: .*ECONNREFUSED/);
    expect(await reach('ws://127.0.0.1:9/')).toMatch(/^connect: .*ECONNREFUSED/);
  });
  test('a web server that knows no SIP', async () => {
    const server = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      expect(await reach(`ws://127.0.0.1:${port}/`)).toMatch(/^connect: .*Unexpected server response: 404/);
    } finally {
      server.close();
    }
  });
});
