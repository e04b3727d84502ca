import { beforeAll, describe, expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import type { StepEnded } from '../../core/event.ts';
import type { Call, CallEvent, CallEventOf } from '../../telephony/call.ts';
import { freePort } from '../kit/ports.ts';
import { rawPeer } from '../kit/raw-peer.ts';
import { sdp } from '../kit/signalling.ts';
import { walkText } from '../kit/stage.ts';
import { digitsOf, type Telephone, telephone } from '../kit/telephone.ts';

let drivers: ReadonlyMap<string, Driver>;
beforeAll(async () => {
  drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
});

const walked = (steps: string, { names = {}, more = '', settings = {} } = {}) =>
  walkText(`title: legs\nowner: voice-team\n${more}steps:\n${steps.trim().replaceAll(/^/gm, '  ')}\n`, {
    drivers,
    world: { within: { step: 20_000, walk: 60_000, finally: 10_000 } },
    settings: { names, speech: { engine: 'babble' }, patience: 0, ...settings },
  });
const told = (ended: readonly StepEnded[]) =>
  ended.filter(({ trouble }) => trouble).map(({ step, status, trouble }) => `${step} ${status}: ${trouble?.message}`);
const answering = (headers: readonly string[] = [], then: (call: Call) => Promise<unknown> = async () => {}) =>
  telephone(async (call) => {
    call.signalling.answer(headers);
    await then(call);
  });
const happened = async <T extends CallEvent['type']>(call: Call, type: T, from = 0): Promise<CallEventOf<T>> =>
  (await call.until((event): event is CallEventOf<T> => event.type === type, from, AbortSignal.timeout(60_000))).event;

/** A port of an agent that takes calls without a registrar. */
const seat = (port: number, more = {}) => ({ agents: { alice: { user: 'alice', register: false, port, ...more } } });
const asAgent = 'actors:\n  agent: { voice: { as: agents/alice } }\n';

test('what they send is checked; a header that is missing or another fails the step', async () => {
  await using peer = await answering(['X-Queue: billing; level=2', 'User-to-User: 00aa;encoding=hex']);
  const names = { ivr: peer.address };
  const dial = (expects: string) => walked(`- voice.dial: { to: ivr, expects: { ${expects} } }`, { names });
  const [good, other, none] = await Promise.all([
    dial('X-Queue: billing, User-to-User: "*"'),
    dial('X-Queue: sales'),
    dial('X-Case: "*"'),
  ]);
  expect(told(good.ended)).toEqual([]);
  expect(told(other.ended)).toEqual(['voice.dial failed: their X-Queue is another']);
  expect(told(none.ended)).toEqual(['voice.dial failed: they sent no X-Case']);
});

test('a redirect is told, and followed where that is asked for and allowed', async () => {
  await using there = await answering();
  const moved = (to: string) =>
    telephone(async ({ signalling }) => signalling.reject(302, [`Contact: <${to}>;q=0.9, <sip:x@203.0.113.2>;q=0.1`]));
  await using near = await moved(there.address);
  await using away = await moved('sip:x@203.0.113.1');
  const names = { near: near.address, away: away.address };
  const went = await Promise.all([
    walked('- voice.dial: near', { names }),
    walked(
      '- voice.dial: { to: near, follow: true }\n  save: call\n- voice.hang-up:\n  if: "contains(call.redirected, \'127.0.0.1\')"',
      { names },
    ),
    walked('- voice.dial: { to: away, follow: true }', { names }),
  ]);
  expect(told(went[0].ended)[0]).toMatch(
    /^voice\.dial failed: the call was rejected: 302 Moved Temporarily to sip:ivr@/,
  );
  expect(went[1].ended.map(({ status }) => status)).toEqual(['passed', 'passed']);
  expect(told(went[2].ended)).toEqual(['voice.dial broken: the guard does not allow sip:x@203.0.113.1']);
});

test('an attended transfer: the agent asks a colleague, then leaves the customer with them', async () => {
  const met: string[] = [];
  await using colleague = await answering([], async (call) => {
    met.push(call.signalling.replaces ? 'takes the place' : 'is asked');
    await happened(call, 'ended');
  });
  await using customer = await answering([], async (call) => {
    const { to, lines } = await happened(call, 'referred');
    call.signalling.notify(100, 'Trying');
    const onward = await customer.phone.dial(to, { headers: ['Require: replaces', ...lines] });
    await happened(onward, 'answered');
    call.signalling.notify(200, 'OK');
    await onward.close();
  });
  const names = { customer: customer.address, colleague: colleague.address };
  const { ended } = await walked(
    '- voice.dial: { to: customer, leg: customer }\n- voice.hold:\n- voice.dial: { to: colleague, leg: colleague }\n- voice.transfer: { to-leg: colleague }',
    { names },
  );
  expect(told(ended)).toEqual([]);
  expect(met).toEqual(['is asked', 'takes the place']);
});

test('an agent in whose call another takes the place of the colleague goes on talking, to the new one', async () => {
  const port = await freePort();
  await using desk = await answering();
  await using customer = await answering();
  const done = Promise.withResolvers<void>();
  const walk = walked(
    '- voice.answer: { from: ivr, leg: desk }\n  as: agent\n- voice.answer:\n  as: agent\n- voice.hear-speech:\n  as: agent\n- voice.hang-up:\n  as: agent',
    { more: asAgent, settings: seat(port) },
  );
  const alice = `sip:alice@127.0.0.1:${port}`;
  const asking = await dialled(desk, alice);
  await happened(asking, 'answered');
  const { target, replaces } = asking.signalling.standing;
  const words = `${replaces.callId};to-tag=${replaces.toTag};from-tag=${replaces.fromTag}`;
  const onward = await customer.phone.dial(target, { headers: [`Replaces: ${words}`] });
  await happened(onward, 'answered');
  await happened(asking, 'ended');
  onward.media.play(await customer.speech('Good morning, I am the customer.'), { loop: true }).catch(() => undefined);
  const { ended } = await walk;
  done.resolve();
  expect(told(ended)).toEqual([]);
  await Promise.all([asking.close(), onward.close()]);
});

test('sent to take the place of another: our call says so', async () => {
  const invites: (string | undefined)[] = [];
  await using there = await telephone(async ({ signalling }) => {
    invites.push(signalling.invite?.headers.find(({ name }) => name === 'x-case')?.value);
    signalling.answer();
  });
  await using peer = await answering([], (call) => call.signalling.refer(`${there.address}?X-Case=42`));
  const { ended } = await walked('- voice.dial: ivr\n- voice.expect-transfer:\n- voice.hang-up:', {
    names: { ivr: peer.address },
  });
  expect(told(ended)).toEqual([]);
  expect(invites).toEqual(['42']);
});

describe('whose call rings at the agent', () => {
  const answer = '- voice.answer: { from: "+44 20 7946 0018" }\n  as: agent';
  test('the one whose caller is named, not the first', async () => {
    const port = await freePort();
    await using peer = await answering();
    const walk = walked(answer, { more: asAgent, settings: seat(port) });
    const alice = `sip:alice@127.0.0.1:${port}`;
    const other = await dialled(peer, alice, { from: { user: '5550000000' } });
    const ours = await peer.phone.dial(alice, { from: { user: '02079460018' } });
    const { ended } = await walk;
    expect(told(ended)).toEqual([]);
    expect(other.events.some(({ type }) => type === 'answered')).toBe(false);
    await Promise.all([other.close(), ours.close()]);
  });
  test('never one that another walk has marked: it is named', async () => {
    const port = await freePort();
    await using peer = await answering();
    const steps = ['answer:', 'expect-hang-up:', 'answer:\n  within: 300ms'];
    const walk = walked(steps.map((step) => `- voice.${step}\n  as: agent`).join('\n'), {
      more: asAgent,
      settings: seat(port),
    });
    const alice = `sip:alice@127.0.0.1:${port}`;
    const ours = await dialled(peer, alice);
    await happened(ours, 'answered');
    const mark = ['X-Synthetic-Journey: billing; run=1; walk=1-9'];
    const other = await dialled(peer, alice, { headers: mark, from: { user: '701' } });
    await ours.close();
    const { ended } = await walk;
    expect(told(ended)).toEqual(['voice.answer#2 failed: no call came']);
    expect(ended[2]?.trouble?.came).toBe('a call from 701 rang, which is the call of another walk');
    await other.close();
  });
});

/** Calls until the phone there is open. */
async function dialled(peer: Telephone, target: string, options: Parameters<Telephone['phone']['dial']>[1] = {}) {
  for (;;) {
    const call = await peer.phone.dial(target, options);
    const heard = (event: CallEvent): event is CallEvent => event.type !== 'trouble';
    const { event } = await call.until(heard, 0, AbortSignal.timeout(60_000));
    if (event.type !== 'refused') return call;
    await call.close();
  }
}

test('a registration that is refused is told with its reason, and leaves no phone open', async () => {
  const open = () => process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;
  await using peer = await rawPeer();
  const before = open();
  const refuse = async (status: string, lines: readonly string[]) => {
    const served = peer.request('REGISTER').then((request) => peer.reply(request, status, { tag: 'x', lines }));
    const settings = { agents: { alice: { server: `127.0.0.1:${peer.port}` } } };
    const { events, ended } = await walked('- voice.answer:\n  as: agent', { more: asAgent, settings });
    await served;
    expect(events.find(({ type }) => type === 'run.fault')).toMatchObject({
      message: expect.stringContaining('agent is not ready'),
    });
    return ended[0]!.status;
  };
  const challenge = ['WWW-Authenticate: Digest realm="x", nonce="n", algorithm=MD5'];
  const serve = async () => {
    for (;;) peer.reply(await peer.request('REGISTER'), '503 Service Unavailable', { tag: 'x' });
  };
  expect(await refuse('401 Unauthorized', challenge)).toBe('broken');
  serve().catch(() => undefined);
  expect(await refuse('503 Service Unavailable', [])).toBe('failed');
  expect(open()).toBe(before);
});

test('keys by INFO are heard as keys, in both of its forms', async () => {
  const keys: string[] = [];
  await using peer = await answering([], async (call) => {
    keys.push(await digitsOf(call, 3, AbortSignal.timeout(60_000)));
  });
  const { ended } = await walked(
    '- voice.dial: ivr\n- voice.press: { digits: "1*#", by: info }\n- pause.pause: 100ms',
    {
      names: { ivr: peer.address },
    },
  );
  await using caller = await telephone(async () => {});
  await using bare = await answering([], async (call) => {
    keys.push(await digitsOf(call, 1, AbortSignal.timeout(60_000)));
  });
  const call = await caller.phone.dial(bare.address);
  await happened(call, 'answered');
  await call.signalling.info('application/dtmf', '7\r\n');
  await call.close();
  expect(told(ended)).toEqual([]);
  expect(keys).toEqual(['1*#', '7']);
});

test('a peer that has gone silent: hold, transfer, and INFO end with their step', async () => {
  await using peer = await rawPeer();
  const serve = async (method: string, sound: string) => {
    for (;;) {
      const request = await peer.request(method);
      if (request.to.parameters.tag === undefined || method === 'BYE')
        peer.reply(request, '200 OK', { tag: 'x', sdp: sound });
    }
  };
  for (const [method, sound] of [
    ['INVITE', sdp()],
    ['BYE', ''],
  ] as const)
    serve(method, sound).catch(() => undefined);
  const names = { ivr: `sip:ivr@127.0.0.1:${peer.port}` };
  const quick = async (step: string) => {
    const { ended } = await walked(`- voice.dial: ivr\n- ${step}\n  within: 300ms`, { names });
    return told(ended);
  };
  expect(
    await Promise.all(
      ['voice.hold:', 'voice.transfer: ivr', 'voice.press: { digits: "1", by: info }'].map((step) => quick(step)),
    ),
  ).toEqual([
    ['voice.hold failed: the other side did not answer the re-INVITE'],
    ['voice.transfer failed: the other side did not answer REFER'],
    ['voice.press failed: the other side did not answer INFO'],
  ]);
});
