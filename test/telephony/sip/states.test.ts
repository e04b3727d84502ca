import { expect, test } from 'vitest';
import { header, type SipRequest } from '../../../telephony/sip/message.ts';
import { type RawPeer, rawPeer, rawRequest } from '../../kit/raw-peer.ts';
import { happens, type Persona, persona, record, sdp, talkedParley } from '../../kit/signalling.ts';

const dial = ({ agent }: Persona, peer: RawPeer) =>
  agent.dial(`sip:raw@127.0.0.1:${peer.port}`, { parley: talkedParley() });

/** A BYE of the peer in the call that our INVITE began. */
const byeOf = (invite: SipRequest, { port }: RawPeer, at: number, tag = 'x') =>
  rawRequest({
    method: 'BYE',
    uri: `sip:ada@127.0.0.1:${at}`,
    port,
    callId: invite.callId,
    cseq: 1,
    from: `${header(invite, 'to')};tag=${tag}`,
    to: header(invite, 'from')!,
  });

test('a forked call: two telephones ring, a third answers, and the one that answers too late is hung up', async () => {
  await using peer = await rawPeer();
  await using ada = await persona({ user: 'ada' });
  const call = dial(ada, peer);
  const events = record(call);
  const invite = await peer.request('INVITE');
  peer.reply(invite, '180 Ringing', { tag: 'one' });
  peer.reply(invite, '183 Session Progress', { tag: 'two', sdp: sdp() });
  const answered = happens(call, 'answered');
  peer.reply(invite, '200 OK', { tag: 'three', sdp: sdp() });
  await answered;
  peer.reply(invite, '200 OK', { tag: 'one', sdp: sdp() });
  const late = await peer.request('BYE');
  expect(late.to.parameters.tag).toBe('one');
  peer.reply(late, '200 OK');
  expect(call.state).toBe('answered');
  const over = call.hangUp();
  const bye = await peer.request('BYE');
  expect(bye.to.parameters.tag).toBe('three');
  peer.reply(bye, '200 OK');
  await over;
  expect(peer.came.filter(({ method }) => method === 'ACK').map(({ to }) => to.parameters.tag)).toEqual([
    'three',
    'one',
  ]);
  expect(events.map(({ type }) => type)).toEqual(['ringing', 'early', 'answered', 'ended']);
});

test('the same answer twice is acknowledged twice and happens once', async () => {
  await using peer = await rawPeer();
  await using ada = await persona({ user: 'ada' });
  const call = dial(ada, peer);
  const events = record(call);
  const invite = await peer.request('INVITE');
  for (let n = 0; n < 3; n += 1) peer.reply(invite, '200 OK', { tag: 'x', sdp: sdp() });
  for (let n = 0; n < 3; n += 1) await peer.request('ACK');
  peer.send(byeOf(invite, peer, ada.agent.local.port), ada.agent.local.port);
  await peer.next(200);
  expect(events.map(({ type }) => type)).toEqual(['answered', 'ended']);
});

test('a BYE of theirs: before our call is answered, twice, and crossing ours', async () => {
  await using peer = await rawPeer();
  await using ada = await persona({ user: 'ada' });
  const at = ada.agent.local.port;
  const call = dial(ada, peer);
  const events = record(call);
  const invite = await peer.request('INVITE');
  peer.send(byeOf(invite, peer, at), at);
  expect((await peer.next(481)).method).toBe('BYE');
  peer.reply(invite, '200 OK', { tag: 'x', sdp: sdp() });
  await peer.request('ACK');
  const over = call.hangUp();
  const ours = await peer.request('BYE');
  peer.send(byeOf(invite, peer, at).replace('z9hG4bKBYE', 'z9hG4bKagain'), at);
  const crossing = await Promise.race([peer.next(200), peer.next(481)]);
  expect(crossing.method).toBe('BYE');
  peer.reply(ours, '481 Call/Transaction Does Not Exist');
  await over;
  expect(events.map(({ type }) => type)).toEqual(['answered', 'ended']);
});

test('a peer that answers, and then never says another word: hung up all the same', async () => {
  await using peer = await rawPeer();
  await using ada = await persona({ user: 'ada' });
  const call = dial(ada, peer);
  peer.reply(await peer.request('INVITE'), '200 OK', { tag: 'x', sdp: sdp() });
  await peer.request('ACK');
  const ended = happens(call, 'ended');
  void call.hangUp();
  expect((await ended).by).toBe('us');
  expect(call.state).toBe('over');
});

test('an answer without a description of its sound is none that can be used', async () => {
  await using peer = await rawPeer();
  await using ada = await persona({ user: 'ada' });
  const call = dial(ada, peer);
  const refused = happens(call, 'refused');
  peer.reply(await peer.request('INVITE'), '200 OK', { tag: 'x' });
  expect((await refused).refusal).toMatchObject({ kind: 'unusable answer', why: expect.stringContaining('no SDP') });
  await peer.request('ACK');
  const bye = await peer.request('BYE');
  expect(header(bye, 'reason')).toContain('cause=488');
  peer.reply(bye, '200 OK');
  await call.hangUp();
});

test('names and numbers as people write them are escaped in our own address', async () => {
  await using ivr = await persona({ user: 'ivr' });
  const from = async (user: string, shown?: string) => {
    await using ada = await persona({ user });
    const options = shown === undefined ? {} : { from: { user: shown } };
    ada.agent.dial(`sip:ivr@127.0.0.1:${ivr.agent.local.port}`, { parley: talkedParley(), ...options });
    const leg = await ivr.next();
    leg.reject(486);
    return leg.remote.uri.user;
  };
  expect(await from('zoë@acme')).toBe('zo%C3%AB%40acme');
  expect(await from('ada', '+44 (20) 7946-0018')).toBe('+442079460018');
});

test('a re-INVITE without an offer gets ours; one of another type gets 415 or 488 and the call goes on', async () => {
  await using peer = await rawPeer();
  await using ada = await persona({ user: 'ada' });
  const at = ada.agent.local.port;
  const call = dial(ada, peer);
  const invite = await peer.request('INVITE');
  peer.reply(invite, '200 OK', { tag: 'x', sdp: sdp() });
  await peer.request('ACK');
  const inside = { uri: `sip:ada@127.0.0.1:${at}`, port: peer.port, callId: invite.callId };
  const ends = { from: `${header(invite, 'to')};tag=x`, to: header(invite, 'from')! };
  peer.send(rawRequest({ method: 'INVITE', ...inside, ...ends, cseq: 1 }), at);
  const offer = await peer.next(200);
  expect(offer.body).toContain('m=audio');
  peer.send(rawRequest({ method: 'ACK', ...inside, ...ends, cseq: 1, sdp: sdp('sendonly') }), at);
  peer.send(rawRequest({ method: 'INVITE', ...inside, ...ends, cseq: 2, sdp: 'v=0\r\n' }), at);
  expect((await peer.next(488)).cseq).toBe(2);
  peer.send(rawRequest({ method: 'ACK', ...inside, ...ends, cseq: 2, branch: `z9hG4bKINVITE2${invite.callId}` }), at);
  peer.send(rawRequest({ method: 'OPTIONS', ...inside, ...ends, cseq: 3 }), at);
  const alive = await peer.next(200);
  expect([alive.method, header(alive, 'allow')]).toEqual(['OPTIONS', expect.stringContaining('UPDATE')]);
  peer.send(rawRequest({ method: 'MESSAGE', ...inside, ...ends, cseq: 4 }), at);
  expect([200, 405]).toContain((await Promise.race([peer.next(200), peer.next(405)])).kind === 'response' ? 200 : 0);
  expect(call.state).toBe('answered');
  const over = call.hangUp();
  peer.reply(await peer.request('BYE'), '200 OK');
  await over;
});

test('nothing is left of a hundred calls that ended in every way', async () => {
  const counted = () => process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length;
  const before = counted();
  {
    await using peer = await rawPeer();
    await using ada = await persona({ user: 'ada' });
    const ways = ['486 Busy Here', '302 Moved Temporarily', '200 OK', 'cancel', 'silence'];
    const one = async (way: string) => {
      const call = ada.agent.dial(`sip:${encodeURIComponent(way)}@127.0.0.1:${peer.port}`, { parley: talkedParley() });
      if (way === 'silence') return void call.hangUp();
      const turn =
        way === 'cancel' ? happens(call, 'ringing') : happens(call, way === '200 OK' ? 'answered' : 'refused');
      await turn;
      await call.hangUp();
    };
    const serve = async (method: string, answer: (request: SipRequest) => void) => {
      for (;;) answer(await peer.request(method));
    };
    const invites = new Map<string, SipRequest>();
    serve('INVITE', (invite) => {
      invites.set(invite.callId, invite);
      const way = decodeURIComponent(/^sip:([^@]*)@/.exec(invite.uri)![1]!);
      if (way === 'cancel') peer.reply(invite, '180 Ringing', { tag: 'x' });
      else if (way !== 'silence') peer.reply(invite, way, { tag: 'x', sdp: way === '200 OK' ? sdp() : '' });
    }).catch(() => undefined);
    serve('BYE', (bye) => peer.reply(bye, '200 OK')).catch(() => undefined);
    serve('CANCEL', (cancel) => {
      peer.reply(cancel, '200 OK', { tag: 'x' });
      peer.reply(invites.get(cancel.callId)!, '487 Request Terminated', { tag: 'x' });
    }).catch(() => undefined);
    await Promise.all(Array.from({ length: 100 }, (_, n) => one(ways[n % ways.length]!)));
  }
  expect(counted()).toBeLessThanOrEqual(before);
});
