import { expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { walkText } from '../kit/stage.ts';
import { kamailio } from './kamailio.ts';

const steps = (n: number) => `title: a call by tone
actors:
  agent: { voice: { as: agents/alice } }
steps:
  - voice.dial: { to: alice, until: ringing }
  - voice.answer:
    as: agent
    within: 20s
    save: taken
  - voice.say: Good morning, this is the agent of ${'walk '.repeat(n)}
    as: agent
  - voice.hear: Good morning, this is the agent of ${'walk '.repeat(n)}
    within: 8s
  - pause.pause: 1ms
    id: rewritten
    if: taken.from == '900'
  - pause.pause: 1ms
    id: marked
    if: taken.headers."x-synthetic-journey" || taken.headers.traceparent
  - voice.hang-up:
`;

test('a proxy that drops headers and rewrites numbers rings at two agents of one extension: each walk has its own call', async () => {
  await using proxy = await kamailio({ unmarked: true });
  const drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
  const server = `127.0.0.1:${proxy.ports.sip}`;
  const account = (user: string) => ({ server, domain: '127.0.0.1', auth: { user, password: `pw-${user}` } });
  const both = await Promise.all(
    [1, 2].map((n) =>
      walkText(steps(n), {
        drivers,
        walk: `run-${n}`,
        settings: {
          via: 'pbx',
          trunks: { pbx: { ...account(`100${n}`), user: `100${n}` } },
          agents: { alice: { ...account('alice'), claim: 'tone' } },
          speech: { engine: 'babble' },
        },
      }),
    ),
  );
  for (const { ended, statuses } of both) {
    expect(ended.flatMap(({ step, trouble }) => (trouble ? [[step, trouble.message, trouble.came]] : []))).toEqual([]);
    expect(statuses).toMatchObject({
      'voice.answer': 'passed',
      'voice.hear': 'passed',
      rewritten: 'passed',
      marked: 'skipped',
    });
  }
});
