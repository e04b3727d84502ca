import { z } from 'zod';
import { defineAction, defineDriver } from '../core/driver.ts';
import { duration } from '../core/duration.ts';
import { answer } from './voice/answer.ts';
import { expectHangUp, expectTransfer, hangUp, hold, transfer } from './voice/control.ts';
import { dial } from './voice/dial.ts';
import { VoiceEngine } from './voice/engine.ts';
import { fair } from './voice/fair.ts';
import { hear, hearMusic, hearTone } from './voice/hear.ts';
import { hearSilence, hearSpeech } from './voice/listen.ts';
import type { probe as probing } from './voice/probe.ts';
import type { readPrompts } from './voice/prompts.ts';
import { expectQuality } from './voice/quality.ts';
import { VoiceSession } from './voice/session.ts';
import { type Chosen, expects, music, personaOf, type Settings, settings, tones } from './voice/settings.ts';
import { press, say } from './voice/speak.ts';
import type { take as taking } from './voice/take.ts';
import { leg, waits } from './voice/waits.ts';
import { watching } from './voice/watch.ts';

const headers = z.record(z.string(), z.string()).default({}).describe('SIP headers');
const over = z.boolean().default(false).describe('at once, while the other speaks; measured is how long it goes on');
const gives = z.boolean().default(false).describe('fall silent when the other side begins to speak');
const engine = new VoiceEngine();

/** The trunk (or `agents/<name>`) of a name; the only one when there is one. Throws SpecError. */
export const trunkOf = (known: Settings, name?: string): Chosen => personaOf(known, name);

/** See drivers/voice/prompts.ts. */
export const promptsOf: typeof readPrompts = async (folders, root) =>
  (await import('./voice/prompts.ts')).readPrompts(folders, root);

/** See drivers/voice/pieces.ts. */
export const pieces = () => import('./voice/pieces.ts');

/** See drivers/voice/take.ts. */
export const take: typeof taking = async (asked, around) => (await import('./voice/take.ts')).take(asked, around);

/** See drivers/voice/probe.ts; telephony is loaded when it is asked for. */
export const probe: typeof probing = async (question, around) =>
  (await import('./voice/probe.ts')).probe(question, around);

/** A customer or an agent with a telephone, over SIP and RTP. */
export default defineDriver({
  about: 'call, be called, speak, press keys and listen on the telephone',
  settings,
  open: async (chosen, context) => {
    const [{ Phone }, lease] = await Promise.all([
      import('../telephony/phone.ts'),
      engine.take(context.clock, context.walk),
    ]);
    const session = new VoiceSession(chosen, context, {
      rooms: { phone: Phone, speaker: await lease.speaker(chosen.speech) },
      lease,
    });
    try {
      await session.ready();
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  },
  check: async (uses, known, root) => (await import('./voice/fit.ts')).unheard(uses, known, root),
  actions: fair({
    dial: defineAction({
      about: 'call a number, a SIP address or a name from the configuration; ends when it is answered',
      main: 'to',
      layer: 'sip',
      args: z.object({
        to: z.string().describe('number, SIP address or name'),
        via: z.string().optional().describe('trunk or agent whose phone calls'),
        from: z.string().optional().describe('number shown to the other side'),
        withheld: z.boolean().default(false).describe('ask for the number not to be shown'),
        headers,
        expects,
        follow: z
          .boolean()
          .default(false)
          .describe('go where a redirect (300, 301, 302) points, if the guard allows it'),
        until: z
          .enum(['answered', 'ringing', 'trying', 'refused'])
          .default('answered')
          .describe('what the step waits for; trying: the other side has taken it up, whatever comes of it'),
        'rings-within': duration.optional().describe('it must be heard to ring, and by then'),
        status: z
          .number()
          .int()
          .min(300)
          .max(699)
          .optional()
          .describe('with `until: refused`: SIP status that must come, 486 for busy'),
        leg: z.string().optional().describe('name of this call'),
      }),
      targets: ({ to }) => (typeof to === 'string' && /^(sips?:|tel:|\+?\d{3,})/i.test(to) ? [to] : []),
      run: ({ 'rings-within': ringsWithin, ...args }, session: VoiceSession, tools) =>
        dial({ ...args, ...(ringsWithin === undefined ? {} : { ringsWithin }) }, session, tools),
    }),
    answer: defineAction({
      about: 'take the call that rings at this phone; counted from the ring',
      main: 'from',
      layer: 'routing',
      early: true,
      args: z.object({
        from: z.string().optional().describe('number that must be calling'),
        after: duration.prefault('0ms').describe('let it ring so long'),
        headers,
        expects,
        leg: z.string().optional().describe('name of this call'),
      }),
      title: () => 'answer the phone',
      run: (args, session: VoiceSession, tools) => answer(args, session, tools),
    }),
    ...waits,
    say: defineAction({
      about: 'speak a text, or play a WAV file',
      main: 'text',
      layer: 'sip',
      quiet: true,
      args: z.object({
        text: z.string().optional(),
        file: z.string().optional().describe('WAV, relative to the root of the project'),
        marker: z
          .boolean()
          .optional()
          .describe('a short tune that only this actor has, for `hear: { marker: … }` of another'),
        over,
        yield: gives,
        leg,
      }),
      run: (args, session: VoiceSession, tools) => say(args, session, tools),
    }),
    play: defineAction({
      about: 'play a WAV file to the other side',
      main: 'file',
      layer: 'sip',
      quiet: true,
      args: z.object({
        file: z.string().describe('WAV, relative to the folder of the project'),
        over,
        yield: gives,
        leg,
      }),
      run: (args, session: VoiceSession, tools) => say(args, session, tools),
    }),
    press: defineAction({
      about: 'press keys of the phone',
      main: 'digits',
      layer: 'ivr',
      quiet: true,
      args: z.object({
        digits: z.string().describe('0 to 9, *, #, A to D; a comma waits half a second'),
        over,
        by: z.enum(['rfc4733', 'in-band', 'info']).optional().describe('how they are sent; else as the trunk says'),
        leg,
      }),
      run: (args, session: VoiceSession, tools) => press(args, session, tools),
    }),
    hear: defineAction({
      about: 'expect a known text: an enrolled prompt, or what another actor says; judged is its onset',
      main: 'text',
      layer: 'ivr',
      ...watching,
      args: z.object({
        text: z
          .string()
          .optional()
          .describe(
            'word for word; case and punctuation do not count. Slots: {digits} {number} {amount} {day} {date} {time}, {amount=42.50} for one value, <any> for what is not verified',
          ),
        file: z.string().optional().describe('a sound instead: WAV, relative to the folder of the project'),
        marker: z.string().optional().describe('the tune of this actor, who sounds it by `say: { marker: true }`'),
        delay: duration.optional().describe('what another actor says may be so long on its way, from mouth to ear'),
        next: z.boolean().default(false).describe('nothing else may be said before it'),
        until: z
          .enum(['verified', 'named'])
          .default('verified')
          .describe('verified: heard out, every word; named: its first sure naming is enough'),
        by: z
          .enum(['sound', 'speech'])
          .default('sound')
          .describe('sound: recordings that are known; speech: a transcriber writes down what is said'),
        transcriber: z.string().optional().describe('with `by: speech`: which one'),
        among: z.array(z.string()).optional().describe('with pocketsphinx: what else may be said'),
        leg,
      }),
      title: ({ text, file, marker }) =>
        `hear ${text === undefined ? `♪ ${String(file ?? `marker of ${String(marker)}`)}` : `“${String(text)}”`}`,
      run: (args, session: VoiceSession, tools) => hear(args, session, tools),
    }),
    'hear-tone': defineAction({
      about: 'expect a tone: ringing, busy, congestion, a beep, a fax',
      main: 'tone',
      layer: 'sip',
      ...watching,
      args: z.object({ tone: z.enum(tones), leg }),
      run: (args, session: VoiceSession, tools) => hearTone(args, session, tools),
    }),
    'hear-music': defineAction({
      about: 'expect music, as a queue plays it; judged is its onset, known 3 s later',
      main: 'sample',
      layer: 'routing',
      args: z.object({ sample: music, leg }),
      run: (args, session: VoiceSession, tools) => hearMusic(args, session, tools),
    }),
    'hear-speech': defineAction({
      about: 'expect the other side to speak, whatever it says, not music; judged is the onset',
      layer: 'ivr',
      args: z.object({ leg }),
      run: (args, session: VoiceSession, tools) => hearSpeech(args, session, tools),
    }),
    'hear-silence': defineAction({
      about: 'expect the other side to be silent',
      main: 'for',
      layer: 'ivr',
      args: z.object({ for: duration.prefault('2s').describe('how long'), leg }),
      run: (args, session: VoiceSession, tools) => hearSilence(args, session, tools),
    }),
    hold: defineAction({
      about: 'put the other side on hold',
      layer: 'sip',
      args: z.object({ leg }),
      run: (args, session: VoiceSession, tools) => hold(true, args, { session, tools }),
    }),
    resume: defineAction({
      about: 'take the other side back from hold',
      layer: 'sip',
      args: z.object({ leg }),
      run: (args, session: VoiceSession, tools) => hold(false, args, { session, tools }),
    }),
    transfer: defineAction({
      about: 'send the other side to somebody else, and leave the call',
      main: 'to',
      layer: 'routing',
      args: z.object({
        to: z.string().optional().describe('blind: number, SIP address or name'),
        'to-leg': z.string().optional().describe('attended: the other call of ours that it is to go on in'),
        leg,
      }),
      targets: ({ to }) => (typeof to === 'string' && /^(sips?:|tel:|\+?\d{3,})/i.test(to) ? [to] : []),
      run: (args, session: VoiceSession, tools) => transfer(args, session, tools),
    }),
    'expect-transfer': defineAction({
      about: 'expect to be sent to somebody else, and go there',
      main: 'to',
      layer: 'routing',
      args: z.object({
        to: z.string().optional().describe('must be part of the new address'),
        expects,
        leg,
        named: z.string().optional().describe('name of the new call'),
      }),
      run: (args, session: VoiceSession, tools) => expectTransfer(args, session, tools),
    }),
    'hang-up': defineAction({
      about: 'hang up',
      layer: 'sip',
      args: z.object({ leg }),
      run: async (args, session: VoiceSession, tools) => hangUp(args, session, tools),
    }),
    'expect-hang-up': defineAction({
      about: 'expect the other side to hang up',
      main: 'cause',
      layer: 'sip',
      args: z.object({ cause: z.number().int().optional().describe('Q.850 or SIP cause that must be named'), leg }),
      run: (args, session: VoiceSession, tools) => expectHangUp(args, session, tools),
    }),
    'expect-quality': defineAction({
      about: 'expect sound both ways, and of this quality so far',
      layer: 'network',
      args: z.object({
        mos: z.number().min(1).max(4.5).optional().describe('estimated MOS at least'),
        loss: z.number().min(0).max(100).optional().describe('% at most'),
        jitter: z.number().min(0).optional().describe('ms at most, on average'),
        level: z
          .number()
          .min(-100)
          .max(0)
          .optional()
          .describe('dBov at least, of what is spoken: −30 is soft, −15 loud'),
        clipping: z
          .number()
          .min(0)
          .max(100)
          .optional()
          .describe('% of what is spoken that may be overdriven; 1 is bad'),
        gap: duration.optional().describe('the longest hole in their sound may be so long'),
        gaps: z.number().int().min(0).optional().describe('holes in their sound at most'),
        leg,
      }),
      run: (args, session: VoiceSession, tools) => expectQuality(args, session, tools),
    }),
  }),
});
