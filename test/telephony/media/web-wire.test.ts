import dns from 'node:dns';
import { expect, test, vi } from 'vitest';
import { readRtp, writeRtp } from '../../../telephony/media/rtp.ts';
import { readSession } from '../../../telephony/media/sdp.ts';
import { withDefault } from '../../../telephony/media/web-sdp.ts';
import { WebWire } from '../../../telephony/media/web-wire.ts';

/** Names that are looked up while an offer is made. */
async function asked(servers: readonly { readonly urls: string }[]): Promise<readonly unknown[]> {
  using looked = vi.spyOn(dns.promises, 'lookup');
  const wire = new WebWire({ host: '127.0.0.1', servers, codecs: ['PCMU'], ssrc: 7, trouble: () => undefined });
  expect(await wire.offer()).toContain('a=candidate');
  await wire.close();
  return looked.mock.calls.map(([name]) => name);
}

test('only the STUN server that is named is asked for our address, and nobody where none is', async () => {
  expect(await asked([{ urls: 'stun:localhost:9' }])).toContain('localhost');
  expect(await asked([])).toEqual([]);
});

const wire = () => new WebWire({ host: '127.0.0.1', servers: [], codecs: ['PCMU'], ssrc: 7, trouble: () => undefined });

test('offer and answer have the one candidate that faces the peer, and name it as where sound goes, not 0.0.0.0, which is hold to some', async () => {
  const wire = () =>
    new WebWire({ host: '127.0.0.1', servers: [], codecs: ['PCMU'], ssrc: 7, trouble: () => undefined });
  const [caller, callee] = [wire(), wire()];
  const offer = await caller.offer();
  const answer = await callee.answer(offer);
  for (const sdp of [offer, answer]) {
    expect(sdp.match(/^a=candidate:/gm)).toHaveLength(1);
    const { host, port } = readSession(sdp).audio ?? {};
    expect(host).toBe('127.0.0.1');
    expect(sdp).toMatch(new RegExp(`^a=candidate:.* 127\\.0\\.0\\.1 ${port} typ host`, 'm'));
    expect(sdp).toContain(`a=rtcp:${port} IN IP4 127.0.0.1`);
  }
  await caller.close();
  await callee.close();
});

/** As FreeSWITCH writes it: no names of `m=` lines, and no word of what is the default. */
const terse = (sdp: string) => sdp.replaceAll(/^a=(?:mid:|group:BUNDLE |sendrecv).*\r?\n/gm, '');

test('sound comes through where neither offer nor answer names its m= line or a direction', async () => {
  const [caller, callee] = [wire(), wire()];
  const answer = await callee.answer(terse(await caller.offer()));
  expect(answer).not.toContain('a=mid:');
  expect(readSession(answer).audio?.direction).toBe('sendrecv');
  expect(answer).toMatch(/^a=sendrecv/m);
  await caller.accept(terse(answer));
  const came = Promise.withResolvers<Uint8Array>();
  callee.pair.rtp.on('message', came.resolve);
  const packet = { payloadType: 0, marker: false, timestamp: 0, ssrc: 7, payload: new Uint8Array(160) };
  let sequence = 0;
  const pace = setInterval(() => caller.pair.rtp.send(writeRtp({ ...packet, sequence: sequence++ }), 9, ''), 20);
  expect(readRtp(await came.promise)?.ssrc).toBe(7);
  clearInterval(pace);
  await caller.close();
  await callee.close();
});

test('the default candidate is the relayed one where there is one', () => {
  const candidates = [
    'a=candidate:a 1 udp 2130706431 10.0.0.9 5000 typ host',
    'a=candidate:b 1 udp 2130706430 10.0.0.7 5001 typ host',
    'a=candidate:c 1 udp 1694498815 203.0.113.7 6000 typ srflx raddr 10.0.0.7 rport 5001',
    'a=candidate:d 1 udp 16777215 2001:db8::7 7000 typ relay raddr 10.0.0.7 rport 5001',
  ];
  const named = (count: number) =>
    withDefault(
      ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 0', 'c=IN IP4 0.0.0.0', ...candidates.slice(0, count), ''].join('\r\n'),
      '10.0.0.7',
    ).split('\r\n');
  expect(named(0)).toContain('c=IN IP4 0.0.0.0');
  expect(named(2)).toEqual(expect.arrayContaining(['m=audio 5001 UDP/TLS/RTP/SAVPF 0', 'c=IN IP4 10.0.0.7']));
  expect(named(3)).toEqual(expect.arrayContaining(['m=audio 6000 UDP/TLS/RTP/SAVPF 0', 'c=IN IP4 203.0.113.7']));
  expect(named(4)).toEqual(expect.arrayContaining(['m=audio 7000 UDP/TLS/RTP/SAVPF 0', 'c=IN IP6 2001:db8::7']));
});
