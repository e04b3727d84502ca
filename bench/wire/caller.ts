import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import type { Call, CallEvent } from '../../telephony/call.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone } from '../../telephony/phone.ts';

/** What one process of calls is to do; in argv as JSON. */
export interface Timed {
  readonly target: string;
  readonly calls: number;
  /** Set-ups a second. */
  readonly rate: number;
  readonly keys: string;
  /** The main thread computes for so many ms of every 100. */
  readonly busy: number;
}

/** When a call says that it was so, epoch ms. */
export interface CallTimes {
  readonly callId: string;
  /** Of its sound. */
  readonly port: number;
  readonly invited: number;
  readonly ringing: number;
  readonly answered: number;
  readonly firstPacket: number;
  /** As they left, and as they came back. */
  readonly pressed: readonly number[];
  readonly heard: readonly number[];
}

const { target, calls, rate, keys, busy } = JSON.parse(process.argv[2] ?? '{}') as Timed;
const media = new MediaThread();
const phone = await Phone.open(
  { user: 'bench', host: '127.0.0.1', codecs: ['PCMU'], digits: true },
  { clock: systemClock, random: seeded(1), media },
);

const ever = async (call: Call, type: CallEvent['type'], count = 1) => {
  const found: number[] = [];
  for (let from = 0; found.length < count; ) {
    const { event, position } = await call.until(
      (one): one is CallEvent => one.type === type,
      from,
      AbortSignal.timeout(20_000),
    );
    found.push(event.at);
    from = position + 1;
  }
  return found;
};

async function one(): Promise<CallTimes> {
  const call = await phone.dial(target);
  const [ringing = Number.NaN] = await ever(call, 'ringing');
  const [answered = Number.NaN] = await ever(call, 'answered');
  const [firstPacket = Number.NaN] = await ever(call, 'first-packet');
  const pressed = await call.media.press(keys, { ms: 80, gapMs: 60 });
  const heard = await ever(call, 'digit', keys.length);
  const { callId } = call.signalling;
  const { port } = call.media.local;
  const invited = call.since;
  await call.close();
  return { callId, port, invited, ringing, answered, firstPacket, pressed: pressed.map(({ at }) => at), heard };
}

const computing = setInterval(() => {
  for (const until = performance.now() + busy; performance.now() < until; );
}, 100);
if (busy === 0) clearInterval(computing);

const made: Promise<CallTimes>[] = [];
const started = performance.now();
for (let n = 0; n < calls; n += 1) {
  const due = started + (n * 1000) / rate;
  if (due > performance.now()) await systemClock.sleep(due - performance.now());
  made.push(one());
}
const all = await Promise.all(made);
clearInterval(computing);
process.stdout.write(`${JSON.stringify(all)}\n`);
await phone[Symbol.asyncDispose]();
await media[Symbol.asyncDispose]();
