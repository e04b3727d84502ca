import { expect, test } from 'vitest';
import type { LegEvent } from '../../../telephony/sip/leg-event.ts';
import { lossyLine } from '../../kit/lossy.ts';
import { persona, record, talkedParley } from '../../kit/signalling.ts';

const calls = 40;

/** Resolves once the leg has said one of these. */
function said(events: readonly LegEvent[], ...types: readonly LegEvent['type'][]): Promise<LegEvent['type']> {
  return new Promise((resolve) => {
    const look = () => {
      const found = events.find(({ type }) => types.includes(type));
      if (found) resolve(found.type);
      else setTimeout(look, 20);
    };
    look();
  });
}

test(`${calls} of ${calls} calls and BYEs come through where 30 % is lost each way`, { timeout: 300_000 }, async () => {
  await using bob = await persona({ user: 'bob' });
  await using line = await lossyLine({ far: bob.agent.local.port, loss: 0.3, seed: 5 });
  await using ada = await persona({ user: 'ada' });
  const theirs: (readonly LegEvent[])[] = [];
  bob.agent.answer(
    () => talkedParley(),
    (leg) => {
      theirs.push(record(leg));
      leg.ring();
      leg.answer();
    },
  );
  const one = async () => {
    const leg = ada.agent.dial(`sip:bob@127.0.0.1:${line.port}`, { parley: talkedParley() });
    const events = record(leg);
    const came = await said(events, 'answered', 'refused');
    if (came === 'answered') await leg.hangUp();
    return events.map(({ type }) => type).filter((type) => type === 'answered' || type === 'ended');
  };
  const all = await Promise.all(Array.from({ length: calls }, one));
  expect(line.lost / (line.lost + line.passed)).toBeGreaterThan(0.25);
  expect(all).toEqual(Array.from({ length: calls }, () => ['answered', 'ended']));
  // Each call was one call for them too, and is over.
  expect(theirs).toHaveLength(calls);
  for (const events of theirs) expect(events.filter(({ type }) => type === 'ended')).toHaveLength(1);
});
