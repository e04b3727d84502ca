import { expect, test } from 'vitest';
import { Claims, sameNumber } from '../../drivers/voice/claims.ts';
import { readMessage, type SipRequest } from '../../telephony/sip/message.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const ours = { walk: '1-1', traceparent: `00-${trace}-b7ad6b7169203331-01` };

function invite(from: string, ...lines: string[]): SipRequest {
  const head = ['INVITE sip:alice@x SIP/2.0', 'Via: SIP/2.0/UDP x;branch=z9hG4bK1', `From: <sip:${from}@x>;tag=1`];
  const rest = ['To: <sip:alice@x>', 'Call-ID: c', 'CSeq: 1 INVITE', ...lines];
  return readMessage(`${[...head, ...rest].join('\r\n')}\r\n\r\n`) as SipRequest;
}

test('a call is claimed by mark, then trace, then data, then number', () => {
  const claims = new Claims();
  claims.made('1-1', { caller: '+442079460018', data: '00Ab;encoding=hex' });
  claims.made('1-2', { caller: '1001', data: '00ff' });
  const claim = (from: string, ...lines: string[]) => claims.of(invite(from, ...lines), ours);
  expect(claim('1001', 'X-Synthetic-Journey: a; run=1; walk=1-1')).toBe('ours');
  expect(claim('+442079460018', 'X-Synthetic-Journey: a; run=1; walk=1-2')).toBe('theirs');
  expect(claim('1001', `traceparent: 00-${trace}-0000000000000001-00`)).toBe('ours');
  expect(claim('1001', 'User-to-User: 00ab')).toBe('ours');
  expect(claim('02079460018', 'User-to-User: 00FF;encoding=hex')).toBe('theirs');
  expect(claim('02079460018')).toBe('ours');
  expect(claim('anonymous', 'P-Asserted-Identity: "Ada" <tel:+442079460018>')).toBe('ours');
  expect(claim('1001')).toBe('theirs');
  expect(claim('7777')).toBe('unknown');
  claims.made('1-3', { caller: '+442079460018' });
  expect(claim('02079460018')).toBe('unknown');
  claims.forget('1-3');
  expect(claim('02079460018')).toBe('ours');
});

test('who waits alone at a phone', () => {
  const claims = new Claims();
  claims.waits('1-1', 'agents/alice');
  expect(claims.alone('1-1', 'agents/alice')).toBe(true);
  claims.waits('1-2', 'agents/alice');
  expect(claims.alone('1-1', 'agents/alice')).toBe(false);
  claims.forget('1-2');
  expect(claims.alone('1-1', 'agents/alice')).toBe(true);
  expect(claims.alone('1-1', 'agents/nobody')).toBe(true);
});

test('one number, written in three ways; short ones are what they are', () => {
  expect(sameNumber('+44 20 7946 0018', '02079460018')).toBe(true);
  expect(sameNumber('1001', '91001')).toBe(false);
  expect(sameNumber('alice', 'alice')).toBe(true);
});
