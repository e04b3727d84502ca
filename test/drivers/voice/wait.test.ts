import { expect, test } from 'vitest';
import { listensFrom, spokenBefore } from '../../../drivers/voice/wait.ts';
import type { CallEvent } from '../../../telephony/call.ts';

const invite = 1000;
const call = (...events: readonly CallEvent[]) => ({ since: invite, events });
const answered: CallEvent = { type: 'answered', at: 1200 };
const speech = (at: number): CallEvent => ({ type: 'speech', at, knownAt: at + 50 });
const early = (at: number) => ({ type: 'early', at, status: 183 }) as CallEvent;

test('what came with the answer was said after the dial, however late the answer is told', () => {
  const late = call(speech(1050), speech(3600), answered);
  expect(spokenBefore(5000, late, answered.at)).toBe(3950);
});

test('sound that was agreed before the answer is not what answers the dial', () => {
  expect(spokenBefore(5000, call(early(1010), speech(1050), answered, speech(3600)), answered.at)).toBe(1400);
});

test('after any other act only what began since counts', () => {
  const since = 3000;
  expect(spokenBefore(5000, call(answered, speech(1250), speech(4900)), since)).toBeUndefined();
  expect(listensFrom(call(answered), since)).toBe(since);
  expect(listensFrom(call(), 0)).toBe(invite);
});

test('what turned out to be noise was not said', () => {
  const noise: CallEvent = { type: 'speech-cancelled', at: 1300, knownAt: 1900 };
  expect(spokenBefore(5000, call(answered, speech(1300), noise), answered.at)).toBeUndefined();
});
