import type { z } from 'zod';
import type { Driver, Tools } from '../../core/driver.ts';
import { Failure } from '../../core/errors.ts';
import type { VoiceSession } from './session.ts';

/** An echo of what was said comes so much later, ms. */
const echo = 700;

type Actions = Driver<z.ZodObject, VoiceSession>['actions'];

/**
 * What holds for every act on the telephone: where a secret is sounded or read back the recordings are silent, and what
 * fails while we ourselves could not send is our fault, not theirs.
 */
export function fair<A extends Actions>(actions: A): A {
  const made = Object.entries(actions).map(([name, action]) => [name, { ...action, run: fairly(action) }]);
  return Object.fromEntries(made) as A;
}

function fairly(action: Actions[string]) {
  return async (args: unknown, session: VoiceSession, tools: Tools): Promise<unknown> => {
    const { context, lease } = session;
    const words = JSON.stringify(args);
    // What is listened for may have begun before the step.
    const begun = session.since > 0 ? Math.min(session.since, tools.clock.now()) : tools.clock.now();
    using _ = tools.watching ? undefined : session.sounding.step();
    try {
      return await action.run(args, session, tools);
    } catch (error) {
      throw ours(error, session);
    } finally {
      if (context.redact(words) !== words) lease.hush.add(context.walk, { from: begun, to: tools.clock.now() + echo });
    }
  };
}

/** A failure during a call whose packets a stall of this process swallowed says nothing about the other side. */
function ours(error: unknown, session: VoiceSession): unknown {
  const skipped = error instanceof Failure ? session.skipped : 0;
  if (skipped === 0 || !(error instanceof Failure)) return error;
  return new Error(
    `our own sender stood still and left out ${skipped} packets, so nothing can be said of them; what was seen: ${error.message}`,
  );
}
