import { describe, expect, test } from 'vitest';
import { header } from '../../../telephony/sip/message.ts';
import { refusalText } from '../../../telephony/sip/outcome.ts';
import { happens, persona, sdp, talkedParley } from '../../kit/signalling.ts';

const at = (local: { host: string; port: number }, user: string) => `sip:${user}@${local.host}:${local.port}`;
const over = (transport: string) => (transport === 'tcp' ? ';transport=tcp' : '');

describe.each(['udp', 'tcp'] as const)('two agents over %s', (transport) => {
  const pair = async () => {
    const ada = await persona({ user: 'ada', transport, display: 'Ada "A" Whitfield' });
    const ivr = await persona({ user: 'ivr', transport });
    return { ada, ivr, target: `${at(ivr.agent.local, 'ivr')}${over(transport)}` };
  };

  test('a call rings, is answered and hung up, and nothing waits afterwards', async () => {
    const { ada, ivr, target } = await pair();
    await using _a = ada;
    await using _b = ivr;
    const parley = talkedParley();
    const call = ada.agent.dial(target, { parley, headers: ['X-Synthetic-Journey: billing; run=1'] });
    const leg = await ivr.next();
    expect(header(leg.invite!, 'x-synthetic-journey')).toBe('billing; run=1');
    expect(leg.remote.name).toBe('Ada "A" Whitfield');
    const ringing = happens(call, 'ringing');
    leg.ring();
    expect((await ringing).status).toBe(180);
    const answered = happens(call, 'answered');
    leg.answer(['X-Queue: billing']);
    expect(header((await answered).message!, 'x-queue')).toBe('billing');
    expect(parley.told).toEqual([sdp()]);
    const ended = happens(leg, 'ended');
    await call.hangUp('Q.850;cause=16;text="Normal call clearing"');
    expect(await ended).toMatchObject({
      by: 'them',
      reasons: [{ protocol: 'Q.850', cause: 16, text: 'Normal call clearing' }],
    });
    expect(ada.ladder).toEqual([
      '> INVITE',
      '< SIP/2.0 180 Ringing',
      '< SIP/2.0 200 OK',
      '> ACK',
      '> BYE',
      '< SIP/2.0 200 OK',
    ]);
    expect([call.state, leg.state]).toEqual(['over', 'over']);
  });

  test('the other side hangs up', async () => {
    const { ada, ivr, target } = await pair();
    await using _a = ada;
    await using _b = ivr;
    const call = ada.agent.dial(target, { parley: talkedParley() });
    const leg = await ivr.next();
    const answered = happens(call, 'answered');
    leg.answer();
    await answered;
    const ended = happens(call, 'ended');
    await leg.hangUp();
    expect((await ended).by).toBe('them');
  });

  test('early media is described in a 183', async () => {
    const { ada, ivr, target } = await pair();
    await using _a = ada;
    await using _b = ivr;
    const parley = talkedParley();
    const call = ada.agent.dial(target, { parley });
    const leg = await ivr.next();
    const early = happens(call, 'early');
    leg.ring(true);
    expect((await early).status).toBe(183);
    expect(parley.told).toEqual([sdp()]);
    const answered = happens(call, 'answered');
    leg.answer();
    await answered;
    await call.hangUp();
  });

  test('a call that rings too long is taken back', async () => {
    const { ada, ivr, target } = await pair();
    await using _a = ada;
    await using _b = ivr;
    const call = ada.agent.dial(target, { parley: talkedParley() });
    const leg = await ivr.next();
    const ringing = happens(call, 'ringing');
    leg.ring();
    await ringing;
    const ended = happens(leg, 'ended');
    const refused = happens(call, 'refused');
    await call.hangUp('SIP;cause=487;text="patience is over"');
    expect((await refused).refusal).toEqual({ kind: 'cancelled' });
    expect(await ended).toMatchObject({ by: 'them', reasons: [{ protocol: 'SIP', cause: 487 }] });
  });

  test('a refusal says why', async () => {
    const { ada, ivr, target } = await pair();
    await using _a = ada;
    await using _b = ivr;
    const call = ada.agent.dial(target, { parley: talkedParley() });
    const refused = happens(call, 'refused');
    (await ivr.next()).reject(486, ['Reason: Q.850;cause=17;text="User busy"']);
    expect(refusalText((await refused).refusal)).toBe('486 Busy Here (Q.850 17: User busy)');
  });

  test('hold and resume by re-INVITE, from both sides', async () => {
    const { ada, ivr, target } = await pair();
    await using _a = ada;
    await using _b = ivr;
    const parley = talkedParley();
    const call = ada.agent.dial(target, { parley });
    const leg = await ivr.next();
    const answered = happens(call, 'answered');
    leg.answer();
    await answered;
    parley.direction = 'sendonly';
    const held = happens(leg, 'changed');
    await call.reInvite();
    expect((await held).offer).toContain('a=sendonly');
    expect(parley.told.at(-1)).toContain('a=recvonly');
    parley.direction = 'sendrecv';
    const resumed = happens(leg, 'changed');
    await call.reInvite();
    expect((await resumed).offer).toContain('a=sendrecv');
    const changed = happens(call, 'changed');
    await leg.reInvite();
    await changed;
    await call.hangUp();
  });

  test('a blind transfer: asked for, taken, and told how it goes', async () => {
    const { ada, ivr, target } = await pair();
    await using _a = ada;
    await using _b = ivr;
    const call = ada.agent.dial(target, { parley: talkedParley() });
    const leg = await ivr.next();
    const answered = happens(call, 'answered');
    leg.answer();
    await answered;
    const referred = happens(call, 'referred');
    await leg.refer('sip:agent@127.0.0.1:5999');
    expect((await referred).to).toBe('sip:agent@127.0.0.1:5999');
    const trying = happens(leg, 'transfer');
    call.notify(100, 'Trying');
    expect(await trying).toMatchObject({ status: 100, phrase: 'Trying' });
    const done = happens(leg, 'transfer');
    call.notify(200, 'OK');
    expect(await done).toMatchObject({ status: 200 });
    await call.hangUp();
  });

  test('INFO in a call, OPTIONS outside of it', async () => {
    const { ada, ivr, target } = await pair();
    await using _a = ada;
    await using _b = ivr;
    expect(await ada.agent.options(target)).toMatchObject({ kind: 'answer', status: 200 });
    const call = ada.agent.dial(target, { parley: talkedParley() });
    const leg = await ivr.next();
    const answered = happens(call, 'answered');
    leg.answer();
    await answered;
    const info = happens(leg, 'info');
    await call.info('application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n');
    expect(await info).toMatchObject({ contentType: 'application/dtmf-relay', body: 'Signal=5\r\nDuration=160\r\n' });
    await call.hangUp();
  });
});

test('who withholds the number says so', async () => {
  await using ada = await persona({ user: 'ada' });
  await using ivr = await persona({ user: 'ivr' });
  ada.agent.dial(at(ivr.agent.local, 'ivr'), { parley: talkedParley(), from: 'withheld' });
  const { invite, remote } = await ivr.next();
  expect(remote).toMatchObject({ name: 'Anonymous', uri: { host: 'anonymous.invalid' } });
  expect(header(invite!, 'privacy')).toBe('id');
});

test('a PBX that knows accounts by From: the number that is shown stands beside it', async () => {
  await using ada = await persona({ user: 'ada', identity: 'asserted' });
  await using ivr = await persona({ user: 'ivr' });
  const came = async (from: 'withheld' | { readonly user: string; readonly display?: string }) => {
    ada.agent.dial(at(ivr.agent.local, 'ivr'), { parley: talkedParley(), from });
    const { invite, remote } = await ivr.next();
    const said = (name: string) => header(invite!, name)?.replace(/@.*>/, '@>');
    return [remote.uri.user, said('p-asserted-identity'), said('privacy')];
  };
  expect(await came({ user: '+44 20 7946 0018', display: 'Ada' })).toEqual([
    'ada',
    '"Ada" <sip:+442079460018@>',
    undefined,
  ]);
  expect(await came('withheld')).toEqual(['ada', '<sip:ada@>', 'id']);
});

test('numbers, tel: and names are dialled in the domain of the server', async () => {
  await using ivr = await persona({ user: 'ivr', anyUser: true });
  const { host, port } = ivr.agent.local;
  await using ada = await persona({ user: 'ada', server: `${host}:${port}` });
  const dialled = async (target: string) => {
    ada.agent.dial(target, { parley: talkedParley() });
    return (await ivr.next()).invite!.uri;
  };
  expect(await dialled('+44 20 7946 0018')).toBe(`sip:+442079460018@${host}:${port}`);
  expect(await dialled('tel:+44-20-7946-0018')).toBe(`sip:+442079460018@${host}:${port};user=phone`);
  expect(await dialled('billing')).toBe(`sip:billing@${host}:${port}`);
  expect(await dialled('*21#')).toBe(`sip:*21%23@${host}:${port}`);
  expect(() => ada.agent.resolve('no such thing')).toThrow('not a phone number and not a SIP address');
});

test('a closed TCP port is unreachable, a name that is none is a dns error', async () => {
  await using ada = await persona({ user: 'ada', transport: 'tcp' });
  const refusal = async (target: string) => {
    const call = ada.agent.dial(target, { parley: talkedParley() });
    return (await happens(call, 'refused')).refusal;
  };
  expect(await refusal('sip:x@127.0.0.1:1;transport=tcp')).toMatchObject({ kind: 'unreachable', at: 'connect' });
  expect(await refusal('sip:x@nowhere.invalid')).toMatchObject({ kind: 'unreachable', at: 'dns' });
});

test('calls for others, unknown extensions and foreign schemes are refused', async () => {
  await using ada = await persona({ user: 'ada' });
  await using ivr = await persona({ user: 'ivr' });
  const call = ada.agent.dial(at(ivr.agent.local, 'nobody'), { parley: talkedParley() });
  expect((await happens(call, 'refused')).refusal).toMatchObject({ kind: 'rejected', status: 404 });
  const strict = ada.agent.dial(at(ivr.agent.local, 'ivr'), {
    parley: talkedParley(),
    headers: ['Require: telepathy'],
  });
  const { refusal } = await happens(strict, 'refused');
  expect(refusal).toMatchObject({ kind: 'rejected', status: 420 });
  expect(refusal.kind === 'rejected' && header(refusal.message, 'unsupported')).toBe('telepathy');
});

test('offers at the same time: both are told 491, the later one gets through', async () => {
  await using ada = await persona({ user: 'ada' });
  await using ivr = await persona({ user: 'ivr' });
  const call = ada.agent.dial(at(ivr.agent.local, 'ivr'), { parley: talkedParley() });
  const leg = await ivr.next();
  const answered = happens(call, 'answered');
  leg.answer();
  await answered;
  const settled = await Promise.allSettled([call.reInvite(), leg.reInvite()]);
  expect(settled.map(({ status }) => status)).toContain('fulfilled');
  expect(ada.ladder).toContain('< SIP/2.0 491 Request Pending');
  await call.hangUp();
});
