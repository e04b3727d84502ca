import { expect, test } from 'vitest';
import { header } from '../../../telephony/sip/message.ts';
import { SessionTimer } from '../../../telephony/sip/session-timer.ts';
import { type RawPeer, rawPeer, rawRequest } from '../../kit/raw-peer.ts';
import { happens, type Persona, persona, record, sdp, talkedParley } from '../../kit/signalling.ts';

const to = (peer: RawPeer) => `sip:raw@127.0.0.1:${peer.port}`;

/** A call of the raw peer to us: its INVITE is out. */
function calling(peer: RawPeer, ivr: Persona, lines: readonly string[] = []) {
  const at = ivr.agent.local.port;
  const uri = `sip:ivr@127.0.0.1:${at}`;
  const callId = `call-${peer.port}@raw`;
  let tagged = `<${uri}>`;
  let cseq = 0;
  const send = (method: string, more: { readonly lines?: readonly string[]; readonly sdp?: string } = {}) => {
    if (method !== 'ACK' && method !== 'CANCEL') cseq += 1;
    peer.send(rawRequest({ method, uri, port: peer.port, callId, cseq, to: tagged, ...more }), at);
  };
  send('INVITE', { lines, sdp: sdp() });
  return {
    send,
    /** The answer, with its tag known from now on. */
    next: async (status: number) => {
      const message = await peer.next(status);
      tagged = header(message, 'to')!;
      return message;
    },
  };
}

test('a session timer that the caller asks for is taken; UPDATE and re-INVITE refresh it', async () => {
  await using peer = await rawPeer();
  await using ivr = await persona({ user: 'ivr' });
  const call = calling(peer, ivr, ['Supported: timer', 'Session-Expires: 1800', 'Require: timer']);
  const leg = await ivr.next();
  leg.answer();
  const answer = await call.next(200);
  expect(header(answer, 'session-expires')).toBe('1800;refresher=uac');
  expect(header(answer, 'require')).toBe('timer');
  expect(header(answer, 'allow')).toContain('UPDATE');
  call.send('ACK');
  const timer = ['Supported: timer', 'Session-Expires: 1800;refresher=uac'];
  call.send('UPDATE', { lines: timer });
  const updated = await call.next(200);
  expect([updated.method, updated.body, header(updated, 'session-expires')]).toEqual([
    'UPDATE',
    '',
    '1800;refresher=uac',
  ]);
  const changed = happens(leg, 'changed');
  call.send('UPDATE', { sdp: sdp('sendonly') });
  expect((await call.next(200)).body).toContain('a=recvonly');
  expect((await changed).offer).toContain('a=sendonly');
  call.send('BYE');
  expect((await call.next(200)).method).toBe('BYE');
});

test('UPDATE of no call, and one whose offer cannot be taken', async () => {
  await using peer = await rawPeer();
  await using ivr = await persona({ user: 'ivr' });
  const call = calling(peer, ivr);
  (await ivr.next()).answer();
  await call.next(200);
  call.send('ACK');
  call.send('UPDATE', { sdp: 'v=0\r\n' });
  expect((await peer.next(488)).method).toBe('UPDATE');
  const at = ivr.agent.local.port;
  const stray = { method: 'UPDATE', uri: 'sip:ivr@127.0.0.1', port: peer.port, callId: 'none', cseq: 1 };
  peer.send(rawRequest({ ...stray, to: '<sip:ivr@127.0.0.1>;tag=none' }), at);
  expect((await peer.next(481)).callId).toBe('none');
});

test('who refreshes a session, and when it has expired', () => {
  const rings: { ms: number; ring: () => void }[] = [];
  const after = (ms: number, ring: () => void) => {
    const entry = { ms, ring };
    rings.push(entry);
    return () => void rings.splice(rings.indexOf(entry), 1);
  };
  const happened: string[] = [];
  const made = () => {
    rings.length = 0;
    const timer = new SessionTimer(after);
    timer.start({ refresh: () => happened.push('refresh'), expired: () => happened.push('expired') });
    return timer;
  };
  const said = (value: string) => ({ headers: [{ name: 'session-expires', value }] }) as never;
  const ours = made();
  ours.agreed(said('1800;refresher=uac'));
  expect(rings.map(({ ms }) => ms)).toEqual([900_000]);
  expect(ours.lines()).toEqual(['Session-Expires: 1800;refresher=uac']);
  rings[0]!.ring();
  ours.agreed(said('90;refresher=uas'));
  expect(rings.map(({ ms }) => ms)).toEqual([60_000]);
  rings[0]!.ring();
  ours.agreed(undefined);
  expect([rings.length, ours.seconds]).toEqual([0, 0]);
  const endless = made();
  endless.agreed(said('99999999999999;refresher=uac'));
  endless.agreed(said('1;refresher=uac'));
  expect(rings.map(({ ms }) => ms)).toEqual([10_000]);
  const asked = made();
  expect(asked.answer(said('1800;refresher=uas'))).toEqual(['Session-Expires: 1800;refresher=uas']);
  asked.stop();
  expect(rings).toEqual([]);
  expect(happened).toEqual(['refresh', 'expired']);
});

test('a caller that insists on reliable ringing gets it, again until it is acknowledged', async () => {
  await using peer = await rawPeer();
  await using ivr = await persona({ user: 'ivr' });
  const call = calling(peer, ivr, ['Require: 100rel', 'Supported: 100rel']);
  const leg = await ivr.next();
  leg.ring();
  const ringing = await call.next(180);
  expect([header(ringing, 'require'), header(ringing, 'rseq')]).toEqual(['100rel', '1']);
  await call.next(180);
  call.send('PRACK', { lines: ['RAck: 1 1 INVITE'] });
  expect((await call.next(200)).method).toBe('PRACK');
  call.send('PRACK', { lines: ['RAck: 9 1 INVITE'] });
  await peer.next(481);
  leg.answer();
  expect((await call.next(200)).method).toBe('INVITE');
  call.send('ACK');
  call.send('BYE');
  await call.next(200);
});

test('reliable ringing of the other side is acknowledged once', async () => {
  await using peer = await rawPeer();
  await using ada = await persona({ user: 'ada' });
  const call = ada.agent.dial(to(peer), { parley: talkedParley() });
  const invite = await peer.request('INVITE');
  const reliable = { tag: 'x', lines: ['Require: 100rel', 'RSeq: 7'] };
  peer.reply(invite, '180 Ringing', reliable);
  const prack = await peer.request('PRACK');
  expect(header(prack, 'rack')).toBe('7 1 INVITE');
  peer.reply(prack, '200 OK');
  peer.reply(invite, '180 Ringing', reliable);
  peer.reply(invite, '200 OK', { tag: 'x', sdp: sdp() });
  await happens(call, 'answered');
  await peer.request('ACK');
  const over = call.hangUp();
  peer.reply(await peer.request('BYE'), '200 OK');
  await over;
  expect(peer.came.filter(({ method }) => method === 'PRACK')).toHaveLength(1);
});

test.each([
  ['421 Extension Required', ['Require: 100rel, timer'], { supported: '100rel', 'session-expires': '1800' }],
  ['422 Session Interval Too Small', ['Min-SE: 3600'], { 'session-expires': '3600', 'min-se': '3600' }],
])('%s: called again as they want it, once', async (status, lines, wanted) => {
  await using peer = await rawPeer();
  await using ada = await persona({ user: 'ada' });
  const call = ada.agent.dial(to(peer), { parley: talkedParley() });
  const events = record(call);
  const first = await peer.request('INVITE');
  peer.reply(first, status, { tag: 'x', lines });
  await peer.request('ACK');
  const second = await peer.request('INVITE');
  expect([second.callId, second.cseq]).toEqual([first.callId, 2]);
  for (const [name, value] of Object.entries(wanted))
    expect(second.headers.filter((one) => one.name === name).map((one) => one.value)).toContain(value);
  const refused = happens(call, 'refused');
  peer.reply(second, status, { tag: 'y', lines });
  await peer.request('ACK');
  await refused;
  expect(events.map(({ type }) => type)).toEqual(['refused']);
});

test('an UPDATE before the answer moves early sound', async () => {
  await using peer = await rawPeer();
  await using ada = await persona({ user: 'ada' });
  const parley = talkedParley();
  const call = ada.agent.dial(to(peer), { parley });
  const invite = await peer.request('INVITE');
  const early = happens(call, 'early');
  peer.reply(invite, '183 Session Progress', { tag: 'x', sdp: sdp() });
  await early;
  const at = ada.agent.local.port;
  const dialog = { uri: `sip:ada@127.0.0.1:${at}`, port: peer.port, callId: invite.callId };
  const from = `${header(invite, 'to')};tag=x`;
  peer.send(
    rawRequest({ method: 'UPDATE', ...dialog, cseq: 1, from, to: header(invite, 'from')!, sdp: sdp('sendonly') }),
    at,
  );
  const answer = await peer.next(200);
  expect([answer.method, answer.body.includes('a=recvonly')]).toEqual(['UPDATE', true]);
  const taken = call.hangUp();
  peer.reply(await peer.request('CANCEL'), '200 OK', { tag: 'x' });
  peer.reply(invite, '487 Request Terminated', { tag: 'x' });
  await taken;
});

test('a BYE before the answer takes the call back', async () => {
  await using peer = await rawPeer();
  await using ivr = await persona({ user: 'ivr' });
  const call = calling(peer, ivr);
  const leg = await ivr.next();
  leg.ring();
  await call.next(180);
  const ended = happens(leg, 'ended');
  call.send('BYE', { lines: ['Reason: Q.850;cause=16'] });
  expect(await ended).toMatchObject({ by: 'them', reasons: [{ protocol: 'Q.850', cause: 16 }] });
  expect((await peer.next(200)).method).toBe('BYE');
  expect((await peer.next(487)).method).toBe('INVITE');
  expect(leg.state).toBe('over');
});
