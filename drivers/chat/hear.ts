import type { Tools } from '../../core/driver.ts';
import { Failure } from '../../core/errors.ts';
import type { Utterance } from '../map/transcript.ts';
import { type Expectation, groupsOf, inWords, unlike } from './expectation.ts';
import type { ChatSession, Listening } from './session.ts';

/** Waits for a message that is as expected; judged is its first token, counted from our last act or the previous match. */
export async function hear(wanted: Wanted, session: ChatSession, tools: Tools) {
  const { signal, until, note, watching } = tools;
  const { since } = session;
  tools.since(since);
  const looking = await lookingOf(wanted, session, tools);
  for (;;) {
    const found = look(looking);
    if (found) {
      session.tell(note);
      note({ type: 'metric', name: 'firstToken', value: Math.round(found.onset - since), unit: 'ms' });
      note({ type: 'metric', name: 'wholeMessage', value: Math.round(found.at - since), unit: 'ms' });
      until(Math.max(found.onset, since));
      if (!watching) {
        session.position = session.heard.indexOf(found) + 1;
        session.since = Math.max(session.since, found.at);
      }
      const { text, choices, by, from: who } = found;
      return { text, choices, ...(by ? { by } : {}), ...(who ? { from: who } : {}), ...groupsOf(found, wanted) };
    }
    await looking.more(signal).catch((error: unknown) => {
      session.tell(note);
      if (error instanceof Failure && error !== signal.reason) throw new Failure(error.message, seen(looking));
      throw unheard(looking);
    });
  }
}

type Wanted = Expectation & { readonly next?: boolean };

/** Where a step looks: from the first message that no step has matched; a watcher from the very first. */
interface Looking extends Listening {
  readonly wanted: Wanted;
  readonly from: number;
  /** First thing heard after our last act. */
  readonly turn: number;
}

async function lookingOf(wanted: Wanted, session: ChatSession, { watching, signal }: Tools): Promise<Looking> {
  if (watching) return { ...(await session.watched(signal)), wanted, from: 0, turn: 0 };
  const { heard, position, turn } = session;
  return { heard, more: (until) => session.more(until), wanted, from: position, turn };
}

function look(looking: Looking): Utterance | undefined {
  const { heard, from, wanted } = looking;
  for (const one of heard.slice(from)) {
    if (!one.done) continue;
    if (unlike(one, wanted) === undefined) return one;
    if (wanted.next) throw new Failure(`the next message was ${unlike(one, wanted)}`, seen(looking));
  }
  return undefined;
}

function unheard(looking: Looking): Failure {
  const came = looking.heard.slice(looking.from);
  if (came.length === 0) return new Failure('nothing was said', seen(looking));
  return new Failure(
    came.length === 1 ? 'something else was said' : `${came.length} other messages came`,
    seen(looking),
  );
}

function seen({ wanted, heard, from, turn }: Looking) {
  const came = heard
    .slice(from)
    .map((one) => `“${one.text}” (${one.done ? (unlike(one, wanted) ?? 'as expected') : 'unfinished'})`);
  const earlier = heard.slice(turn, from).filter((one) => unlike(one, wanted) === undefined);
  const before = earlier.length > 0 ? [`“${earlier[0]?.text}” came before, out of order`] : [];
  return { expected: inWords(wanted), came: [...came, ...before].join('; ') || 'nothing' };
}

/** Fails on sight of a message that must not come; passes when its time is over. */
export async function notHear(wanted: Expectation, session: ChatSession, tools: Tools): Promise<void> {
  const { signal, note } = tools;
  const looking = await lookingOf(wanted, session, tools).catch(() => undefined);
  let at = looking?.from ?? 0;
  while (looking && !signal.aborted) {
    for (const one of looking.heard.slice(at)) {
      if (!one.done) break;
      at += 1;
      if (unlike(one, wanted) === undefined) {
        session.tell(note);
        throw new Failure(`“${one.text}” was said`, { expected: `never ${inWords(wanted)}`, came: one.text });
      }
    }
    await looking.more(signal).catch((error: unknown) => {
      if (error !== signal.reason) throw error;
    });
  }
}

/** Since our last act: nothing twice, in the order that was meant, nothing lost. */
export async function expectTidy(
  { quiet }: { readonly quiet: number },
  session: ChatSession,
  { clock, signal, note }: Tools,
): Promise<void> {
  // A message that streams in is judged when it is whole: only then is it known when it was meant.
  const streaming = () => session.heard.slice(session.turn).some(({ done }) => !done);
  for (let seen = -1; seen !== session.heard.length || streaming(); ) {
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
        : one.time !== undefined && before.time !== undefined
          ? one.time - before.time
          : 0;
    if (meant < 0)
      fail(`“${one.text}” came after “${before.text}”, but was said before it`, 'messages in the order that was meant');
    if (one.order !== undefined && before.order !== undefined && meant > 1)
      fail(`${meant - 1} messages are missing before “${one.text}”`, 'no gap in the numbering');
  });
}
