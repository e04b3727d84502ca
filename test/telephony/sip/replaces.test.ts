import { expect, test } from 'vitest';
import { refusalText } from '../../../telephony/sip/outcome.ts';
import { parseReplaces, readReferTo, replacingUri } from '../../../telephony/sip/replaces.ts';
import { happens, type Persona, persona, talkedParley } from '../../kit/signalling.ts';

const at = ({ agent }: Persona, user: string) => `sip:${user}@127.0.0.1:${agent.local.port}`;

test('an attended transfer: ada takes the place of the colleague in the call to the expert', async () => {
  await using ada = await persona({ user: 'ada' });
  await using desk = await persona({ user: 'desk' });
  await using expert = await persona({ user: 'expert' });
  const customer = ada.agent.dial(at(desk, 'desk'), { parley: talkedParley() });
  const atDesk = await desk.next();
  const first = happens(customer, 'answered');
  atDesk.answer();
  await first;
  const asking = desk.agent.dial(at(expert, 'expert'), { parley: talkedParley() });
  const asked = await expert.next();
  const second = happens(asking, 'answered');
  asked.answer();
  await second;

  const { target, replaces } = asking.standing;
  const referred = happens(customer, 'referred');
  await atDesk.refer(replacingUri(target, replaces));
  const { to, lines } = await referred;
  expect(to).toBe(at(expert, 'expert'));
  expect(lines).toEqual([`Replaces: ${replaces.callId};to-tag=${replaces.toTag};from-tag=${replaces.fromTag}`]);

  const onward = ada.agent.dial(to, { parley: talkedParley(), headers: ['Require: replaces', ...lines] });
  const taken = await expert.next();
  expect(taken.replaces).toBe(asked);
  const [through, replaced] = [happens(onward, 'answered'), happens(asking, 'ended')];
  taken.answer();
  await through;
  expect(await replaced).toMatchObject({ by: 'them', reasons: [{ protocol: 'SIP', cause: 200 }] });
  expect(asked.state).toBe('over');
  await Promise.all([onward.hangUp(), customer.hangUp()]);
});

test('a call that is to take the place of nothing is refused', async () => {
  await using ada = await persona({ user: 'ada' });
  await using expert = await persona({ user: 'expert' });
  const refusal = async (value: string) => {
    const call = ada.agent.dial(at(expert, 'expert'), { parley: talkedParley(), headers: [`Replaces: ${value}`] });
    return refusalText((await happens(call, 'refused')).refusal);
  };
  expect(await refusal('nobody@x;to-tag=1;from-tag=2')).toBe('481 Call/Transaction Does Not Exist');
  expect(await refusal('nobody@x')).toBe('400 Bad Request');
});

test('Refer-To: what may come from it and what may not', () => {
  const escaped = 'a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2';
  expect(readReferTo(`<sip:x@y?Replaces=${escaped}&Require=replaces>`)).toEqual({
    to: 'sip:x@y',
    lines: ['Replaces: a@b;to-tag=1;from-tag=2', 'Require: replaces'],
  });
  expect(readReferTo('<sip:x@y;method=INVITE?From=evil&Route=%3Csip:z%3E&X-Queue=a%0D%0AVia:z&X-Id=7>')).toEqual({
    to: 'sip:x@y',
    lines: ['X-Id: 7'],
  });
  expect(readReferTo('<sip:x@y;method=BYE>')).toBeUndefined();
  expect(readReferTo('<<>')).toBeUndefined();
  expect(readReferTo('sip:x@y?Subject=%')).toEqual({ to: 'sip:x@y', lines: [] });
  expect(parseReplaces('a@b;from-tag=2;to-tag=1;early-only')).toEqual({
    callId: 'a@b',
    toTag: '1',
    fromTag: '2',
    earlyOnly: true,
  });
  expect(replacingUri('sip:x@y?old=1', { callId: 'a@b', toTag: '1', fromTag: '2' })).toBe(
    `sip:x@y?Replaces=${escaped}`,
  );
});
