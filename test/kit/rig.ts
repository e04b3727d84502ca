import { afterAll, beforeAll, expect } from 'vitest';
import type { Call, CallEvent } from '../../telephony/call.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import type { Phone } from '../../telephony/phone.ts';
import { refusalText } from '../../telephony/sip/outcome.ts';
import { babble } from '../../telephony/speaking/babble.ts';
import { type Kamailio, kamailio } from '../peers/kamailio.ts';
import { rtpengine } from '../peers/rtpengine.ts';

/** There from the first test of a file to its last. */
export interface Rig {
  readonly proxy: Kamailio;
  readonly media: MediaThread;
}

/** Kamailio with rtpengine behind it, and a media thread of ours: for the file that calls it. */
export function rig(): Rig {
  const parts: Partial<Rig> = {};
  const stack = new AsyncDisposableStack();
  beforeAll(async () => {
    const relay = stack.use(await rtpengine());
    const proxy = stack.use(await kamailio({ media: relay.port }));
    Object.assign(parts, { proxy, media: stack.use(new MediaThread()) });
  });
  afterAll(() => stack.disposeAsync());
  return parts as Rig;
}

export const speech = babble('one two three four five six seven eight nine ten eleven twelve');

/** The first event of this type, whenever it was. */
export const ever = (call: Call, type: CallEvent['type']) =>
  call.until((event): event is typeof event => event.type === type, 0, AbortSignal.timeout(60_000));

/** Rings `to` from `from`; both play speech. Resolves to both ends once each has heard the other. */
export async function talking(from: Phone, to: Phone, number: string): Promise<readonly [Call, Call]> {
  const taken = Promise.withResolvers<Call>();
  to.onCall((call) => {
    call.signalling.answer();
    call.media.play(speech, { loop: true }).catch(() => undefined);
    taken.resolve(call);
  }, taken.reject);
  const call = await from.dial(number);
  const { event } = await call.until(
    (event): event is typeof event => event.type === 'answered' || event.type === 'refused',
    0,
    AbortSignal.timeout(60_000),
  );
  expect(event.type === 'refused' ? refusalText(event.refusal) : event.type).toBe('answered');
  call.media.play(speech, { loop: true }).catch(() => undefined);
  const other = await taken.promise;
  await Promise.all([ever(call, 'speech'), ever(other, 'speech')]);
  return [call, other];
}

/** The same, where `to` registers for it. */
export async function registered(from: Phone, to: Phone, number: string): Promise<readonly [Call, Call]> {
  await using _ = await to.register();
  return await talking(from, to, number);
}
