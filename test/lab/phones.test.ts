import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import { type Lab, startLab } from '../../lab/lab.ts';
import type { Call, CallEvent, CallEventOf } from '../../telephony/call.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone } from '../../telephony/phone.ts';

let media: MediaThread;
beforeAll(() => {
  media = new MediaThread();
});
afterAll(() => media[Symbol.asyncDispose]());

const stop = () => AbortSignal.timeout(60_000);
const codecs = ['PCMU'];

async function opened(user: string, lab?: Lab, way = ''): Promise<Phone> {
  const at = `127.0.0.1:${lab?.port}`;
  const server = lab ? { server: way === 'ws' ? `ws://${at}/sip` : `${at}${way}` } : { host: '127.0.0.1' };
  return Phone.open({ user, codecs, digits: true, ...server }, { clock: systemClock, random: seeded(5), media });
}

async function until<T extends CallEvent['type']>(call: Call, ...types: readonly T[]): Promise<CallEventOf<T>> {
  const wanted = (event: CallEvent): event is CallEventOf<T> => (types as readonly string[]).includes(event.type);
  return (await call.until(wanted, 0, stop())).event;
}

const sockets = () =>
  process.getActiveResourcesInfo().filter((kind) => /^(UDPWrap|TCPServerWrap|PipeWrap)$/.test(kind));
const bank = (lab: Lab) => `sip:bank@127.0.0.1:${lab.port}`;

test('the bank hangs up and leaves no socket open when it closes, wherever its callers are', async () => {
  const before = sockets();
  {
    await using caller = await opened('caller');
    const lab = await startLab();
    const listening = await caller.dial(bank(lab));
    await until(listening, 'answered');
    lab.faults.set('phone.no-answer');
    const ringing = await caller.dial(bank(lab));
    await until(ringing, 'ringing');
    await lab[Symbol.asyncDispose]();
    expect((await until(listening, 'ended')).type).toBe('ended');
    expect((await until(ringing, 'refused')).refusal).toMatchObject({ kind: 'rejected', status: 480 });
  }
  await expect.poll(sockets).toEqual(before);
});

test.concurrent('a caller who hangs up while it rings, in the menu or in the queue leaves the bank as it was', async () => {
  const logged: string[] = [];
  await using lab = await startLab({ log: (line) => logged.push(line), faults: { 'phone.slow-answer': '5s' } });
  await using caller = await opened('caller');
  const ringing = await caller.dial(bank(lab));
  await until(ringing, 'ringing');
  await ringing.close();
  lab.faults.clear('phone.slow-answer');
  const menu = await caller.dial(bank(lab));
  await until(menu, 'answered');
  await menu.close();
  const queue = await caller.dial(bank(lab));
  await until(queue, 'answered');
  await queue.press('2,,,,,,,,100418', 'rfc4733', {});
  await queue.close();
  expect(logged.filter((line) => /wrong/.test(line))).toEqual([]);
});

test.concurrent('an agent who takes a call has the marks of the caller, and hears them directly; who hangs up takes the other along', async () => {
  await using lab = await startLab();
  await using alice = await opened('alice', lab);
  await using caller = await opened('caller');
  const rings = Promise.withResolvers<Call>();
  alice.onCall(rings.resolve, rings.reject);
  const registration = await alice.register(60);
  const call = await caller.dial(bank(lab), { headers: ['X-Synthetic-Journey: a walk', 'User-to-User: abc'] });
  await until(call, 'answered');
  await call.press('2,,,,100418', 'rfc4733', {});
  const taken = await rings.promise;
  const header = (name: string) => taken.signalling.invite?.headers.find((one) => one.name === name)?.value;
  expect(header('x-synthetic-journey')).toBe('a walk');
  expect(header('user-to-user')).toBe('abc');
  taken.signalling.answer();
  await until(taken, 'answered', 'first-packet');
  await until(taken, 'first-packet');
  expect(taken.media.target).toMatchObject({ port: call.media.local.port });
  await taken.signalling.hangUp();
  await until(call, 'ended');
  await registration[Symbol.asyncDispose]();
});

test.concurrent.each([
  ['TCP', ';transport=tcp'],
  ['WebSocket', 'ws'],
])(
  'over %s, on the port of the web: a caller is answered, an agent is called over the connection of the registration',
  async (_, way) => {
    await using lab = await startLab();
    await using alice = await opened('alice', lab, way);
    await using caller = await opened('caller', lab, way);
    const rings = Promise.withResolvers<Call>();
    alice.onCall(rings.resolve, rings.reject);
    await using _registration = await alice.register(60);
    const call = await caller.dial('sip:bank@127.0.0.1');
    await until(call, 'answered');
    await call.press('2,,,,100418', 'rfc4733', {});
    const taken = await rings.promise;
    taken.signalling.answer();
    await until(taken, 'first-packet');
    await call.signalling.hangUp();
    await until(taken, 'ended');
    expect((await fetch(`${lab.url}/faults`)).ok).toBe(true);
  },
);
