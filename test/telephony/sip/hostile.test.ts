import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { header, readMessage } from '../../../telephony/sip/message.ts';
import { persona, talkedParley } from '../../kit/signalling.ts';

/** An INVITE of parts that a case may replace; `undefined` leaves a header out. */
function invite(parts: Readonly<Record<string, string | undefined>> = {}, body = ''): string {
  const { start, ...headers } = {
    start: 'INVITE sip:ivr@127.0.0.1 SIP/2.0',
    Via: 'SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKcase;rport',
    From: '<sip:x@y>;tag=1',
    To: '<sip:ivr@127.0.0.1>',
    'Call-ID': 'case@y',
    CSeq: '1 INVITE',
    Contact: '<sip:x@127.0.0.1:9>',
    'Max-Forwards': '70',
    'Content-Length': String(Buffer.byteLength(body)),
    ...parts,
  };
  const lines = Object.entries(headers).filter(([, value]) => value !== undefined);
  return `${start}\r\n${lines.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body}`;
}

const options = (parts: Readonly<Record<string, string | undefined>> = {}, body = '') =>
  invite({ start: 'OPTIONS sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 OPTIONS', ...parts }, body);
const long = (n: number) => 'x'.repeat(n);

/** What is sent, and the status that comes back; `silence` where nothing may. */
const cases: readonly (readonly [string, string, number | 'silence'])[] = [
  ['a whole OPTIONS', options(), 200],
  [
    'folded, blank and compact',
    `OPTIONS sip:ivr@127.0.0.1 SIP/2.0\r\nv :  SIP / 2.0 / UDP 127.0.0.1 : 9 ;branch=z9hG4bKcase;rport\r\nf:\r\n <sip:x@y>;tag=1\r\nt: <sip:ivr@127.0.0.1>\r\ni: c\r\nCSeq:\t1\r\n  OPTIONS\r\nMax-Forwards: 70\r\nl: 0\r\n\r\n`,
    200,
  ],
  ['line ends without CR', options().replaceAll('\r\n', '\n'), 200],
  ['blank lines first', `\r\n\r\n${options()}`, 'silence'],
  ['a method nobody knows', options({ start: 'DANCE sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 DANCE' }), 405],
  ['an odd but legal method', options({ start: "!*%+'~ sip:ivr@127.0.0.1 SIP/2.0", CSeq: "1 !*%+'~" }), 405],
  ['UPDATE outside of a call', options({ start: 'UPDATE sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 UPDATE' }), 405],
  [
    'BYE of no call',
    options({ start: 'BYE sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 BYE', To: '<sip:ivr@127.0.0.1>;tag=z' }),
    481,
  ],
  ['CANCEL of nothing', options({ start: 'CANCEL sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 CANCEL' }), 481],
  [
    'PRACK outside of a call',
    options({ start: 'PRACK sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 PRACK', RAck: '1 1 INVITE' }),
    'silence',
  ],
  [
    'NOTIFY without Event',
    options({ start: 'NOTIFY sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 NOTIFY', To: '<sip:ivr@127.0.0.1>;tag=z' }),
    489,
  ],
  [
    'NOTIFY of nothing asked',
    options({ start: 'NOTIFY sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 NOTIFY', Event: 'refer' }),
    405,
  ],
  [
    'REFER outside of a call',
    options({ start: 'REFER sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 REFER', 'Refer-To': '<sip:z@y>' }),
    405,
  ],
  ['SUBSCRIBE', options({ start: 'SUBSCRIBE sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 SUBSCRIBE', Event: 'presence' }), 480],
  ['REGISTER', options({ start: 'REGISTER sip:127.0.0.1 SIP/2.0', CSeq: '1 REGISTER' }), 405],
  ['ACK of nothing', options({ start: 'ACK sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 ACK' }), 'silence'],
  ['a response to nothing', options({ start: 'SIP/2.0 200 OK' }), 'silence'],
  ['a response with status 999', options({ start: 'SIP/2.0 999 Boo' }), 'silence'],
  ['a response with a status of letters', options({ start: 'SIP/2.0 2xx OK' }), 'silence'],
  ['version 7', options({ start: 'OPTIONS sip:ivr@127.0.0.1 SIP/7.0' }), 505],
  ['HTTP', options({ start: 'GET / HTTP/1.1' }), 400],
  ['no version', options({ start: 'OPTIONS sip:ivr@127.0.0.1' }), 400],
  ['four words in the start line', options({ start: 'OPTIONS sip:ivr@127.0.0.1 ; SIP/2.0' }), 400],
  ['angle brackets around the Request-URI', options({ start: 'OPTIONS <sip:ivr@127.0.0.1> SIP/2.0' }), 400],
  ['a Request-URI with a port of letters', options({ start: 'OPTIONS sip:ivr@127.0.0.1:fifty SIP/2.0' }), 400],
  ['a Request-URI with port 99999', options({ start: 'OPTIONS sip:ivr@127.0.0.1:99999 SIP/2.0' }), 400],
  ['a scheme nobody knows', options({ start: 'OPTIONS mailto:ivr@y SIP/2.0' }), 416],
  ['tel: as Request-URI', options({ start: 'OPTIONS tel:+442079460018 SIP/2.0' }), 200],
  ['somebody else', options({ start: 'OPTIONS sip:ada@127.0.0.1 SIP/2.0' }), 404],
  ['no Via', options({ Via: undefined }), 'silence'],
  ['a Via of noise', options({ Via: '????' }), 'silence'],
  [
    'two Vias in one line',
    options({ Via: 'SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKtwo;rport, SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKone' }),
    200,
  ],
  ['IPv6 in Via', options({ Via: 'SIP/2.0/UDP [2001:db8::9];branch=z9hG4bKsix;rport' }), 200],
  ['a transport nobody knows in Via', options({ Via: 'SIP/2.0/SCTP 127.0.0.1:9;branch=z9hG4bKsctp;rport' }), 200],
  ['a branch that is only the cookie', options({ Via: 'SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK;rport' }), 200],
  ['no branch', options({ Via: 'SIP/2.0/UDP 127.0.0.1:9;rport' }), 200],
  ['no From', options({ From: undefined }), 400],
  ['From without an end', options({ From: '<sip:x@y;tag=1' }), 400],
  ['two To', options({ To: '<sip:ivr@127.0.0.1>\r\nTo: <sip:z@y>' }), 400],
  ['a quoted name with traps', options({ From: '"a\\" <sip:no@no>;tag=9" <sip:x@y>;tag=1' }), 200],
  ['no Call-ID', options({ 'Call-ID': undefined }), 400],
  ['two Call-IDs', options({ 'Call-ID': 'a\r\ni: b' }), 400],
  ['no CSeq', options({ CSeq: undefined }), 400],
  ['CSeq without a number', options({ CSeq: 'OPTIONS' }), 400],
  ['CSeq over 2^31', options({ CSeq: '36893488147419103232 OPTIONS' }), 400],
  ['another method in CSeq', options({ CSeq: '1 INVITE' }), 400],
  ['two CSeq', options({ CSeq: '1 OPTIONS\r\nCSeq: 2 OPTIONS' }), 400],
  ['no Contact in INVITE', invite({ Contact: undefined }), 400],
  ['Contact of noise', invite({ Contact: '<<<>' }), 400],
  ['Require of something unknown', options({ Require: 'telepathy, 100rel' }), 420],
  ['Max-Forwards 0', options({ 'Max-Forwards': '0' }), 200],
  ['a header line without a colon', options({ Subject: 'x\r\nno colon here' }), 400],
  ['a header without a name', options({ Subject: 'x\r\n: empty' }), 400],
  ['names of JavaScript', options({ Subject: 'x\r\n__proto__: x\r\nconstructor: x\r\ntoString: x' }), 200],
  ['NUL bytes', options({ Subject: 'a\0b' }), 200],
  ['bytes that are no UTF-8', options({ Subject: '\xff\xfe' }), 200],
  ['negative Content-Length', options({ 'Content-Length': '-5' }), 400],
  ['Content-Length over the body', options({ 'Content-Length': '500' }), 400],
  ['Content-Length under the body', options({ 'Content-Length': '2' }, 'four'), 200],
  ['two Content-Length', options({ 'Content-Length': '0\r\nContent-Length: 9' }), 400],
  ['headers without an end', options().replace(/\r\n\r\n$/, '\r\n'), 400],
  ['INVITE with SDP that is none', invite({ 'Content-Type': 'application/sdp' }, 'v=1\r\nx'), 488],
  ['INVITE with a body of another type', invite({ 'Content-Type': 'text/plain' }, 'hello'), 415],
  ['Replaces of noise', invite({ Replaces: ';;;' }), 400],
  ['Replaces of no call', invite({ Replaces: 'a@b;to-tag=1;from-tag=2' }), 481],
  ['two Replaces', invite({ Replaces: 'a@b;to-tag=1;from-tag=2\r\nReplaces: c@d;to-tag=1;from-tag=2' }), 481],
  ['Session-Expires of noise', invite({ 'Session-Expires': 'soon;refresher=nobody' }), 200],
  [
    'Session-Expires without end',
    invite({ 'Session-Expires': '99999999999999;refresher=uas', Supported: 'timer' }),
    200,
  ],
  ['Session-Expires of no time', invite({ 'Session-Expires': '-1', Supported: 'timer' }), 200],
  [
    'UPDATE of no call',
    options({ start: 'UPDATE sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 UPDATE', To: '<sip:ivr@127.0.0.1>;tag=z' }),
    481,
  ],
  [
    'PRACK of no call',
    options({
      start: 'PRACK sip:ivr@127.0.0.1 SIP/2.0',
      CSeq: '1 PRACK',
      RAck: 'x y z',
      To: '<sip:ivr@127.0.0.1>;tag=z',
    }),
    481,
  ],
  [
    'MESSAGE',
    options({ start: 'MESSAGE sip:ivr@127.0.0.1 SIP/2.0', CSeq: '1 MESSAGE', 'Content-Type': 'text/plain' }, 'hello'),
    405,
  ],
  ['a header line of 20 KB', options({ Subject: long(20_000) }), 400],
  [
    '40 KB of Via parameters',
    options({ Via: `SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKcase;rport${';a=b'.repeat(10_000)}` }),
    'silence',
  ],
  ['47 KB of Contacts', invite({ Contact: '<sip:a@b>,'.repeat(4700) }), 400],
  ['40 KB of quoted backslashes', options({ From: `"${'\\\\'.repeat(20_000)}" <sip:x@y>;tag=1` }), 400],
  ['60 KB of folding', options({ Subject: `x${'\r\n '.repeat(20_000)}y` }), 400],
  ['20 KB of open parentheses', options({ Subject: '('.repeat(20_000) }), 400],
  ['a thousand headers', options({ 'X-A': `1${'\r\nX-B: 2'.repeat(1000)}` }), 400],
  ['only noise', '\x01\x02\x03\x04 noise', 'silence'],
  ['an empty datagram', '', 'silence'],
  ['only CRLF', '\r\n\r\n', 'silence'],
];

/** Sends one datagram from a fresh port, then a good OPTIONS; what comes back before the answer to that belongs to the case. */
async function probed(port: number, text: string): Promise<number | 'silence'> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const statuses: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('message', (data) => {
    if (String(data).includes('CSeq: 77 OPTIONS')) resolve();
    else statuses.push(Number(/^SIP\/2\.0 (\d+)/.exec(String(data))?.[1]));
  });
  const id = Math.random().toString(36).slice(2);
  const wake = options({
    Via: `SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKwake${id};rport`,
    'Call-ID': `wake${id}`,
    CSeq: '77 OPTIONS',
  });
  for (const one of [
    Buffer.from(text.replace('z9hG4bKcase', `z9hG4bKcase${id}`).replace('case@y', id), 'latin1'),
    wake,
  ])
    await new Promise((sent) => socket.send(one, port, '127.0.0.1', sent));
  await promise;
  socket.close();
  return statuses[0] ?? 'silence';
}

test('hostile and malformed messages: each gets its status or silence, none stops the agent', async () => {
  await using ivr = await persona({ user: 'ivr' });
  ivr.agent.answer(talkedParley, (leg) => {
    try {
      leg.answer();
    } catch {
      // the leg has answered 415 or 488
    }
  });
  const told: [string, number | 'silence'][] = [];
  for (const [name, text] of cases) told.push([name, await probed(ivr.agent.local.port, text)]);
  expect(told).toEqual(cases.map(([name, , status]) => [name, status]));
  expect(cases.length).toBeGreaterThan(67);
});

test('the longest messages cost little', () => {
  const costs = cases.map(([name, text]) => {
    const before = process.cpuUsage();
    readMessage(text);
    const { user, system } = process.cpuUsage(before);
    return [name, (user + system) / 1000] as const;
  });
  expect(costs.filter(([, ms]) => ms > 50)).toEqual([]);
});

test('normal form: names, folding, lists', () => {
  const read = readMessage(options({ 'Record-Route': '<sip:a;lr>, <sip:b;lr>', s: 'folded\r\n  twice' }));
  expect(read.kind).toBe('request');
  if (read.kind !== 'request') return;
  expect(header(read, 'subject')).toBe('folded twice');
  expect(read.headers.filter(({ name }) => name === 'record-route').map(({ value }) => value)).toEqual([
    '<sip:a;lr>',
    '<sip:b;lr>',
  ]);
});
