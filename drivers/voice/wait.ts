import type { Tools } from '../../core/driver.ts';
import type { Leg } from './leg.ts';

export interface HearArgs {
  readonly text?: string;
  readonly file?: string;
  /** Whose tune. */
  readonly marker?: string;
  /** ms that it may be on its way. */
  readonly delay?: number;
  readonly next: boolean;
  readonly until?: 'verified' | 'named';
  readonly by?: 'sound' | 'speech';
  readonly transcriber?: string;
  readonly among?: readonly string[];
  readonly leg?: string;
}

/** Onsets nearer than this are one, ms. */
const syllable = 400;

type Heard = Pick<Leg['call'], 'events' | 'since'>;

/**
 * From when on what is heard answers our last act, epoch ms. After a dial that is all of the call, where no early sound
 * was agreed: a thread that was held up tells of the answer after the first words that came behind it.
 */
export function listensFrom({ events, since: begun }: Heard, since: number): number {
  const answered = events.find(({ type }) => type === 'answered');
  const early = events.some(({ type }) => type === 'early');
  return answered?.at === since && !early ? begun : Math.max(since, begun);
}

/** How long before a match the other side had begun to speak, ms; undefined when the match is the first that was said. */
export function spokenBefore(onset: number, call: Heard, since: number): number | undefined {
  const withdrawn = new Set(call.events.flatMap((event) => (event.type === 'speech-cancelled' ? event.at : [])));
  const from = listensFrom(call, since);
  const first = call.events.find((event) => event.type === 'speech' && event.at >= from && !withdrawn.has(event.at));
  return first && onset - first.at > syllable ? onset - first.at : undefined;
}

/** Resolves once the time is up and nobody is speaking: what had begun by then is heard out. */
export async function silentAt(
  due: number,
  { leg, clock, stop, quiet = 700 }: { leg: Leg; clock: Tools['clock']; stop: AbortSignal; quiet?: number },
): Promise<void> {
  await clock.sleep(Math.max(0, due - clock.now()), stop);
  for (;;) {
    const { quietSince } = leg.call.media;
    if (quietSince !== undefined && clock.now() - quietSince >= quiet) return;
    await clock.sleep(50, stop);
  }
}
