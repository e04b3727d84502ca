import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import type { CallEvent, CallEventOf } from '../../telephony/call.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone } from '../../telephony/phone.ts';
import { telephone } from '../kit/telephone.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const is =
  <T extends CallEvent['type']>(type: T) =>
  (event: CallEvent): event is CallEventOf<T> =>
    event.type === type;

/** Calls with sound both ways, 25 at once, each hung up as soon as it is heard; both ends are ours, each with its own threads. */
async function shortCalls(count: number): Promise<number> {
  const stop = AbortSignal.timeout(300_000);
  await using peer = await telephone(async (call) => {
    call.signalling.answer();
    await call.until(is('ended'), 0, stop);
    await call.close();
  });
  await using media = new MediaThread();
  await using phone = await Phone.open(
    { user: 'short', host: '127.0.0.1', codecs: ['PCMU'], digits: true },
    { clock: systemClock, random: seeded(7), media },
  );
  let heard = 0;
  let left = count;
  const one = async () => {
    while (left-- > 0) {
      await using call = await phone.dial(peer.address);
      await call.until(is('first-packet'), 0, stop);
      heard += 1;
    }
  };
  await Promise.all(Array.from({ length: 25 }, one));
  return heard;
}

interface Held {
  readonly sockets: number;
  readonly threads: number;
  readonly resources: number;
  /** MB, after collecting. */
  readonly heap: number;
}

async function held(): Promise<Held> {
  // What is closed is given back by the event loop, and by finalisers after a collection.
  for (let turn = 0; turn < 5; turn++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return {
    sockets: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    resources: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate').length,
    heap: (heapUsed + external) / 2 ** 20,
  };
}

test('after 500 short calls memory, sockets, threads and handles are where they were', async () => {
  await shortCalls(50);
  const before = await held();
  expect(await shortCalls(500)).toBe(500);
  const after = await held();
  expect({ ...after, heap: 0 }).toEqual({ ...before, heap: 0 });
  expect(after.heap - before.heap).toBeLessThan(2);
}, 600_000);
