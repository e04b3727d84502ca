import { z } from 'zod';
import { defineAction } from '../../core/driver.ts';
import { waitAnswer, waitRinging } from './control.ts';
import type { VoiceSession } from './session.ts';

export const leg = z.string().optional().describe('which call, by the name it was given; else the active one');

/** What a call of ours comes to after `voice.dial` ended before its answer. */
export const waits = {
  'wait-ringing': defineAction({
    about: 'wait until our call rings there; without a call of ours, until this phone rings',
    layer: 'sip',
    early: true,
    args: z.object({ leg }),
    run: (args, session: VoiceSession, tools) => waitRinging(args, session, tools),
  }),
  'wait-answer': defineAction({
    about: 'wait until our call, which was dialled `until: ringing` or `trying`, is answered; counted from the INVITE',
    layer: 'sip',
    args: z.object({ leg }),
    run: (args, session: VoiceSession, tools) => waitAnswer(args, session, tools),
  }),
};
