import { seeded } from '../core/random.ts';
import { MediaThread } from '../telephony/media/thread.ts';
import { Phone } from '../telephony/phone.ts';
import type { Desk } from './desk.ts';
import type { Ground } from './ground.ts';
import type { Intake } from './intake.ts';
import { serve } from './phones/bank.ts';
import { Delivery } from './phones/delivery.ts';
import { renderPrompts } from './phones/prompts.ts';

/** The bank's telephone: any number that is called here is the bank; agents register under their names. Disposing hangs up. */
export async function openPhones(
  front: { readonly ground: Ground; readonly intake: Intake; readonly desk: Desk },
  at: { readonly host: string; readonly port: number },
): Promise<AsyncDisposable> {
  const { ground } = front;
  const { clock, log } = ground;
  await renderPrompts();
  // A machine that is short of time must not cut words out of what the bank says: late is better than missing.
  const media = new MediaThread(clock, { catchUp: 2000 });
  try {
    const phone = await Phone.open(
      {
        user: 'bank',
        display: 'Acme Bank',
        anyUser: true,
        codecs: ['PCMA', 'PCMU'],
        digits: true,
        rings: false,
        ...at,
      },
      { clock, random: seeded(ground.firstCase), media },
    );
    const counter = { ...front, delivery: new Delivery(phone, () => clock.now()) };
    const calls = new Set<Promise<void>>();
    phone.onCall(
      (call) => {
        const served = serve(call, counter);
        calls.add(served);
        void served.finally(() => calls.delete(served));
      },
      (error) => log(`phone: ${error instanceof Error ? error.message : String(error)}`),
    );
    return {
      [Symbol.asyncDispose]: async () => {
        await phone[Symbol.asyncDispose]();
        await Promise.allSettled(calls);
        await media[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await media[Symbol.asyncDispose]();
    throw error;
  }
}
