import { expect, test } from 'vitest';
import { answerOffer, type OurAudio, readAnswer, writeOffer } from '../../../telephony/media/offer.ts';
import { readSession } from '../../../telephony/media/sdp.ts';

const our: OurAudio = { host: '127.0.0.1', port: 40_000, codecs: ['PCMU', 'PCMA'], session: { id: 5, version: 1 } };
const theirs = (...lines: string[]) =>
  ['v=0', 'o=pbx 9 9 IN IP4 10.0.0.9', 's=x', 'c=IN IP4 10.0.0.9', 't=0 0', ...lines, ''].join('\r\n');
const plain = theirs('m=audio 30000 RTP/AVP 8 0 96', 'a=rtpmap:96 telephone-event/8000');

test('an offer says what we have', () => {
  expect(writeOffer(our).replaceAll('\r', '')).toMatchInlineSnapshot(`
    "v=0
    o=- 5 1 IN IP4 127.0.0.1
    s=-
    c=IN IP4 127.0.0.1
    t=0 0
    m=audio 40000 RTP/AVP 0 8 101
    a=rtpmap:0 PCMU/8000
    a=rtpmap:8 PCMA/8000
    a=rtpmap:101 telephone-event/8000
    a=fmtp:101 0-15
    a=ptime:20
    a=sendrecv
    "
  `);
  expect(() => writeOffer({ ...our, codecs: ['SPEEX'] })).toThrow('codec SPEEX cannot be offered over plain RTP');
});

test('an offer is answered with its payload numbers, our order and its digits', () => {
  const { sdp, target } = answerOffer(plain, our);
  expect(sdp).toContain('m=audio 40000 RTP/AVP 0 8 96\r\n');
  expect(target).toMatchObject({ host: '10.0.0.9', port: 30_000, rtcpPort: 30_001, digits: 96, ptime: 20 });
  expect(target.codec.name).toBe('PCMU');
  expect(target.direction).toBe('sendrecv');
  expect(answerOffer(theirs('m=audio 30000 RTP/AVP 0'), our).sdp).not.toContain('telephone-event');
});

test.each([
  ['sendrecv', undefined, 'sendrecv'],
  ['sendonly', undefined, 'recvonly'],
  ['recvonly', undefined, 'sendonly'],
  ['inactive', undefined, 'inactive'],
  ['sendrecv', 'sendonly', 'sendonly'],
  ['sendonly', 'sendonly', 'inactive'],
] as const)('offered %s, and we want %s: we answer %s', (offered, direction, answered) => {
  const { sdp, target } = answerOffer(plain + `a=${offered}\r\n`, { ...our, direction });
  expect(sdp).toContain(`a=${answered}\r\n`);
  expect(target.direction).toBe(answered);
});

test('the address 0.0.0.0 is hold of the old style', () => {
  expect(answerOffer(plain.replace('c=IN IP4 10.0.0.9', 'c=IN IP4 0.0.0.0'), our).target.direction).toBe('recvonly');
});

test('every m= line is answered in order, those not ours with port 0', () => {
  const offer = theirs(
    'm=video 4000 RTP/AVP 99',
    'a=rtpmap:99 H264/90000',
    'm=audio 5000 RTP/AVP 0',
    'm=audio 0 RTP/AVP 0',
  );
  const { sdp } = answerOffer(offer, our);
  expect(sdp.match(/^m=.*$/gm)).toEqual(['m=video 0 RTP/AVP 99', 'm=audio 40000 RTP/AVP 0', 'm=audio 0 RTP/AVP 0']);
});

test('an answer chooses codec, address of its own line, rtcp and direction', () => {
  const answer = theirs('m=audio 7000 RTP/AVP 8', 'c=IN IP4 10.0.0.7', 'a=rtcp:7777', 'a=recvonly', 'a=ptime:30');
  expect(readAnswer(answer, our)).toEqual({
    host: '10.0.0.7',
    port: 7000,
    rtcpPort: 7777,
    mux: false,
    codec: { name: 'PCMA', payload: 8, rate: 8000 },
    accept: [{ name: 'PCMA', payload: 8, rate: 8000 }],
    ptime: 30,
    direction: 'sendonly',
  });
});

test('SRTP needs the same suite on both sides', () => {
  const crypto = { tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key: 'b3Vycw==' };
  const offer = theirs('m=audio 5000 RTP/SAVP 0', 'a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:dGhlaXJz|2^20');
  const { sdp, target } = answerOffer(offer, { ...our, crypto });
  expect(sdp).toContain('m=audio 40000 RTP/SAVP 0\r\n');
  expect(sdp).toContain('a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:b3Vycw==');
  expect(target.crypto).toEqual({
    ours: { ...crypto, tag: 4 },
    theirs: { tag: 4, suite: 'AES_CM_128_HMAC_SHA1_80', key: 'dGhlaXJz' },
  });
  expect(() => answerOffer(offer, our)).toThrow('the offer wants SRTP with AES_CM_128_HMAC_SHA1_80, ours is none');
  expect(() => readAnswer(plain, { ...our, crypto })).toThrow('does not take our SRTP (no suite)');
});

test.each([
  ['', 'malformed', 'SDP begins with "", not v=0'],
  [theirs('m=video 1 RTP/AVP 99'), 'no-audio', 'the offer has no audio line'],
  [theirs('m=audio 0 RTP/AVP 0'), 'refused', 'the offer has audio only with port 0 or without RTP'],
  [theirs('m=audio x RTP/AVP 0'), 'malformed', 'SDP line "m=audio x RTP/AVP 0" has no port'],
  [plain.replace('c=IN IP4 10.0.0.9\r\n', ''), 'malformed', 'SDP has no c= line for its audio'],
  [
    theirs('m=audio 5000 RTP/AVP 18 97', 'a=rtpmap:18 G729/8000', 'a=rtpmap:97 opus/48000/2'),
    'no-common-codec',
    'no codec in common: theirs are G729/8000, OPUS/48000; ours are PCMU, PCMA',
  ],
])('%j is refused in plain words', (offer, why, message) => {
  expect(() => answerOffer(offer, our)).toThrow(expect.objectContaining({ why, message }));
});

test('hostile SDP is read or refused, never more', () => {
  const many = theirs(...Array.from({ length: 40 }, () => 'm=audio 1 RTP/AVP 0'));
  expect(() => readSession(many)).toThrow('over 32 m= lines');
  const odd = theirs('m=audio 5000 RTP/AVP 0 999 -1 x', 'a=ptime:-3', 'a=rtcp:99999', 'a=rtpmap:nonsense', 'a=crypto:');
  expect(readSession(odd).audio).toMatchObject({ codecs: [{ payload: 0 }], rtcpPort: 5001, cryptos: [] });
});

const browser = theirs(
  'm=audio 30000 RTP/AVP 96 9 8 13 97 98',
  'a=rtpmap:96 opus/48000/2',
  'a=fmtp:96 useinbandfec=1',
  'a=rtpmap:97 telephone-event/48000',
  'a=rtpmap:98 telephone-event/8000',
  'a=ptime:30',
);

test('Opus and G.722 have clocks of their own, and telephone-event has that of the sound beside it', () => {
  const wide = { ...our, codecs: ['OPUS', 'G722', 'PCMU'] };
  const offered = writeOffer(wide);
  expect(offered).toContain('m=audio 40000 RTP/AVP 111 9 0 101 110\r\na=rtpmap:111 opus/48000/2\r\n');
  expect(offered).toContain('a=rtpmap:9 G722/8000\r\n');
  expect(offered).toContain('a=rtpmap:110 telephone-event/48000\r\n');
  const { sdp, target } = answerOffer(browser, wide);
  expect(sdp).toContain('m=audio 40000 RTP/AVP 96 9 97 98\r\n');
  expect(target).toMatchObject({ codec: { name: 'OPUS', payload: 96 }, digits: 97, digitsRate: 48_000, ptime: 20 });
  const narrow = answerOffer(browser, { ...our, codecs: ['PCMA', 'OPUS'] }).target;
  expect(narrow).toMatchObject({ codec: { name: 'PCMA' }, digits: 98, digitsRate: 8000, ptime: 30 });
  expect(narrow.events).toHaveLength(2);
});

test('digits at 8 kHz beside Opus alone are taken as they are', () => {
  const offer = browser.replace('a=rtpmap:97 telephone-event/48000\r\n', '');
  const { target, sdp } = answerOffer(offer, { ...our, codecs: ['OPUS'] });
  expect(target).toMatchObject({ digits: 98, digitsRate: 8000 });
  expect(sdp).toContain('a=rtpmap:98 telephone-event/8000');
});

test('Opus with one channel in its name or another clock is none (RFC 7587)', () => {
  expect(() => answerOffer(browser.replace('opus/48000/2', 'opus/16000'), { ...our, codecs: ['OPUS'] })).toThrow(
    'no codec in common: theirs are OPUS/16000, G722/8000, PCMA/8000; ours are OPUS',
  );
});
