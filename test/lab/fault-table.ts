import type { FaultName } from '../../lab/faults.ts';

/** Journeys by the names that the tables use. */
export const paths = {
  hours: 'journeys/chat/opening-hours.yaml',
  dispute: 'journeys/billing/disputed-charge-chat.yaml',
  web: 'journeys/billing/dispute-on-the-web.yaml',
  signIn: 'journeys/web/sign-in-and-balance.yaml',
  handOff: 'journeys/web/hand-off.yaml',
  balance: 'journeys/voice/balance-by-phone.yaml',
  message: 'journeys/voice/message-after-transfer.yaml',
  phone: 'journeys/voice/disputed-charge-by-phone.yaml',
} as const;

/** Fault, journey, and everything that is blamed: `step layer status`, sorted. */
type Row = readonly [`${FaultName}${'' | `=${string}`}`, keyof typeof paths, readonly string[]];

export const writtenTable: readonly Row[] = [
  ['crm.slow=4s', 'dispute', ['case-in-crm crm degraded']],
  ['crm.loses-case', 'dispute', ['case-in-crm crm failed']],
  ['crm.duplicates-case', 'dispute', ['case-in-crm crm failed']],
  ['crm.down', 'dispute', ['case-in-crm crm failed']],
  ['bot.silent', 'hours', ['hours bot failed']],
  ['bot.silent', 'dispute', ['acknowledged bot failed']],
  ['bot.slow-first-token=4s', 'hours', ['hours bot degraded']],
  ['bot.slow-first-token=4s', 'dispute', ['acknowledged bot degraded']],
  ['bot.wrong-answer', 'hours', ['hours bot failed']],
  ['bot.wrong-answer', 'dispute', ['acknowledged bot failed']],
  ['bot.repeats', 'hours', ['tidy bot failed']],
  ['bot.out-of-order', 'hours', ['tidy bot failed']],
  ['routing.no-agent', 'handOff', ['joined routing failed', 'put-through routing failed']],
  ['widget.broken', 'handOff', ['widget web failed']],
  ['site.slow=4s', 'web', ['charge-opened web degraded']],
  ['sign-in.broken=refused', 'signIn', ['sign-in/signed-in identity failed']],
  ['sign-in.broken=500', 'signIn', ['sign-in/signed-in identity failed']],
  ['desk.wrong-customer', 'dispute', ['right-customer desk failed']],
  ['desk.wrong-customer', 'handOff', ['right-customer desk failed']],
];

export const spokenTable: readonly Row[] = [
  ['phone.busy', 'balance', ['answered sip failed']],
  ['phone.down', 'balance', ['answered sip failed']],
  ['phone.no-answer', 'balance', ['answered sip failed']],
  ['phone.no-ringing', 'balance', ['answered sip failed']],
  ['phone.slow-answer=4s', 'balance', ['answered sip degraded']],
  ['network.no-media', 'balance', ['line network failed']],
  ['network.one-way', 'balance', ['line network failed']],
  ['network.loss', 'balance', ['sound network failed']],
  ['network.robotic', 'balance', ['sound network failed']],
  ['ivr.closed', 'balance', ['greeted ivr failed']],
  ['ivr.hours=sunday', 'balance', ['greeted ivr failed']],
  ['ivr.hours=weekday', 'balance', []],
  ['ivr.silent-prompt', 'balance', ['greeted ivr failed']],
  ['ivr.wrong-prompt', 'balance', ['menu ivr failed']],
  ['ivr.changed-prompt', 'balance', ['menu ivr failed']],
  ['ivr.deaf', 'balance', ['account-number ivr failed']],
  ['crm.loses-case', 'phone', ['case-in-crm crm failed']],
  ['routing.no-agent', 'phone', ['agent-answers routing failed']],
  ['routing.wrong-queue', 'phone', ['queue routing failed']],
  ['routing.drops-call', 'phone', ['agent-answers routing failed']],
  ['routing.transfer-fails', 'message', ['transferred routing failed']],
  ['desk.late-pop=8s', 'phone', ['screen-pop desk degraded']],
  ['desk.wrong-customer', 'phone', ['right-customer desk failed']],
];
