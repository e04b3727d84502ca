import { systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import type { Call } from '../../telephony/call.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import type { WebEngine } from '../../telephony/media/web-wire.ts';
import { Phone } from '../../telephony/phone.ts';
import { babble } from '../../telephony/speaking/babble.ts';

/** What this process of browser-like callers is to do; in argv as JSON. */
export interface Calling {
  readonly server: string;
  readonly target: string;
  readonly engine: WebEngine;
  readonly codecs: readonly string[];
  readonly calls: number;
  readonly atOnce: number;
}

export interface Called {
  readonly answered: number;
  /** Calls that heard sound over −50 dBov, not only packets. */
  readonly heard: number;
  /** ms from `dial`, before there is an offer, to the first packet that came; median, 95th and 99th of 100. */
  readonly setup: readonly [number, number, number];
  readonly seconds: number;
  /** s of processor time of this process; that of libwebrtc or a browser is not in it. */
  readonly cpu: number;
  /** Why calls failed, each once with its number. */
  readonly troubles: Readonly<Record<string, number>>;
}

const { server, target, engine, codecs, calls, atOnce } = JSON.parse(process.argv[2] ?? '{}') as Calling;
const media = new MediaThread();
const phone = await Phone.open(
  {
    user: 'alice',
    server,
    domain: '127.0.0.1',
    codecs,
    digits: true,
    account: { user: 'alice', password: 'pw-alice' },
    web: { servers: [], engine },
  },
  { clock: systemClock, random: seeded(1), media },
);
await media.warm(engine);
const sound = babble('one two three four five six seven eight nine ten');
const [started, used] = [performance.now(), process.cpuUsage()];
const setups: number[] = [];
const troubles: Record<string, number> = {};
let [answered, heard] = [0, 0];

const is =
  <T extends Call['events'][number]['type']>(...types: readonly T[]) =>
  (event: Call['events'][number]): event is Extract<typeof event, { type: T }> =>
    (types as readonly string[]).includes(event.type);

/** One call until the other side is heard to speak, both ways. */
async function one(): Promise<void> {
  const dialled = systemClock.now();
  const call = await phone.dial(target);
  try {
    const { event } = await call.until(is('answered', 'refused'), 0, AbortSignal.timeout(20_000));
    if (event.type === 'refused') throw new Error(`refused: ${JSON.stringify(event.refusal)}`);
    answered += 1;
    call.media.play(sound, { loop: true }).catch(() => undefined);
    const { event: first } = await call.until(is('first-packet'), 0, AbortSignal.timeout(10_000));
    setups.push(first.at - dialled);
    await call.until(is('speech'), 0, AbortSignal.timeout(10_000));
    heard += 1;
  } catch (error) {
    const seen = call.events.map(({ type }) => type).join(' ');
    const words = `${error instanceof Error ? error.message : String(error)}; ${seen}`;
    troubles[words] = (troubles[words] ?? 0) + 1;
  } finally {
    await call.close();
  }
}

let begun = 0;
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (begun < calls) {
      begun += 1;
      await one();
      if (begun % 500 === 0)
        process.stderr.write(
          `${begun} calls begun, ${heard} heard, ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
        );
    }
  }),
);
setups.sort((a, b) => a - b);
const at = (share: number) => setups[Math.floor(setups.length * share)] ?? Number.NaN;
const spent = process.cpuUsage(used);
const told: Called = {
  answered,
  heard,
  setup: [at(0.5), at(0.95), at(0.99)],
  seconds: (performance.now() - started) / 1000,
  cpu: (spent.user + spent.system) / 1e6,
  troubles,
};
process.stdout.write(`${JSON.stringify(told)}\n`);
await phone[Symbol.asyncDispose]();
await media[Symbol.asyncDispose]();
