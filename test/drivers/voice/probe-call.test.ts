import { expect, test } from 'vitest';
import { endReading, timesReading } from '../../../drivers/voice/probe-call.ts';

const unanswered = { outcome: undefined, patience: 30_000 };

test.each([
  ['nothing came back', [], /^not even a 100 came: .*--transport tcp$/],
  ['100 after 0.01 s', [{ type: 'trying', at: 10 }], /took the call and nothing rings/],
] as const)('%s, and the way on fits that', (text, events, next) => {
  const finding = timesReading({ events, since: 0 }, unanswered);
  expect(finding).toMatchObject({ of: 'call', mark: 'bad', text: `${text}; no answer in 30 s` });
  expect(finding?.next).toMatch(next);
});

test.each([
  ['ours', 'good', 'our BYE was answered in 31824 ms'],
  ['theirs', 'notice', 'they hung up before we did'],
  ['unanswered', 'bad', 'our BYE was not answered in 32 s'],
] as const)('the end of the call: %s', (end, mark, text) => {
  expect(endReading({ ms: 31_824, end })).toMatchObject({ of: 'hang-up', mark, text });
});
