import type { Event } from '../../core/event.ts';
import { walkText } from '../kit/stage.ts';
import { toyDriver } from '../kit/toy.ts';

const nasty = '</script><img src=x onerror=alert(1)> & "quotes" ]]> %0A::error::x | *bold* 😀';

/** Events of a real walk with every status in it, framed as a run, its texts as nasty as can be. */
export async function nastyRun(): Promise<readonly Event[]> {
  const { events } = await walkText(
    `title: ${JSON.stringify(nasty)}
actors: { agent: {} }
steps:
  - toy.say: ${JSON.stringify(nasty)}
  - toy.wait: 20ms
    id: late
    target: 1ms
    title: ${JSON.stringify(nasty)}
  - toy.say: perhaps
    if: "\`false\`"
  - toy.fail: ${JSON.stringify(nasty)}
    soft: true
    within: 2s
  - together:
      - steps:
          - toy.throw: error
      - as: agent
        steps:
          - toy.say: other branch
`,
    { drivers: new Map([['toy', toyDriver()]]) },
  );
  const head = { v: 1, run: 'run', at: events[0]?.at ?? 0 } as const;
  const walks = { passed: 0, degraded: 0, failed: 0, broken: 1, skipped: 0 };
  return [
    {
      ...head,
      seq: 0,
      type: 'run.started',
      tool: 'test',
      environment: 'test',
      location: 'here',
      trigger: 'manual',
      batch: 'one',
      seed: 7,
      journeys: [{ id: 'test', title: nasty, owner: '', walks: 1 }],
      layers: [{ name: 'bot', owner: 'bot-team', dependsOn: [] }],
    },
    ...events,
    { ...head, seq: events.length + 1, type: 'run.fault', message: nasty },
    {
      ...head,
      seq: events.length + 2,
      at: (events.at(-1)?.at ?? 0) + 1,
      type: 'run.ended',
      status: 'broken',
      ms: 100,
      walks,
      interrupted: false,
      exit: 1,
    },
  ];
}
