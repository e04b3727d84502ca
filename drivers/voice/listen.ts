import type { Tools } from '../../core/driver.ts';
import { Failure } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Wanted } from '../../telephony/hearing/listener.ts';
import { listened, listensOn } from './listened.ts';
import type { VoiceSession } from './session.ts';
import { listensFrom } from './wait.ts';
import { soundText } from './words.ts';

/** How long after its onset speech may take to be told from music, and how much of what was before is looked at for music, ms. */
const [weighing, before] = [2000, 4000];

/** Waits until the other side speaks: no music, no tone. Judged is the onset, counted from our last act or the previous match. */
export async function hearSpeech(
  { leg: name }: { leg?: string },
  session: VoiceSession,
  tools: Tools,
): Promise<JsonObject> {
  const leg = listensOn(name, session, tools);
  const { call } = leg;
  const sounds = await heard(session, { leg: name, tools }, (events) => {
    const last = events.findLast((event) => event.type === 'speech' || event.type === 'speech-cancelled');
    const speaking = call.media.quietSince === undefined && last?.type === 'speech' ? last : undefined;
    const since = events.find(
      (event) => event.type === 'speech' && event.at >= listensFrom(call, session.since) && !withdrawn(events, event),
    );
    return since ?? speaking;
  });
  const wanted: Wanted = { for: 'speech', since: sounds.at, from: listensFrom(call, session.since) };
  const around = { session, tools, expected: 'speech', otherwise: 'nobody spoke' };
  const { onset } = await listened(leg, { wanted, ...around, ms: weighing, before });
  const at = Math.max(onset, session.since);
  tools.until(at);
  session.since = at;
  return { onset };
}

type Events = VoiceSession['leg'] extends (name?: string) => { call: { events: infer E } } ? E : never;

/** Speech that turned out to be a tone or a step of noise. */
function withdrawn(events: Events, speech: { readonly at: number }): boolean {
  return events.some((event) => event.type === 'speech-cancelled' && event.at === speech.at);
}

async function heard<T>(
  session: VoiceSession,
  { leg, tools }: { leg?: string; tools: Tools },
  look: (events: Events) => T | undefined,
): Promise<T> {
  const { signal } = tools;
  const { call } = session.leg(leg);
  for (let from = call.position; ; ) {
    const found = look(call.events);
    if (found) return found;
    session.live(leg);
    try {
      const next = await call.until((event): event is typeof event => event !== undefined, from, signal);
      from = next.position + 1;
    } catch (error) {
      if (error !== signal.reason || !(error instanceof Failure)) throw error;
      throw new Failure('nobody spoke', { expected: 'speech', came: await soundText(call) });
    }
  }
}

/** Waits until the other side has been silent for so long; judged is when that silence was long enough. */
export async function hearSilence(
  { for: ms, leg: name }: { for: number; leg?: string },
  session: VoiceSession,
  tools: Tools,
): Promise<JsonObject> {
  const leg = session.live(name);
  session.choose(leg);
  const { clock, signal } = tools;
  for (;;) {
    const { quietSince } = leg.call.media;
    const from = quietSince === undefined ? undefined : Math.max(quietSince, session.since);
    const missing = from === undefined ? 50 : from + ms - clock.now();
    if (from !== undefined && missing <= 0) {
      tools.until(from + ms);
      session.since = from + ms;
      return { from };
    }
    session.live(name);
    try {
      await clock.sleep(Math.min(Math.max(missing, 1), 50), signal);
    } catch (error) {
      if (error !== signal.reason || !(error instanceof Failure)) throw error;
      throw new Failure(`it was never silent for ${ms} ms`, {
        expected: `${ms} ms of silence`,
        came: await soundText(leg.call),
      });
    }
  }
}
