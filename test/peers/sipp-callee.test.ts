import { describe, expect, test } from 'vitest';
import { refusalText } from '../../telephony/sip/outcome.ts';
import { happens, persona, record, talkedParley } from '../kit/signalling.ts';
import { ok, pause, recv, reply, replySdp, sdpLines, send, sipp } from './sipp.ts';

const target = (port: number, more = '') => `sip:service@127.0.0.1:${port}${more}`;
const ack = recv('ACK');
const bye = [recv('BYE'), ok()];

describe('we call SIPp', () => {
  test.each(['udp', 'tcp'] as const)('answered and hung up over %s', async (transport) => {
    const tcp = transport === 'tcp';
    await using peer = await sipp([recv('INVITE'), reply('180 Ringing'), pause(50), replySdp('200 OK'), ack, ...bye], {
      tcp,
    });
    await using ada = await persona({ user: 'ada', transport });
    const parley = talkedParley();
    const call = ada.agent.dial(target(peer.port, tcp ? ';transport=tcp' : ''), { parley });
    const events = record(call);
    await happens(call, 'answered');
    await call.hangUp();
    await peer.done();
    expect(events.map(({ type }) => type)).toEqual(['ringing', 'answered', 'ended']);
    expect(parley.told).toHaveLength(1);
  });

  test('18x without tag and without Contact is heard', async () => {
    const bare = send([
      'SIP/2.0 180 Ringing',
      '[last_Via:]',
      '[last_From:]',
      '[last_To:]',
      '[last_Call-ID:]',
      '[last_CSeq:]',
      'Content-Length: 0',
      '',
    ]);
    await using peer = await sipp([recv('INVITE'), bare, pause(50), replySdp('200 OK'), ack, ...bye]);
    await using ada = await persona({ user: 'ada' });
    const call = ada.agent.dial(target(peer.port), { parley: talkedParley() });
    const events = record(call);
    await happens(call, 'answered');
    await call.hangUp();
    expect(events.map(({ type }) => type)).toEqual(['ringing', 'answered', 'ended']);
  });

  test('early media', async () => {
    await using peer = await sipp([
      recv('INVITE'),
      replySdp('183 Session Progress'),
      pause(50),
      replySdp('200 OK'),
      ack,
      ...bye,
    ]);
    await using ada = await persona({ user: 'ada' });
    const call = ada.agent.dial(target(peer.port), { parley: talkedParley() });
    const events = record(call);
    await happens(call, 'answered');
    await call.hangUp();
    expect(events.map(({ type }) => type)).toEqual(['early', 'answered', 'ended']);
  });

  test.each([
    ['404 Not Found', [], '404 Not Found'],
    ['486 Busy Here', ['Reason: Q.850;cause=17;text="User busy"'], '486 Busy Here (Q.850 17: User busy)'],
    ['503 Service Unavailable', ['Retry-After: 5'], '503 Service Unavailable'],
    ['603 Decline', [], '603 Decline'],
    [
      '302 Moved Temporarily',
      ['Contact: <sip:other@127.0.0.1:5999>'],
      '302 Moved Temporarily to sip:other@127.0.0.1:5999',
    ],
  ])('%s', async (status, headers, told) => {
    const refusal = send([
      `SIP/2.0 ${status}`,
      '[last_Via:]',
      '[last_From:]',
      '[last_To:];tag=[pid]t[call_number]',
      '[last_Call-ID:]',
      '[last_CSeq:]',
      ...headers,
      'Content-Length: 0',
      '',
    ]);
    await using peer = await sipp([recv('INVITE'), refusal, ack]);
    await using ada = await persona({ user: 'ada' });
    const call = ada.agent.dial(target(peer.port), { parley: talkedParley() });
    const { refusal: came } = await happens(call, 'refused');
    await peer.done();
    expect(refusalText(came)).toBe(told);
  });

  const challenge = (status: string, name: string, scheme: string) => [
    recv('INVITE'),
    reply(status, [`${name}: Digest realm="x", nonce="n${status.slice(0, 3)}", ${scheme}`]),
    ack,
  ];
  const granted = [recv('INVITE'), replySdp('200 OK'), ack, ...bye];
  const verified = [
    '<recv request="INVITE" rrs="true" next="1" test="1"><action><verifyauth assign_to="1" username="alice" password="secret"/></action></recv>',
    reply('403 Forbidden'),
    ack,
    '<label id="1"/>',
    replySdp('200 OK'),
    ack,
    ...bye,
  ];

  test('401 with MD5, verified by the peer', async () => {
    await using peer = await sipp([
      ...challenge('401 Unauthorized', 'WWW-Authenticate', 'qop="auth", algorithm=MD5'),
      ...verified,
    ]);
    await using ada = await persona({ user: 'ada', account: { user: 'alice', password: 'secret' } });
    const call = ada.agent.dial(target(peer.port), { parley: talkedParley() });
    await happens(call, 'answered');
    await call.hangUp();
    await peer.done();
  });

  test('a proxy asks, then the far end: 407 and 401', async () => {
    await using peer = await sipp([
      ...challenge('407 Proxy Authentication Required', 'Proxy-Authenticate', 'algorithm=SHA-256, qop="auth"'),
      ...challenge('401 Unauthorized', 'WWW-Authenticate', 'algorithm=MD5'),
      ...granted,
    ]);
    await using ada = await persona({ user: 'ada', account: { user: 'alice', password: 'secret' } });
    const call = ada.agent.dial(target(peer.port), { parley: talkedParley() });
    await happens(call, 'answered');
    await call.hangUp();
    await peer.done();
    const invites = ada.traced.filter(({ direction, message }) => direction === 'out' && message.method === 'INVITE');
    expect(invites.map(({ message }) => message.cseq)).toEqual([1, 2, 3]);
  });

  test('a wrong password is tried once', async () => {
    const asked = challenge('401 Unauthorized', 'WWW-Authenticate', 'algorithm=MD5');
    await using peer = await sipp([...asked, ...asked]);
    await using ada = await persona({ user: 'ada', account: { user: 'alice', password: 'wrong' } });
    const call = ada.agent.dial(target(peer.port), { parley: talkedParley() });
    expect((await happens(call, 'refused')).refusal).toEqual({ kind: 'auth', status: 401, known: true });
    await peer.done();
  });

  test('a call that is taken back while it rings', async () => {
    await using peer = await sipp([
      recv('INVITE'),
      reply('180 Ringing'),
      recv('CANCEL'),
      ok(),
      send([
        'SIP/2.0 487 Request Terminated',
        '[last_Via:]',
        '[last_From:]',
        '[last_To:];tag=[pid]t[call_number]',
        '[last_Call-ID:]',
        'CSeq: 1 INVITE',
        'Content-Length: 0',
        '',
      ]),
      ack,
    ]);
    await using ada = await persona({ user: 'ada' });
    const call = ada.agent.dial(target(peer.port), { parley: talkedParley() });
    await happens(call, 'ringing');
    await call.hangUp();
    await peer.done();
    expect(call.state).toBe('over');
  });

  test('the answer crosses our CANCEL: it is acknowledged and hung up', async () => {
    await using peer = await sipp([
      recv('INVITE'),
      reply('180 Ringing'),
      recv('CANCEL'),
      ok(),
      replyToInvite(),
      ack,
      ...bye,
    ]);
    await using ada = await persona({ user: 'ada' });
    const call = ada.agent.dial(target(peer.port), { parley: talkedParley() });
    await happens(call, 'ringing');
    await call.hangUp();
    await peer.done();
  });

  test('the peer transfers us, and hangs up', async () => {
    const save = (header: string, into: string) =>
      `<ereg regexp=".*" search_in="hdr" header="${header}" assign_to="${into}"/>`;
    const inDialog = (method: string, cseq: number, more: readonly string[] = []) =>
      send([
        `${method} [next_url] SIP/2.0`,
        'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
        'From:[$3]',
        'To:[$2]',
        '[last_Call-ID:]',
        `CSeq: ${cseq} ${method}`,
        'Contact: <sip:sipp@[local_ip]:[local_port]>',
        'Max-Forwards: 70',
        ...more,
        'Content-Length: 0',
        '',
      ]);
    await using peer = await sipp([
      recv('INVITE'),
      replySdp('200 OK'),
      `<recv request="ACK" rrs="true"><action>${save('From:', '2')}${save('To:', '3')}</action></recv>`,
      inDialog('REFER', 1, ['Refer-To: <sip:agent@127.0.0.1:5999?Replaces=x>']),
      recv('202'),
      recv('NOTIFY'),
      ok(),
      inDialog('BYE', 2, ['Reason: Q.850;cause=31']),
      recv('200'),
    ]);
    await using ada = await persona({ user: 'ada' });
    const call = ada.agent.dial(target(peer.port), { parley: talkedParley() });
    const { to, lines } = await happens(call, 'referred');
    const ended = happens(call, 'ended');
    call.notify(200, 'OK');
    expect([to, lines]).toEqual(['sip:agent@127.0.0.1:5999', ['Replaces: x']]);
    expect(await ended).toMatchObject({ by: 'them', reasons: [{ protocol: 'Q.850', cause: 31 }] });
    await peer.done();
  });

  test('registering: 401, 423, then registered', async () => {
    const kept = send([
      'SIP/2.0 200 OK',
      '[last_Via:]',
      '[last_From:]',
      '[last_To:];tag=[pid]t[call_number]',
      '[last_Call-ID:]',
      '[last_CSeq:]',
      '[last_Contact:]',
      'Content-Length: 0',
      '',
    ]);
    await using peer = await sipp([
      recv('REGISTER'),
      reply('401 Unauthorized', ['WWW-Authenticate: Digest realm="x", nonce="n", algorithm=MD5']),
      recv('REGISTER'),
      reply('423 Interval Too Brief', ['Min-Expires: 600']),
      recv('REGISTER'),
      reply('401 Unauthorized', ['WWW-Authenticate: Digest realm="x", nonce="n2", algorithm=MD5']),
      recv('REGISTER'),
      kept,
      recv('REGISTER'),
      kept,
    ]);
    await using ada = await persona({
      user: 'ada',
      server: `127.0.0.1:${peer.port}`,
      account: { user: 'alice', password: 'secret' },
    });
    const registration = await ada.agent.register(60);
    expect(registration.registered).toBe(true);
    await registration[Symbol.asyncDispose]();
    await peer.done();
    const asked = ada.traced.filter(({ direction }) => direction === 'out').map(({ message }) => message);
    expect(asked.map(({ cseq }) => cseq)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(asked.map(({ callId }) => callId)).size).toBe(1);
  });
});

/** The final answer to an INVITE after its CANCEL was answered. */
function replyToInvite(): string {
  return send(
    [
      'SIP/2.0 200 OK',
      '[last_Via:]',
      '[last_From:]',
      '[last_To:];tag=[pid]t[call_number]',
      '[last_Call-ID:]',
      'CSeq: 1 INVITE',
      'Contact: <sip:sipp@[local_ip]:[local_port]>',
      'Content-Type: application/sdp',
      'Content-Length: [len]',
      '',
      ...sdpLines,
    ],
    'retrans="500"',
  );
}
