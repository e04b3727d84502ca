import { Stopped } from '../../core/deadline.ts';
import type { Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { Hearing, Summary, Wanted } from '../../telephony/hearing/listener.ts';
import type { Listening } from '../../telephony/hearing/thread.ts';
import type { Leg } from './leg.ts';
import type { VoiceSession } from './session.ts';
import type { HearArgs } from './wait.ts';
import { soundText } from './words.ts';

/** What had begun when the steps were over is heard out, for so long at most, ms. */
const longest = 20_000;
/** Sound that is still on its way through our own threads, ms. */
const onItsWay = 2000;
/** Pauses between words are shorter, ms. */
const pause = 700;
const early = 100;
/** May stand in `whenever`, and may take so long after its signal, ms. */
const grace = longest + 2 * onItsWay;
export const watching = { watch: true, grace } as const;

export interface Found {
  readonly leg: Leg;
  readonly heard: Hearing;
}

interface Sought {
  readonly wanted: Wanted;
  /** This call only. */
  readonly leg: string | undefined;
  readonly expected: string;
}

/** What only a step can mean, as it needs a place in the order or costs too much beside it. Throws SpecError. */
export function watchable({ next, delay, marker, by }: Partial<HearArgs>): void {
  const only = { next, delay, marker, 'by: speech': by === 'speech' };
  const named = Object.entries(only).find(([, value]) => value !== undefined && value !== false);
  if (named)
    throw new SpecError(
      `\`${named[0]}\` has no meaning in \`whenever\``,
      'make it a step, or watch for an enrolled prompt or a file',
    );
}

/**
 * Listens to every call of the session from its beginning, beside the steps: moves neither where they listen from nor
 * which call they act on. When the steps are over, what had begun is heard out.
 */
export async function watch(
  { wanted, leg: name, expected }: Sought,
  session: VoiceSession,
  tools: Tools,
): Promise<Found> {
  const { thread } = await session.lease.ears();
  const { signal } = tools;
  const over = fired(signal);
  const found = Promise.withResolvers<Found>();
  found.promise.catch(() => undefined);
  const open: { readonly leg: Leg; readonly listening: Listening }[] = [];
  let looked = 0;
  const listen = () => {
    for (const leg of session.legs.slice(looked)) {
      looked += 1;
      if (name !== undefined && leg.name !== name) continue;
      const listening = thread.listen(leg.call.media, wanted, leg.call.since - early);
      open.push({ leg, listening });
      listening.result.then(
        (heard) => found.resolve({ leg, heard }),
        (error: unknown) => {
          if (!/^(the call has ended|no longer listening)$/.test(error instanceof Error ? error.message : ''))
            found.reject(error);
        },
      );
    }
  };
  try {
    while (!signal.aborted) {
      const added = session.added;
      listen();
      const came = await Promise.race([found.promise, added, over]);
      if (came) return came;
    }
    listen();
    if (signal.reason instanceof Stopped) throw signal.reason;
    const outs = Promise.all(open.map((one) => heardOut(one, tools)));
    const came = await Promise.race([found.promise, outs]);
    if (!Array.isArray(came)) return came as Found;
    throw await unmet(expected, came as Out[]);
  } finally {
    for (const { listening } of open) listening.stop().catch(() => undefined);
  }
}

interface Out {
  readonly leg: Leg;
  readonly summary: Summary;
}

async function heardOut({ leg, listening }: { leg: Leg; listening: Listening }, { clock }: Tools): Promise<Out> {
  const limit = clock.now() + longest;
  for (;;) {
    const { quietSince } = leg.call.media;
    if (leg.call.over || clock.now() >= limit) break;
    if (quietSince !== undefined && clock.now() - quietSince >= pause) break;
    await clock.sleep(50);
  }
  const summary = listening.stop(clock.now());
  const late = new AbortController();
  const patience = clock.sleep(onItsWay, late.signal).then(() => listening.stop());
  patience.catch(() => undefined);
  try {
    return { leg, summary: await summary };
  } finally {
    late.abort();
  }
}

async function unmet(expected: string, outs: readonly Out[]): Promise<Failure> {
  const heard = await Promise.all(
    outs.map(async ({ leg, summary }) => {
      const named = summary.others.findLast((other) => other.text !== undefined)?.text;
      const words = summary.speech < 100 ? await soundText(leg.call) : summary.words;
      return `${leg.name}: ${named === undefined ? words : `“${named}”`}`;
    }),
  );
  return new Failure(`${expected} was not heard`, { expected, came: heard.join('; ') || 'there was no call' });
}

function fired(signal: AbortSignal): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  if (signal.aborted) resolve(undefined);
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  return promise;
}
