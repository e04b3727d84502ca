import { beforeAll, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import type { Json } from '../../core/json.ts';
import { seedOf } from '../../core/random.ts';
import type { CallEvent } from '../../telephony/call.ts';
import { claimMarker, claimMarkers } from '../../telephony/hearing/claim-marker.ts';
import { type Acd, acd } from '../kit/acd.ts';
import { walkText } from '../kit/stage.ts';
import { telephone } from '../kit/telephone.ts';

let drivers: ReadonlyMap<string, Driver>;
beforeAll(async () => {
  drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
});

const greeting = (n: number) => `Good morning, this is the agent of walk ${'number '.repeat(n)}.`;

const steps = (n: number) => `title: a call by tone
actors:
  agent: { voice: { as: agents/alice } }
steps:
  - voice.dial: queue
  - voice.answer:
    id: answer
    as: agent
    within: 60s
  - voice.say: ${greeting(n)}
    as: agent
  - voice.hear: ${greeting(n)}
    id: hears
    within: 30s
  - voice.say: I would like to ask number ${n}
  - voice.hear: I would like to ask number ${n}
    as: agent
    within: 30s
  - voice.hang-up:
`;

/** Walks and agents of a test have names of their own: what waits where is known to the whole process. */
const walked = (
  text: string,
  queue: Acd,
  { walk, claim = 'tone', agent }: { walk: string; claim?: Json; agent: string },
) =>
  walkText(text.replaceAll('alice', agent), {
    drivers,
    walk,
    settings: {
      via: 'pbx',
      trunks: { pbx: { server: `127.0.0.1:${queue.port}`, user: '1001' } },
      agents: { [agent]: { server: `127.0.0.1:${queue.port}`, ...(claim === null ? {} : { claim }) } },
      names: { queue: queue.address },
      speech: { engine: 'babble' },
    },
  });

const troubles = ({ ended }: Awaited<ReturnType<typeof walked>>) =>
  ended.flatMap(({ step, trouble }) => (trouble ? [[step, trouble.message, trouble.came]] : []));
const claimed = ({ events }: Awaited<ReturnType<typeof walked>>) =>
  events.flatMap((event) =>
    event.type === 'step.noted' && event.note.type === 'metric' && event.note.name === 'claim'
      ? [event.note.value]
      : [],
  );

test.concurrent.for([
  { agent: 'anna', rings: 'all', loss: 0 },
  { agent: 'ben', rings: 'last', loss: 0 },
  { agent: 'cleo', rings: 'all', loss: 0.05 },
] as const)(
  'two walks at one extension get each their own call: $rings ring, $loss is lost',
  async ({ agent, ...how }, { expect }) => {
    await using queue = await acd({ ...how, callers: 2, seed: 7 });
    const both = await Promise.all([1, 2].map((n) => walked(steps(n), queue, { walk: `${agent}-${n}`, agent })));
    expect(both.map(troubles)).toEqual([[], []]);
    expect(both.map((one) => claimed(one).length)).toEqual([1, 1]);
  },
);

test.concurrent('a walk that waits alone is asked too; its answer is when the call was answered, not when its marker was known', async ({
  expect,
}) => {
  await using queue = await acd();
  const walk = await walked(steps(1), queue, { walk: 'dora-1', agent: 'dora' });
  expect(troubles(walk)).toEqual([]);
  const answer = walk.ended.find(({ step }) => step === 'answer')!;
  const note = walk.events.flatMap((event) =>
    event.type === 'step.noted' && event.note.type === 'talk' && event.note.about === 'claim' ? [event.note] : [],
  );
  expect(note.map(({ text }) => text)).toEqual(['answers 900: the marker of walk dora-1']);
  expect(Math.abs(answer.origin + answer.ms - note[0]!.at)).toBeLessThanOrEqual(1);
  expect(claimed(walk)[0]).toBeGreaterThan(900);
});

/** What became of calls that were answered to hear whose they are. */
const told = ({ events }: Awaited<ReturnType<typeof walked>>) =>
  events.flatMap((event) =>
    event.type === 'step.noted' && event.note.type === 'talk' && event.note.about === 'claim' ? [event.note.text] : [],
  );
const recorded = ({ events }: Awaited<ReturnType<typeof walked>>) =>
  events.filter((event) => event.type === 'step.noted' && event.note.type === 'file' && event.note.mime === 'audio/wav')
    .length;

/** Somebody who is in no walk calls the queue and makes this sound until it is over. */
async function stranger(queue: Acd, sound: Int16Array) {
  await using caller = await telephone(async () => {});
  const call = await caller.phone.dial(queue.address);
  const ended = (event: CallEvent): event is CallEvent => event.type === 'ended' || event.type === 'refused';
  call.media.play(sound, { loop: true }).catch(() => undefined);
  await call.until(ended, 0, AbortSignal.timeout(60_000));
}

const agentOnly = `title: an agent alone
actors:
  agent: { voice: { as: agents/alice } }
steps:
  - voice.answer:
    id: answer
    as: agent
    within: 60s
`;
const numberOf = (walk: string) => seedOf(`test; run=run; walk=${walk}`) % claimMarkers;
const mixed = (a: Int16Array, b: Int16Array) => Int16Array.from(a, (x, n) => x + b[(n + 3000) % b.length]!);

test.concurrent.for([
  ['emil', 'no marker was heard in 8.00 s', new Int16Array(800), 1],
  ['fay', 'the marker of another process', claimMarker((numberOf('fay-1') + 1) % claimMarkers), 1],
  [
    'gus',
    'the markers of several walks at once, gus-1 and gus-2',
    mixed(claimMarker(numberOf('gus-1')), claimMarker(numberOf('gus-2'))),
    2,
  ],
] as const)(
  'a call of nobody here is let go, named, and not kept: %s, %s',
  async ([agent, words, sound, walks], { expect }) => {
    await using queue = await acd();
    const names = [`${agent}-1`, `${agent}-2`].slice(0, walks);
    const walking = names.map((walk) => walked(agentOnly, queue, { walk, agent, claim: { by: 'tone', within: '8s' } }));
    await registered(queue, walks);
    await stranger(queue, sound);
    expect(queue.answered).toBe(1);
    for (const walk of names) await queue.ring([`X-Synthetic-Journey: test; run=run; walk=${walk}`]);
    const all = await Promise.all(walking);
    expect(all.map(troubles)).toEqual(names.map(() => []));
    expect(all.flatMap(told)).toEqual([`answers 900: ${words}, so we hung up`]);
    expect(all.map(recorded)).toEqual(names.map(() => 1));
  },
);

test.concurrent('the call of a walk that waits elsewhere is not taken for it', async ({ expect }) => {
  await using queue = await acd({ rings: 'last' });
  const elsewhere = walked(agentOnly, queue, { walk: 'ivo-1', agent: 'ivo' });
  await registered(queue, 1);
  const walk = walked(agentOnly, queue, { walk: 'hanna-1', agent: 'hanna' });
  await registered(queue, 2);
  await stranger(queue, claimMarker(numberOf('ivo-1')));
  await queue.ring(['X-Synthetic-Journey: test; run=run; walk=hanna-1']);
  expect(told(await walk)).toEqual([
    'answers 900: the marker of walk ivo-1, which does not wait at agents/hanna, so we hung up',
  ]);
  await queue.ring(['X-Synthetic-Journey: test; run=run; walk=ivo-1']);
  expect(troubles(await elsewhere)).toEqual([]);
});

test.concurrent('a call of nobody here is sent back where the settings say so; the step that waits in vain names it', async ({
  expect,
}) => {
  await using queue = await acd();
  const claim = { by: 'tone', within: '2s', back: `sip:lobby@127.0.0.1:${queue.port}` };
  const walk = walked(agentOnly.replace('60s', '15s'), queue, { walk: 'jan-1', agent: 'jan', claim });
  await registered(queue, 1);
  await stranger(queue, new Int16Array(800));
  expect(troubles(await walk).map(([, , came]) => came)).toEqual([
    `a call from 900 was answered: no marker was heard in 2.00 s, so it was sent back to ${claim.back}`,
  ]);
  expect(queue.sentTo).toEqual([claim.back]);
});

test.concurrent('without `claim: tone` nobody answers a call that may be a customer’s', async ({ expect }) => {
  await using queue = await acd();
  const walking = ['kim-1', 'kim-2'].map((walk) =>
    walked(agentOnly.replace('60s', '3s'), queue, { walk, agent: 'kim', claim: null }),
  );
  await registered(queue, 2);
  const call = stranger(queue, new Int16Array(800));
  const all = await Promise.all(walking);
  await call;
  expect(queue.answered).toBe(0);
  expect(all.flatMap(troubles)[0]).toMatchObject({
    2: 'a call from 900 rang, which nothing marks as ours while other walks wait at this phone',
  });
});

async function registered(queue: Acd, count: number): Promise<void> {
  while (queue.phones < count) await new Promise((resolve) => setTimeout(resolve, 20));
}
