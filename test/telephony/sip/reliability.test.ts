import { expect, test } from 'vitest';
import { Alarms } from '../../../telephony/sip/alarms.ts';
import type { Flow } from '../../../telephony/sip/flow.ts';
import { readMessage, type SipRequest, type SipResponse } from '../../../telephony/sip/message.ts';
import { Reliability } from '../../../telephony/sip/reliability.ts';
import { HandClock } from '../../kit/hand-clock.ts';

const request = (method: string, branch = 'z9hG4bKabc', host = '10.0.0.1') =>
  readMessage(
    `${method} sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP ${host};branch=${branch}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: x\r\nCSeq: 7 ${method}\r\nContent-Length: 0\r\n\r\n`,
  ) as SipRequest;
const response = (status: number, method: string, tag = 't') =>
  readMessage(
    `SIP/2.0 ${status} Whatever\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKabc\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:bob@example.com>;tag=${tag}\r\nCall-ID: x\r\nCSeq: 7 ${method}\r\nContent-Length: 0\r\n\r\n`,
  ) as SipResponse;

function stage(transport: 'udp' | 'tcp' = 'udp') {
  const clock = new HandClock();
  const start = clock.now();
  const sent: [number, string][] = [];
  const flow: Flow = {
    transport,
    local: { host: '10.0.0.1', port: 5060 },
    remote: { host: '10.0.0.2', port: 5060 },
    alive: true,
    send: (text) => sent.push([clock.now() - start, text]),
  };
  const alarms = new Alarms(clock);
  const reliability = new Reliability(alarms, { repeated: () => {} });
  return { clock, sent, flow, reliability, alarms, times: () => sent.map(([at]) => at) };
}

test('an INVITE is repeated at T1, 2·T1 ... until 64·T1 (timers A and B)', async () => {
  const { clock, flow, reliability, times } = stage();
  reliability.requestOut(request('INVITE'), 'INVITE', flow);
  await clock.forward(40_000);
  expect(times()).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
  expect(reliability.counters).toEqual({ repeated: 6, absorbed: 0, timeouts: 1 });
  await clock.forward(40_000);
  expect(reliability.size).toBe(0);
});

test('other requests are repeated at most every T2 (timer E), every T2 after 1xx', async () => {
  const { clock, flow, reliability, times } = stage();
  reliability.requestOut(request('BYE'), 'BYE', flow);
  await clock.forward(1000);
  expect(reliability.responseIn(response(100, 'BYE'))).toBe(true);
  await clock.forward(10_000);
  expect(times()).toEqual([0, 500, 1500, 5500, 9500]);
  expect(reliability.responseIn(response(200, 'BYE'))).toBe(true);
  await clock.forward(60_000);
  expect(times()).toHaveLength(5);
  expect(reliability.size).toBe(0);
});

test('a provisional response stops the INVITE, a repeated refusal gets our ACK again (timer D)', async () => {
  const { clock, sent, flow, reliability } = stage();
  reliability.requestOut(request('INVITE'), 'INVITE', flow);
  reliability.responseIn(response(180, 'INVITE'));
  await clock.forward(5000);
  expect(sent).toHaveLength(1);
  expect(reliability.responseIn(response(486, 'INVITE'))).toBe(true);
  reliability.requestOut({ ...request('ACK'), to: response(486, 'INVITE').to }, 'ACK', flow);
  expect(reliability.responseIn(response(486, 'INVITE'))).toBe(false);
  expect(sent.map(([, text]) => text)).toEqual(['INVITE', 'ACK', 'ACK']);
});

test('a repeated 200 to INVITE gets the ACK of its branch, a second answerer is shown', () => {
  const { sent, flow, reliability } = stage();
  reliability.requestOut(request('INVITE'), 'INVITE', flow);
  expect(reliability.responseIn(response(200, 'INVITE', 'one'))).toBe(true);
  const ack = { ...request('ACK', 'z9hG4bKother'), to: response(200, 'INVITE', 'one').to };
  reliability.requestOut(ack, 'ACK one', flow);
  expect(reliability.responseIn(response(200, 'INVITE', 'one'))).toBe(false);
  expect(reliability.responseIn(response(200, 'INVITE', 'two'))).toBe(true);
  expect(sent.map(([, text]) => text)).toEqual(['INVITE', 'ACK one', 'ACK one']);
});

test('a request that comes twice is shown once and answered twice', () => {
  const { sent, flow, reliability } = stage();
  expect(reliability.requestIn(request('INVITE'), flow)).toBe(true);
  expect(reliability.requestIn(request('INVITE'), flow)).toBe(false);
  expect(reliability.responseOut(response(180, 'INVITE'), '180', flow)).toBe(false);
  expect(reliability.requestIn(request('INVITE'), flow)).toBe(false);
  expect(sent.map(([, text]) => text)).toEqual(['180', '180']);
  expect(reliability.requestIn(request('INVITE', 'z9hG4bKabc', '10.0.0.9'), flow), 'another sent-by').toBe(true);
});

test('our refusal is repeated until the ACK, at most 64·T1 (timers G and H)', async () => {
  const { clock, flow, reliability, times } = stage();
  reliability.requestIn(request('INVITE'), flow);
  reliability.responseOut(response(486, 'INVITE'), '486', flow);
  await clock.forward(4000);
  expect(times()).toEqual([0, 500, 1500, 3500]);
  expect(reliability.requestIn(request('ACK'), flow)).toBe(true);
  await clock.forward(60_000);
  expect(times()).toHaveLength(4);
  expect(reliability.size).toBe(0);
});

test('nothing is repeated over TCP, and nothing is remembered for ever', async () => {
  const { clock, flow, reliability, times } = stage('tcp');
  reliability.requestOut(request('INVITE'), 'INVITE', flow);
  reliability.requestIn(request('BYE', 'z9hG4bKin'), flow);
  await clock.forward(190_000);
  expect(times()).toEqual([0]);
  expect(reliability.size).toBe(0);
});

test('RFC 2543: a branch without the cookie matches by Call-ID, CSeq, From tag and Via', () => {
  const { flow, reliability } = stage();
  expect(reliability.requestIn(request('OPTIONS', '1'), flow)).toBe(true);
  expect(reliability.requestIn(request('OPTIONS', '1'), flow)).toBe(false);
  expect(reliability.requestIn(request('OPTIONS', 'z9hG4bK'), flow)).toBe(true);
  expect(reliability.requestIn({ ...request('OPTIONS', 'z9hG4bK'), cseq: 8 }, flow)).toBe(true);
});

test('thousands of alarms ring in order, cancelled ones do not', async () => {
  const { clock, alarms } = stage();
  const rung: number[] = [];
  const stops = Array.from({ length: 4000 }, (_, i) =>
    alarms.after((i * 7919) % 4000, () => rung.push((i * 7919) % 4000)),
  );
  for (let i = 0; i < 4000; i += 2) stops[i]?.();
  expect(alarms.pending).toBe(2000);
  await clock.forward(5000);
  expect(rung).toHaveLength(2000);
  expect(rung).toEqual(rung.toSorted((a, b) => a - b));
});
