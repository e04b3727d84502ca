import type { Tools } from '../../core/driver.ts';
import { Failure } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Call } from '../../telephony/call.ts';
import { audioFlow, flowWords } from '../../telephony/media/flow.ts';
import type { MediaStatistics } from '../../telephony/media/leg-event.ts';
import type { VoiceSession } from './session.ts';

export interface QualityArgs {
  readonly mos?: number;
  readonly jitter?: number;
  readonly loss?: number;
  readonly leg?: string;
}

/** Judges the sound of the call so far; one-way audio and none at all always fail. */
export async function expectQuality(args: QualityArgs, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const { call } = session.leg(args.leg);
  const figures = await settled(call, tools);
  const { received, sent, mos } = figures;
  const flow = audioFlow(figures, 0);
  if (flow !== 'both-ways' && flow !== 'unproven')
    throw new Failure(`the call ${flowWords[flow]}`, { expected: 'audio both ways', came: amounts(figures) });
  if (mos === undefined && args.mos !== undefined) throw new Error(`the MOS is not known: ${amounts(figures)}`);
  const { jitterMean: jitter } = received;
  const loss = received.loss * 100;
  const wrong = [
    ...(args.mos !== undefined && mos !== undefined && mos < args.mos
      ? [`estimated MOS ${mos.toFixed(2)}, not ${args.mos}`]
      : []),
    ...(args.loss !== undefined && loss > args.loss ? [`${loss.toFixed(1)} % loss, not ${args.loss} %`] : []),
    ...(args.jitter !== undefined && jitter > args.jitter
      ? [`${jitter.toFixed(1)} ms jitter, not ${args.jitter} ms`]
      : []),
  ];
  // Good figures are good whoever was late; poor ones may be our own, unless the packets themselves are missing.
  if (wrong.length > 0) {
    if (received.loss < plainLoss) blameless(call);
    throw new Failure(`the sound is poor: ${wrong.join(', ')}`, { came: amounts(figures) });
  }
  tools.note({ type: 'metric', name: 'packets', value: received.packets, unit: '', better: 'higher' });
  return { ...(mos === undefined ? {} : { mos }), loss, jitter, received: received.packets, sent: sent.packets };
}

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
    const figures = await call.media.figures();
    if (figures.received.packets > 0) return figures;
    try {
      await clock.sleep(50, signal);
    } catch (error) {
      if (signal.reason instanceof Failure) return figures;
      throw error;
    }
  }
}

function amounts({ received, sent, mos }: MediaStatistics): string {
  const estimate = mos === undefined ? '' : `, estimated MOS ${mos.toFixed(2)}`;
  return `${received.packets} packets came, ${sent.packets} were sent, ${(received.loss * 100).toFixed(1)} % lost${estimate}`;
}
