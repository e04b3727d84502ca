import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import type { Call } from '../../telephony/call.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone, type PhoneSettings } from '../../telephony/phone.ts';
import { Speaker } from '../../telephony/speaking/speaker.ts';

/** A phone on loopback that does with each call what it is told; what goes wrong in there fails the test at the end. */
export interface Telephone extends AsyncDisposable {
  readonly phone: Phone;
  readonly address: string;
  speech(text: string): Promise<Int16Array>;
}

export async function telephone(
  behave: (call: Call, telephone: Telephone) => Promise<unknown>,
  settings: Partial<PhoneSettings> = {},
): Promise<Telephone> {
  // What a starved machine holds up is sent late, not left out: a hole would be heard, and told.
  const media = new MediaThread(systemClock, { catchUp: 2000 });
  const phone = await Phone.open(
    { user: 'ivr', host: '127.0.0.1', codecs: ['PCMU', 'PCMA'], digits: true, anyUser: true, ...settings },
    { clock: systemClock, random: seeded(3), media },
  );
  const troubles: unknown[] = [];
  const running: Promise<unknown>[] = [];
  const speaker = new Speaker({ engine: 'babble', voice: '', speed: 160 });
  const made: Telephone = {
    phone,
    address: `sip:ivr@${phone.local.host}:${phone.local.port}`,
    speech: (text) => speaker.speak(text),
    [Symbol.asyncDispose]: async () => {
      await phone[Symbol.asyncDispose]();
      await media[Symbol.asyncDispose]();
      await Promise.all(running);
      if (troubles.length > 0) throw troubles[0];
    },
  };
  phone.onCall(
    (call) => running.push(behave(call, made).catch((error: unknown) => void (call.over || troubles.push(error)))),
    (error) => troubles.push(error),
  );
  return made;
}

/** The first so many digits of a call. */
export async function digitsOf(call: Call, count: number, signal: AbortSignal): Promise<string> {
  let digits = '';
  for (let from = 0; digits.length < count; ) {
    const isDigit = (event: Call['events'][number]) => event.type === 'digit';
    const { event, position } = await call.until(
      (one): one is Extract<typeof one, { type: 'digit' }> => isDigit(one),
      from,
      signal,
    );
    digits += event.digit;
    from = position + 1;
  }
  return digits;
}
