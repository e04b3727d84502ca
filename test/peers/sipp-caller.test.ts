import { expect, test } from 'vitest';
import { persona, record, sdp, talkedParley } from '../kit/signalling.ts';
import { pause, recv, sdpLines, send, sipp } from './sipp.ts';

const request = (method: string, cseq: number, body: readonly string[] = []) =>
  send(
    [
      `${method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0`,
      'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
      'From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]f[call_number]',
      cseq === 1 && method === 'INVITE' ? 'To: <sip:[service]@[remote_ip]:[remote_port]>' : '[last_To:]',
      'Call-ID: [call_id]',
      `CSeq: ${cseq} ${method}`,
      'Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>',
      'Max-Forwards: 70',
      ...(body.length > 0 ? ['Content-Type: application/sdp'] : []),
      'Content-Length: [len]',
      '',
      ...body,
    ],
    method === 'ACK' ? '' : 'retrans="500"',
  );
const calling = (body: readonly string[]) => [
  request('INVITE', 1, body),
  recv('100', 'optional="true"'),
  recv('180', 'optional="true"'),
  recv('200'),
];

test('twenty calls, answered and hung up by them', async () => {
  await using ivr = await persona({ user: 'ivr' });
  ivr.agent.answer(talkedParley, (leg) => {
    leg.ring();
    leg.answer();
  });
  const acts = [...calling(sdpLines), request('ACK', 1), request('BYE', 2), recv('200')];
  await using peer = await sipp(acts, { to: `127.0.0.1:${ivr.agent.local.port}`, calls: 20, extra: ['-s', 'ivr'] });
  await peer.done();
  expect(ivr.agent.counters).toMatchObject({ thrown: 0, refused: 0 });
});

test('a call without an offer: ours is in the 200, their answer in the ACK', async () => {
  await using ivr = await persona({ user: 'ivr' });
  const parley = talkedParley();
  ivr.agent.answer(
    () => parley,
    (leg) => leg.answer(),
  );
  const acts = [...calling([]), request('ACK', 1, sdpLines), request('BYE', 2), recv('200')];
  await using peer = await sipp(acts, { to: `127.0.0.1:${ivr.agent.local.port}`, extra: ['-s', 'ivr'] });
  await peer.done();
  expect(parley.told).toHaveLength(1);
  expect(ivr.traced.find(({ direction, message }) => direction === 'out' && message.body !== '')?.message.body).toBe(
    sdp(),
  );
});

test('a lost ACK, then BYE: the 200 is repeated, the call ends once', async () => {
  await using ivr = await persona({ user: 'ivr' });
  const acts = [...calling(sdpLines), pause(800), request('BYE', 2), recv('200')];
  await using peer = await sipp(acts, { to: `127.0.0.1:${ivr.agent.local.port}`, extra: ['-s', 'ivr'] });
  const leg = await ivr.next();
  const events = record(leg);
  leg.answer();
  await peer.done();
  expect(events.filter(({ type }) => type === 'ended')).toHaveLength(1);
  expect(ivr.ladder).toContain('> SIP/2.0 200 OK again');
});
