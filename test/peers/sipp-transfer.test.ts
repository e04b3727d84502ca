import { expect, test } from 'vitest';
import { happens, persona, talkedParley } from '../kit/signalling.ts';
import { ok, recv, reply, replySdp, send, sipp } from './sipp.ts';

const save = (header: string, into: string) =>
  `<ereg regexp=".*" search_in="hdr" header="${header}" assign_to="${into}"/>`;
const bye = [recv('BYE'), ok()];

/** Our first call gets a REFER with Replaces, our second one takes its place: SIPp looks for that in its INVITE. */
const attended = [
  `<recv request="INVITE" rrs="true" next="2" test="1"><action>
     <ereg regexp="to-tag=.*;from-tag=.*" search_in="hdr" header="Replaces:" assign_to="1"/></action></recv>`,
  replySdp('200 OK'),
  `<recv request="ACK" rrs="true"><action>${save('From:', '3')}${save('To:', '4')}</action></recv>`,
  send([
    'REFER [next_url] SIP/2.0',
    'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
    'From:[$4]',
    'To:[$3]',
    '[last_Call-ID:]',
    'CSeq: 1 REFER',
    'Contact: <sip:sipp@[local_ip]:[local_port]>',
    'Max-Forwards: 70',
    'Refer-To: <sip:expert@[local_ip]:[local_port]?Replaces=consult%40desk%3Bto-tag%3Da%3Bfrom-tag%3Db>',
    'Content-Length: 0',
    '',
  ]),
  recv('202'),
  recv('NOTIFY'),
  ok(),
  recv('NOTIFY'),
  ok(),
  ...bye,
  '<nop next="10"/>',
  '<label id="2"/>',
  reply('180 Ringing'),
  replySdp('200 OK'),
  recv('ACK'),
  ...bye,
  '<label id="10"/>',
];

test('SIPp sends us to a call that we are to take the place of, and finds that in our INVITE', async () => {
  await using peer = await sipp(attended, { calls: 2 });
  await using ada = await persona({ user: 'ada' });
  const call = ada.agent.dial(`sip:desk@127.0.0.1:${peer.port}`, { parley: talkedParley() });
  const { to, lines } = await happens(call, 'referred');
  expect(lines).toEqual(['Replaces: consult@desk;to-tag=a;from-tag=b']);
  call.notify(100, 'Trying');
  const onward = ada.agent.dial(to, { parley: talkedParley(), headers: [...lines, 'Require: replaces'] });
  await happens(onward, 'answered');
  call.notify(200, 'OK');
  await call.hangUp();
  await onward.hangUp();
  await peer.done();
});
