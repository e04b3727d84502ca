import type { Tools } from '../../core/driver.ts';
import { Failure } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Call } from '../../telephony/call.ts';
import { audioFlow, flowWords } from '../../telephony/media/flow.ts';
import type { MediaStatistics } from '../../telephony/media/leg-event.ts';
import type { VoiceSession } from './session.ts';

/** What the sound must hold to; a limit that is not named is not judged. */
export interface QualityArgs {
  readonly mos?: number;
  /** ms */
  readonly jitter?: number;
  /** % */
  readonly loss?: number;
  /** dBov */
  readonly level?: number;
  /** % */
  readonly clipping?: number;
  /** ms */
  readonly gap?: number;
  readonly gaps?: number;
  readonly leg?: string;
}

/** Judges the sound of the call so far; one-way audio and none at all always fail. */
export async function expectQuality(args: QualityArgs, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const { call } = session.leg(args.leg);
  const figures = await settled(call, tools);
  const { received, sent, mos, codec } = figures;
  const flow = audioFlow(figures, 0);
  if (flow !== 'both-ways' && flow !== 'unproven')
    throw new Failure(`the call ${flowWords[flow]}`, { expected: 'audio both ways', came: amounts(figures) });
  if (mos === undefined && args.mos !== undefined)
    throw new Error(
      `the MOS of ${codec ?? 'this call'} is not known (no planning values are published): hold loss and jitter instead; ${amounts(figures)}`,
    );
  const measured = measures(figures);
  const wrong = limits.flatMap(({ of, most, words }) => {
    const [limit, value] = [args[of], measured[of]];
    if (limit === undefined) return [];
    if (value === undefined) return ['nobody was heard to speak'];
    return most ? (value > limit ? [words(value, limit)] : []) : value < limit ? [words(value, limit)] : [];
  });
  // Good figures are good whoever was late; poor ones may be our own, unless the packets themselves are missing.
  if (wrong.length > 0) {
    if (received.loss < plainLoss) blameless(call);
    throw new Failure(`the sound is poor: ${[...new Set(wrong)].join(', ')}`, { came: amounts(figures) });
  }
  tools.note({ type: 'metric', name: 'packets', value: received.packets, unit: '' });
  const known = Object.entries(measured).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return { ...Object.fromEntries(known), received: received.packets, sent: sent.packets };
}

type Limited = Exclude<keyof QualityArgs, 'leg'>;

const measures = ({ received, mos }: MediaStatistics): Readonly<Record<Limited, number | undefined>> => ({
  mos,
  loss: received.loss * 100,
  jitter: received.jitterMean,
  level: received.activeLevel,
  clipping: received.clipped * 100,
  gap: received.longestGap,
  gaps: received.gaps,
});

interface Limit {
  readonly of: Limited;
  /** The limit is the most, not the least. */
  readonly most: boolean;
  words(value: number, limit: number): string;
}

const limits: readonly Limit[] = [
  { of: 'mos', most: false, words: (mos, limit) => `estimated MOS ${mos.toFixed(2)}, not ${limit}` },
  { of: 'loss', most: true, words: (loss, limit) => `${loss.toFixed(1)} % loss, not ${limit} %` },
  { of: 'jitter', most: true, words: (jitter, limit) => `${jitter.toFixed(1)} ms jitter, not ${limit} ms` },
  { of: 'level', most: false, words: (level, limit) => `spoken at ${level.toFixed(0)} dBov, not ${limit}` },
  { of: 'clipping', most: true, words: (share, limit) => `${share.toFixed(2)} % overdriven, not ${limit} %` },
  { of: 'gap', most: true, words: (gap, limit) => `a gap of ${Math.round(gap)} ms, not ${limit} ms` },
  { of: 'gaps', most: true, words: (gaps, limit) => `${gaps} gaps in the sound, not ${limit}` },
];

/** More loss than this is no matter of timing, 0 to 1. */
const plainLoss = 0.03;

/** Throws when our own sender was so late that the figures of the call are about us. */
function blameless(call: Call): void {
  const late = call.events.find((event) => event.type === 'sender-late');
  if (late)
    throw new Error(
      `our own sender was late (p99 ${late.p99.toFixed(1)} ms, ${late.skipped} packets skipped): the figures of this call are about us`,
    );
}

/** The figures of now; where no sound has come yet, those of when it comes, or of the end of the step. */
async function settled(call: Call, { clock, signal }: Tools): Promise<MediaStatistics> {
  for (;;) {
    if (call.over && call.media.statistics) return call.media.statistics;
    const figures = await newest(call, signal);
    if (figures.received.packets > 0) return figures;
    try {
      await clock.sleep(50, signal);
    } catch (error) {
      if (signal.reason instanceof Failure) return figures;
      throw error;
    }
  }
}

/** Figures of now; of the last second when the step ends before the thread of sounds, which may be held up, has said them. */
function newest(call: Call, signal: AbortSignal): Promise<MediaStatistics> {
  return new Promise((resolve, reject) => {
    const known = () => {
      if (call.media.statistics) resolve(call.media.statistics);
    };
    signal.addEventListener('abort', known, { once: true });
    call.media
      .figures()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', known));
  });
}

function amounts({ received, sent, mos }: MediaStatistics): string {
  const estimate = mos === undefined ? '' : `, estimated MOS ${mos.toFixed(2)}`;
  return `${received.packets} packets came, ${sent.packets} were sent, ${(received.loss * 100).toFixed(1)} % lost${estimate}`;
}
