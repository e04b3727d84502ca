import { z } from 'zod';
import { SpecError } from '../core/errors.ts';
import type { Guard } from '../core/guard.ts';
import { memo } from '../core/memo.ts';

/** Without any rule only this machine may be contacted. */
const loopback = ['127.0.0.1', 'localhost', '[::1]', '*@127.0.0.1', '*@localhost'];

const hours = z.string().regex(/^([01]\d|2[0-4]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$/, 'expected hours as 08:00-20:00');

export const guardSettings = z.strictObject({
  targets: z
    .array(z.string())
    .default(loopback)
    .describe('hosts, domains (*.acme.test), numbers (+442079460*) and SIP addresses that may be contacted'),
  calls: z.number().int().positive().default(10_000).describe('most calls a day'),
  atOnce: z.number().int().positive().default(500).describe('most calls at once in one run'),
  minutes: z.number().positive().default(50_000).describe('most minutes of calls a day'),
  messages: z.number().int().positive().default(100_000).describe('most chat messages a day'),
  hours: hours.optional().describe('when walks may run, in the zone of the place'),
  digits: z
    .array(z.string())
    .default([])
    .describe('digits that may never be sent: a queue of the emergency desk, a code that erases'),
  kill: z.boolean().default(false).describe('true: nothing is dialled at all'),
});

type Rules = z.infer<typeof guardSettings>;

/** What the guard counts with: the store's counters in a run, so that a day's limit holds across processes. */
export interface Counter {
  /** Adds to the day's sum, by default one, and returns it. */
  count(kind: 'call' | 'message' | 'second', amount?: number): number;
}

/** Do no harm: throws SpecError before a packet leaves. `zone` is the IANA zone of the hours. */
export function guardOf(
  rules: Rules,
  counter: Counter,
  place: { readonly now: () => number; readonly zone: string },
): Guard {
  const patterns = rules.targets.map(patternOf);
  const awake = () => refuseAsleep(rules, place);
  let atOnce = 0;
  return {
    target: (target) => {
      awake();
      const names = namesOf(target);
      if (names.some((name) => patterns.some((pattern) => pattern.test(name)))) return;
      const hint = `allowed here: ${rules.targets.join(', ')}; add it to \`guard.targets\` in the configuration of this place`;
      throw new SpecError(`the guard does not allow ${target}`, hint);
    },
    spend: (kind) => {
      awake();
      const sum = counter.count(kind);
      if (sum > rules.messages)
        throw new SpecError(`${sum - 1} messages today: the guard allows ${rules.messages} a day`, see('messages'));
    },
    call: () => {
      awake();
      const minutes = counter.count('second', 0) / 60;
      if (atOnce >= rules.atOnce)
        throw new SpecError(`${atOnce} calls at once: the guard allows no more`, see('atOnce'));
      if (minutes >= rules.minutes)
        throw new SpecError(
          `${Math.floor(minutes)} minutes of calls today: the guard allows ${rules.minutes} a day`,
          see('minutes'),
        );
      const sum = counter.count('call');
      if (sum > rules.calls)
        throw new SpecError(`${sum - 1} calls today: the guard allows ${rules.calls} a day`, see('calls'));
      const from = place.now();
      atOnce += 1;
      let over = false;
      return {
        [Symbol.dispose]: () => {
          if (over) return;
          over = true;
          atOnce -= 1;
          counter.count('second', Math.ceil((place.now() - from) / 1000));
        },
      };
    },
    digits: (digits) => {
      const hit = rules.digits.find((forbidden) => digits.includes(forbidden));
      if (hit)
        throw new SpecError(
          `the guard forbids sending the digits ${hit}`,
          'see `guard.digits` in the configuration of this place',
        );
    },
  };
}

const see = (key: string) => `see \`guard.${key}\` in the configuration of this place`;

/** Throws SpecError while nothing at all may be contacted: the kill switch, or the hours. */
export function refuseAsleep({ kill, hours: span }: Rules, { now, zone }: { now(): number; zone: string }): void {
  if (kill)
    throw new SpecError(
      'the kill switch is on: nothing is contacted',
      'set `guard.kill: false` in the configuration of this place',
    );
  if (span && !within(span, now(), zone))
    throw new SpecError(`it is outside the guard's hours ${span} (${zone})`, see('hours'));
}

/** Forms under which a target may be allowed: host of a URL, host and whole of a SIP address, a number without its spaces. */
function namesOf(target: string): string[] {
  const sip = /^(?:sips?|tel):([^;?]+)/i.exec(target)?.[1];
  if (sip !== undefined) {
    const [user = '', host = ''] = sip.split('@');
    const bare = (text: string) => text.replace(/:\d+$/, '');
    return sip.includes('@') ? [bare(host), `${user}@${bare(host)}`] : [bare(user)];
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) return [new URL(target).hostname];
  return [target.replace(/[\s()-]/g, ''), target.replace(/^[^@]*@/, '').replace(/:\d+$/, '')];
}

function patternOf(allowed: string): RegExp {
  const body = allowed.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${body.join('.*')}$`, 'i');
}

const clockOf = memo(
  (timeZone: string) => new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }),
);

function within(span: string, now: number, zone: string): boolean {
  const clock = clockOf(zone).format(now);
  const [from = '', to = ''] = span.split('-');
  return from <= to ? clock >= from && clock < to : clock >= from || clock < to;
}
