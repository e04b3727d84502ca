import type { Tools } from '../../core/driver.ts';
import { Failure } from '../../core/errors.ts';
import type { Utterance } from '../map/transcript.ts';
import { type Expectation, groupsOf, inWords, sound, unlike } from './expectation.ts';
import type { ChatSession } from './session.ts';

/** Waits for a message that is as expected; judged is its first token, counted from our last act or the previous match. */
export async function hear(wanted: Expectation & { readonly next?: boolean }, session: ChatSession, tools: Tools) {
  sound(wanted);
  const { signal, since, until, note } = tools;
  since(session.since);
  const from = session.position;
  for (;;) {
    const found = look(wanted, session, from);
    if (found) {
      session.position = session.heard.indexOf(found) + 1;
      session.tell(note);
      note({ type: 'metric', name: 'firstToken', value: Math.round(found.onset - session.since), unit: 'ms' });
      note({ type: 'metric', name: 'wholeMessage', value: Math.round(found.at - session.since), unit: 'ms' });
      until(Math.max(found.onset, session.since));
      session.since = Math.max(session.since, found.at);
      const { text, choices, by, from: who } = found;
      return { text, choices, ...(by ? { by } : {}), ...(who ? { from: who } : {}), ...groupsOf(found, wanted) };
    }
    await session.more(signal).catch((error: unknown) => {
      session.tell(note);
      if (error instanceof Failure) throw new Failure(error.message, seen(wanted, session, from));
      throw unheard(wanted, session, from);
    });
  }
}

function look(
  wanted: Expectation & { readonly next?: boolean },
  session: ChatSession,
  from: number,
): Utterance | undefined {
  for (const one of session.heard.slice(from)) {
    if (!one.done) continue;
    if (unlike(one, wanted) === undefined) return one;
    if (wanted.next) throw new Failure(`the next message was ${unlike(one, wanted)}`, seen(wanted, session, from));
  }
  return undefined;
}

function unheard(wanted: Expectation, session: ChatSession, from: number): Failure {
  const came = session.heard.slice(from);
  if (came.length === 0) return new Failure('nothing was said', seen(wanted, session, from));
  return new Failure(
    came.length === 1 ? 'something else was said' : `${came.length} other messages came`,
    seen(wanted, session, from),
  );
}

function seen(wanted: Expectation, session: ChatSession, from: number) {
  const came = session.heard
    .slice(from)
    .map((one) => `“${one.text}” (${one.done ? (unlike(one, wanted) ?? 'as expected') : 'unfinished'})`);
  const earlier = session.heard.slice(session.turn, from).filter((one) => unlike(one, wanted) === undefined);
  const before = earlier.length > 0 ? [`“${earlier[0]?.text}” came before, out of order`] : [];
  return { expected: inWords(wanted), came: [...came, ...before].join('; ') || 'nothing' };
}

/** Fails on sight of a message that must not come; passes when its time is over. */
export async function notHear(wanted: Expectation, session: ChatSession, { signal, note }: Tools): Promise<void> {
  sound(wanted);
  let at = session.position;
  while (!signal.aborted) {
    for (const one of session.heard.slice(at)) {
      if (!one.done) break;
      at += 1;
      if (unlike(one, wanted) === undefined) {
        session.tell(note);
        throw new Failure(`“${one.text}” was said`, { expected: `never ${inWords(wanted)}`, came: one.text });
      }
    }
    await session.more(signal).catch((error: unknown) => {
      if (error instanceof Failure) throw error;
    });
  }
}

/** Since our last act: nothing twice, in the order that was meant, nothing lost. */
export async function expectTidy(
  { quiet }: { readonly quiet: number },
  session: ChatSession,
  { clock, signal, note }: Tools,
): Promise<void> {
  for (let seen = -1; seen !== session.heard.length; ) {
    seen = session.heard.length;
    await clock.sleep(quiet, signal);
  }
  session.tell(note);
  const came = session.heard.slice(session.turn);
  session.position = session.heard.length;
  const told = came.map(({ text }) => `“${text}”`).join(', then ') || 'nothing';
  const fail = (message: string, expected: string) => {
    throw new Failure(message, { expected, came: told });
  };
  came.forEach((one, n) => {
    const again = came
      .slice(0, n)
      .some((other) => (one.id !== undefined && other.id === one.id) || other.text === one.text);
    if (again) fail(`“${one.text}” was said twice`, 'each message once');
    const before = came[n - 1];
    if (!before) return;
    const meant =
      one.order !== undefined && before.order !== undefined
        ? one.order - before.order
        : (one.time ?? 0) - (before.time ?? 0);
    if (meant < 0)
      fail(`“${one.text}” came after “${before.text}”, but was said before it`, 'messages in the order that was meant');
    if (one.order !== undefined && before.order !== undefined && meant > 1)
      fail(`${meant - 1} messages are missing before “${one.text}”`, 'no gap in the numbering');
  });
}
