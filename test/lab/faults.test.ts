import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Event, Finding } from '../../core/event.ts';
import { type FaultName, faultTable } from '../../lab/faults.ts';
import { compose } from '../../runners/compose.ts';
import { memoryOf } from '../../runners/memory.ts';
import { once, pick } from '../../runners/once.ts';

const store = mkdtempSync(join(tmpdir(), 'throughline-lab-'));
afterAll(() => rmSync(store, { recursive: true, force: true }));

const journeys = {
  hours: 'journeys/chat/opening-hours.yaml',
  dispute: 'journeys/billing/disputed-charge-chat.yaml',
  web: 'journeys/billing/dispute-on-the-web.yaml',
  signIn: 'journeys/web/sign-in-and-balance.yaml',
  handOff: 'journeys/web/hand-off.yaml',
  balance: 'journeys/voice/balance-by-phone.yaml',
  phone: 'journeys/voice/disputed-charge-by-phone.yaml',
} as const;

/** Fault, journey, and everything that is blamed: `step layer status`, sorted. */
const table: readonly (readonly [`${FaultName}${'' | `=${string}`}`, keyof typeof journeys, readonly string[]])[] = [
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
  ['phone.busy', 'balance', ['answered sip failed']],
  ['phone.down', 'balance', ['answered sip failed']],
  ['phone.no-answer', 'balance', ['answered sip failed']],
  ['phone.no-ringing', 'balance', ['answered sip failed']],
  ['phone.slow-answer=4s', 'balance', ['answered sip degraded']],
  ['network.no-media', 'balance', ['line network failed']],
  ['ivr.closed', 'balance', ['greeted ivr failed']],
  ['ivr.silent-prompt', 'balance', ['greeted ivr failed']],
  ['ivr.wrong-prompt', 'balance', ['menu ivr failed']],
  ['ivr.changed-prompt', 'balance', ['menu ivr failed']],
  ['ivr.deaf', 'balance', ['account-number ivr failed']],
  ['crm.loses-case', 'phone', ['case-in-crm crm failed']],
  ['routing.no-agent', 'phone', ['agent-answers routing failed']],
  ['routing.wrong-queue', 'phone', ['queue routing failed']],
  ['routing.drops-call', 'phone', ['agent-answers routing failed']],
  ['desk.late-pop=8s', 'phone', ['screen-pop desk degraded']],
  ['desk.wrong-customer', 'phone', ['right-customer desk failed']],
];

/** Walks journeys through a lab of their own; resolves to what was found and how the run ended. */
async function walked(faults: Readonly<Record<string, string>>, paths: readonly string[]) {
  const findings: Finding[] = [];
  const on = (event: Event) => {
    if (event.type === 'finding') findings.push(event.finding);
  };
  const listening = { on, [Symbol.asyncDispose]: async () => {} };
  await using house = await compose({ cwd: process.cwd(), faults, live: true });
  const place = { ...house, store };
  await using memory = await memoryOf(place);
  const never = new AbortController().signal;
  const ended = await once(place, await pick(house, paths, []), {
    wanted: { jobs: 2, repeat: 1, strict: false, failFast: false, seed: 1 },
    around: { memory, interrupt: never, abandon: never, reporters: new Map([['test', listening]]), commit: {} },
  });
  return { findings, walks: ended.walks };
}

const blamed = (findings: readonly Finding[]) =>
  findings.map(({ step, layer, status }) => `${step} ${layer} ${status}`).sort();

test('a healthy lab: every journey that ships passes, nothing is blamed', async () => {
  const { findings, walks } = await walked({}, []);
  expect(findings).toEqual([]);
  expect(walks).toMatchObject({ passed: 10, degraded: 0, failed: 0, broken: 0 });
});

describe.concurrent('a fault shows where it is, and nobody else is blamed', () => {
  test.each(table)('%s in %s', async (fault, journey, expected) => {
    const [name = '', value = ''] = fault.split('=');
    const { findings } = await walked({ [name]: value }, [journeys[journey]]);
    expect(blamed(findings)).toEqual(expected);
    expect(findings.every(({ owner, sentence }) => owner !== '' && sentence !== '')).toBe(true);
  });
});

test('every fault stands in the table, with the layer that the lab says', () => {
  const layers = faultTable.map(({ name, layer }) => [name, layer]);
  const told = new Map(table.map(([fault, , steps]) => [fault.split('=')[0], steps[0]?.split(' ')[1]]));
  expect([...told].toSorted()).toEqual(layers.toSorted());
});
