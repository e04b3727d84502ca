import type { Tools } from '../../core/driver.ts';
import { Failure } from '../../core/errors.ts';
import type { Hearing, Wanted } from '../../telephony/hearing/listener.ts';
import { wordsOf } from './layout.ts';
import type { Leg } from './leg.ts';
import type { VoiceSession } from './session.ts';
import { listensFrom, silentAt } from './wait.ts';
import { soundText } from './words.ts';

/** A little before the last act: what begins with it has its first syllable. */
const early = 100;

/** The call that a step listens on, which is the active one from now on; its time counts from our last act. */
export function listensOn(name: string | undefined, session: VoiceSession, tools: Tools): Leg {
  const leg = session.live(name);
  session.choose(leg);
  tools.since(session.since);
  return leg;
}

interface Listens {
  readonly wanted: Wanted;
  readonly session: VoiceSession;
  readonly tools: Tools;
  readonly expected: string;
  /** How long after its onset what is wanted may take to be known, ms. */
  readonly ms: number;
  /** What happened to the customer when it did not come. */
  readonly otherwise?: string;
  /** How much of what sounded before is to be known, ms. */
  readonly before?: number;
}

/** What was wanted; a Failure that says what was heard instead when it does not begin in time. */
export async function listened(leg: Leg, listens: Listens): Promise<Hearing> {
  const { wanted, session, tools, expected, ms, otherwise = `${expected} was not heard`, before = early } = listens;
  const { clock, signal } = tools;
  const { call } = leg;
  const { thread } = await session.lease.ears();
  const due = clock.now() + tools.left();
  tools.longer(ms);
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const listening = thread.listen(call.media, wanted, listensFrom(call, session.since) - before);
  const gone = call
    .until((event): event is typeof event => event.type === 'ended', 0, stop)
    .then(() => clock.sleep(500, stop));
  const late = silentAt(due, { leg, clock, stop });
  try {
    return await Promise.race([listening.result, gone.then(() => undefined), late.then(() => undefined)]).then(
      (heard) => heard ?? Promise.reject(new Error('no longer')),
    );
  } catch (error) {
    const summary = await listening.stop();
    if (signal.aborted && !(signal.reason instanceof Failure)) throw signal.reason;
    if (error instanceof Error && /hearing thread/.test(error.message)) throw error;
    // It had come in time, and was looked at late.
    const late = await listening.result.catch(() => undefined);
    if (late) return late;
    const part = summary.pieces?.length ? `, of it only “${wordsOf(summary.pieces)}”` : '';
    const named = summary.others.findLast((other) => other.text !== undefined)?.text;
    const what = summary.speech < 100 ? await soundText(call) : summary.words;
    throw new Failure(named === undefined ? otherwise : `“${named}” was heard instead`, {
      expected,
      came: summary.speech < 100 && !call.over ? `${summary.words}; ${what}` : `${what}${part}`,
    });
  } finally {
    over.abort();
    listening.stop().catch(() => undefined);
    for (const waiting of [gone, late]) waiting.catch(() => undefined);
  }
}
