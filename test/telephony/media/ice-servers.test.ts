import { expect, test } from 'vitest';
import { judgeServers, SilentServers } from '../../../telephony/media/ice-servers.ts';

const turn = { urls: 'turn:turn.test', username: 'alice', credential: 'secret' };
const stun = { urls: 'stun:stun.test' };

test('without a relay, where nothing else may be offered, there is no call, and each server says why', () => {
  const failed = [
    { server: turn, trouble: 'silent' },
    { server: { ...turn, urls: 'turns:other.test' }, trouble: '486 Allocation Quota Reached' },
  ];
  const words =
    'no relay for the sound of the call: turn:turn.test does not answer; turns:other.test: 486 Allocation Quota Reached';
  expect(() => judgeServers({ policy: 'relay' }, failed, false)).toThrow(
    expect.objectContaining({ fault: 'server', message: words }),
  );
  judgeServers({ policy: 'relay' }, failed, true);
  judgeServers({ policy: 'all' }, failed, false);
});

test('refused credentials are a fault of the settings, whatever else serves', () => {
  const failed = [
    { server: stun, trouble: 'silent' },
    { server: turn, trouble: 'refused' },
  ];
  expect(() => judgeServers({ policy: 'all' }, failed, true)).toThrow(
    expect.objectContaining({ fault: 'settings', message: 'turn:turn.test refuses the credentials of `alice`' }),
  );
});

test('a server that did not answer is waited for again after a minute', () => {
  let now = 0;
  const silent = new SilentServers(() => now);
  silent.add(stun);
  expect([silent.has(stun), silent.has(turn)]).toEqual([true, false]);
  now = 60_001;
  expect(silent.has(stun)).toBe(false);
});
