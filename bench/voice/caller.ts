import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import type { Call } from '../../telephony/call.ts';
import { reference } from '../../telephony/hearing/reference.ts';
import { HearingThread, type Listening } from '../../telephony/hearing/thread.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { Phone } from '../../telephony/phone.ts';
import { babble } from '../../telephony/speaking/babble.ts';

/** What one process of calls is to do; in argv as JSON. */
export interface Calling {
  readonly target: string;
  readonly calls: number;
  /** Set-ups a second. */
  readonly rate: number;
  /** s of talk that are measured once all calls stand; 0: each call is hung up once it has sound. */
  readonly seconds: number;
  /** A prompt is listened for on every call. */
  readonly hear?: boolean;
  /** Both directions of every call are recorded into this folder. */
  readonly record?: string;
}

export interface Called {
  readonly answered: number;
  /** Calls that heard packets. */
  readonly heard: number;
  /** Share of one core, over what was measured. */
  readonly core: number;
  /** ms by which the 99th of 100 packets left late, over all calls. */
  readonly lateP99: number;
  /** The same of the median call. */
  readonly lateMedian: number;
  readonly sent: number;
  readonly skipped: number;
  /** ms from INVITE to 200, median and 95th of 100. */
  readonly setup: readonly [number, number];
}

const { target, calls, rate, seconds, hear = false, record } = JSON.parse(process.argv[2] ?? '{}') as Calling;
const media = new MediaThread();
const hearing = hear ? new HearingThread() : undefined;
let recorded = 0;
const phone = await Phone.open(
  // As the driver opens its phones (drivers/voice/settings.ts).
  { user: 'bench', host: '127.0.0.1', codecs: ['PCMU'], digits: true, toneKeys: false },
  { clock: systemClock, random: seeded(1), media, recording: () => record && join(record, `${++recorded}.wav`) },
);
const sound = babble('one two three four five six seven eight nine ten');
hearing?.learn([reference('never', babble('a sentence that nobody on this line is ever going to say'), 'never')]);
const [started, used] = [performance.now(), process.cpuUsage()];
const listening: Listening[] = [];
const setups: number[] = [];
let heard = 0;

const is =
  <T extends Call['events'][number]['type']>(...types: readonly T[]) =>
  (event: Call['events'][number]): event is Extract<typeof event, { type: T }> =>
    (types as readonly string[]).includes(event.type);

/** One call up to its sound. Undefined when it was not answered. */
async function one(): Promise<Call | undefined> {
  const call = await phone.dial(target);
  const { event } = await call.until(is('answered', 'refused'), 0, AbortSignal.timeout(30_000));
  if (event.type === 'refused') return undefined;
  setups.push(event.at - call.since);
  call.media.play(sound, { loop: true }).catch(() => undefined);
  await call.until(is('first-packet'), 0, AbortSignal.timeout(5000)).then(
    () => {
      heard += 1;
    },
    () => undefined,
  );
  if (seconds === 0) await call.close();
  return call;
}

const made: Promise<Call | undefined>[] = [];
for (let n = 0; n < calls; n += 1) {
  const due = started + (n * 1000) / rate;
  if (due > performance.now()) await systemClock.sleep(due - performance.now());
  made.push(one());
}
const standing = (await Promise.all(made)).filter((call) => call !== undefined);
let spent = process.cpuUsage(used);
let over = performance.now() - started;
let late = [0, 0];
let [sent, skipped] = [0, 0];
if (seconds > 0) {
  if (hearing)
    for (const call of standing)
      listening.push(hearing.listen(call.media, { for: 'prompt', names: ['never'] }, systemClock.now()));
  await systemClock.sleep(1000);
  const [from, before] = [performance.now(), process.cpuUsage()];
  await systemClock.sleep(seconds * 1000);
  spent = process.cpuUsage(before);
  over = performance.now() - from;
  const figures = await Promise.all(standing.map((call) => call.media.figures()));
  const worst = figures.map((figure) => figure.sent.lateP99).toSorted((a, b) => a - b);
  late = [0.99, 0.5].map((share) => worst[Math.floor(worst.length * share)] ?? Number.NaN);
  sent = figures.reduce((sum, figure) => sum + figure.sent.packets, 0);
  skipped = figures.reduce((sum, figure) => sum + figure.sent.skipped, 0);
  for (const one of listening) one.stop().catch(() => undefined);
}
setups.sort((a, b) => a - b);
const told: Called = {
  answered: standing.length,
  heard,
  core: (spent.user + spent.system) / 1000 / over,
  lateP99: late[0] ?? Number.NaN,
  lateMedian: late[1] ?? Number.NaN,
  sent,
  skipped,
  setup: [setups[setups.length >> 1] ?? Number.NaN, setups[Math.floor(setups.length * 0.95)] ?? Number.NaN],
};
process.stdout.write(`${JSON.stringify(told)}\n`);
await phone[Symbol.asyncDispose]();
await hearing?.[Symbol.asyncDispose]();
await media[Symbol.asyncDispose]();
