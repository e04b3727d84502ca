import { Failure } from '../../core/errors.ts';
import type { Call, CallEvent } from '../../telephony/call.ts';
import { audioFlow, flowWords } from '../../telephony/media/flow.ts';
import { largest } from '../../telephony/sip/flow.ts';
import { writeMessage } from '../../telephony/sip/message.ts';
import { reasonText, refusalText } from '../../telephony/sip/outcome.ts';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const accounts =
  'is the password right? A PBX that knows accounts by From refuses another number there: `identity: asserted` on the trunk shows it beside';

/** How a call came to its end, for a step that finds it over. */
export function endText(call: Call, now: number): string {
  const end = call.events.findLast((event) => event.type === 'ended' || event.type === 'refused');
  const ago = end ? `, ${seconds(now - end.at)} ago` : '';
  if (end?.type === 'refused') return `the call was not answered: ${refusalText(end.refusal)}${ago}`;
  if (end?.type !== 'ended') return 'the call is over';
  const why = end.reasons.map(reasonText).join(', ');
  return `the call is over: ${end.by === 'us' ? 'we' : 'they'} hung up${why ? ` (${why})` : ''}${ago}`;
}

/** Why a dialled call was not answered: the outcome in words, with what came before. */
export function dialFailure(call: Call, now: number, late: boolean): Failure {
  const progress = progressText(call, now);
  const refused = call.events.find((event) => event.type === 'refused');
  if (refused && !late) {
    const text = refusalText(refused.refusal);
    const words = refused.refusal.kind === 'rejected' ? `the call was rejected: ${text}` : text;
    return new Failure(words, {
      expected: 'an answer',
      came: `${text}${progress ? `; ${progress}` : ''}`,
      ...(refused.refusal.kind === 'auth' && refused.refusal.known ? { hint: accounts } : {}),
    });
  }
  const rang = call.events.some((event) => event.type === 'ringing' || event.type === 'early');
  const heard = call.events.some((event) => event.type === 'trying');
  const words = rang
    ? 'it rang, and nobody answered'
    : heard
      ? 'it did not even ring'
      : 'nothing came back to our call';
  const hint = rang || heard ? undefined : tooLarge(call);
  return new Failure(words, { expected: 'an answer', came: progress || 'nothing', ...(hint ? { hint } : {}) });
}

/** Of a call that nothing came back to: its INVITE may have been lost for its size. */
function tooLarge({ messages }: Call): string | undefined {
  const [invite] = messages;
  const bytes = invite?.flow.transport === 'udp' ? Buffer.byteLength(writeMessage(invite.message)) : 0;
  if (bytes <= largest) return undefined;
  return `the INVITE has ${bytes} bytes and left by UDP, since TCP is not taken there: a network that drops fragments loses it. Fewer \`codecs\` and \`headers\`, or \`transport: tcp\``;
}

/** `100 after 0.1 s, 180 after 0.4 s`. */
function progressText(call: Call, now: number): string {
  const told = call.events.flatMap((event: CallEvent) => {
    const after = seconds(event.at - call.since);
    if (event.type === 'trying') return [`100 after ${after}`];
    if (event.type === 'ringing' || event.type === 'early') return [`${event.status} after ${after}`];
    return [];
  });
  return told.length > 0 ? `${told.join(', ')}; now ${seconds(now - call.since)} since the INVITE` : '';
}

/** What the sound of a call says about itself, for a step that did not hear what it wanted. */
export async function soundText(call: Call): Promise<string> {
  if (call.over) return 'the call is over';
  const troubles = call.events.flatMap((event) => (event.type === 'trouble' ? [event.message] : []));
  return [`the call ${flowWords[audioFlow(await call.media.figures())]}`, ...troubles].join('; ');
}
