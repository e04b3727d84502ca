import { expect, test } from 'vitest';
import { timesReading } from '../../../drivers/voice/probe-call.ts';

const unanswered = { outcome: undefined, patience: 30_000 };

test.each([
  ['nothing came back', [], /^not even a 100 came: .*--transport tcp$/],
  ['100 after 0.01 s', [{ type: 'trying', at: 10 }], /took the call and nothing rings/],
] as const)('%s, and the way on fits that', (text, events, next) => {
  const finding = timesReading({ events, since: 0 }, unanswered);
  expect(finding).toMatchObject({ of: 'call', mark: 'bad', text: `${text}; no answer in 30 s` });
  expect(finding?.next).toMatch(next);
});
