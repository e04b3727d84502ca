import type { Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { Utterances } from '../../telephony/hearing/utterance.ts';
import { chunks } from '../../telephony/media/leg.ts';
import type { Leg } from './leg.ts';
import { listensOn } from './listened.ts';
import type { VoiceSession } from './session.ts';
import { likeness } from './spoken.ts';
import { type Transcriber, transcriberOf } from './transcriber.ts';
import { type HearArgs, listensFrom, silentAt, spokenBefore } from './wait.ts';
import { soundText } from './words.ts';

/** Phonetic likeness that is "said this" (audio.md 3.4). */
const said = 0.7;
/** What whisper-like models invent from less. */
const shortest = 300;
const longest = 25_000;
const margin = 300;
const pause = 700;
const early = 100;
const joined = 4;

interface Spoken {
  readonly from: number;
  readonly to: number;
  readonly samples: Int16Array;
}

interface Written extends Omit<Spoken, 'samples'> {
  readonly text: string;
}

/** Waits until a transcriber writes what was expected; what it cannot do makes the step broken, never failed. */
export async function hearWords(args: HearArgs, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const { text } = args;
  if (text === undefined) throw new SpecError('`by: speech` needs a `text`');
  const leg = listensOn(args.leg, session, tools);
  const transcriber = await transcriberOf(session.settings, args.transcriber);
  const among = [text, ...(args.among ?? [])];
  if (transcriber.chooses && among.length < 2)
    throw new SpecError(
      `transcriber \`${transcriber.name}\` can only choose among sentences`,
      'name what else may be said: `among: [...]`',
    );
  const due = tools.clock.now() + tools.left();
  tools.longer(text.length * 100 + pause + transcriber.limit(longest));
  const written: Written[] = [];
  for await (const spoken of utterances(leg, { due, session, tools })) {
    written.push({ ...spoken, text: await transcribed(spoken, { transcriber, among, tools }) });
    const found = match(text, written, transcriber);
    if (found) return told({ text, found, args }, { leg, session, tools });
  }
  const heard = written.map((one) => one.text).filter((one) => one !== '');
  throw new Failure(`“${text}” was not heard`, {
    expected: `“${text}”`,
    came: heard.length > 0 ? heard.map((one) => `“${one}”`).join(', ') : await soundText(leg.call),
  });
}

async function transcribed(
  { samples }: Spoken,
  { transcriber, among, tools }: { transcriber: Transcriber; among: readonly string[]; tools: Tools },
): Promise<string> {
  const { signal } = tools;
  try {
    return (await transcriber.transcribe(samples, { language: transcriber.language, among, signal })).trim();
  } catch (error) {
    // Our tool was too slow: the other side had spoken in time.
    if (signal.aborted && signal.reason instanceof Failure)
      throw new Error(`transcriber ${transcriber.name} had not answered when the step had to end`);
    throw error;
  }
}

/** The newest utterances, one or a few of them joined, that hold the text. */
function match(text: string, written: readonly Written[], { language }: Transcriber) {
  for (let count = 1; count <= Math.min(joined, written.length); count++) {
    const last = written.slice(-count);
    const { score, otherwise } = likeness(text, last.map((one) => one.text).join(' '), language);
    if (score >= said && otherwise.length === 0) return { score, from: last[0]!.from, to: last.at(-1)!.to, last };
  }
  return undefined;
}

function told(
  { text, found, args }: { text: string; found: NonNullable<ReturnType<typeof match>>; args: HearArgs },
  { leg, session, tools }: { leg: Leg; session: VoiceSession; tools: Tools },
): JsonObject {
  const { from: onset, to: end, score } = found;
  const { note } = tools;
  const words = found.last.map((one) => one.text).join(' ');
  const before = args.next ? spokenBefore(onset, leg.call, session.since) : undefined;
  if (before !== undefined)
    throw new Failure('something else was said first', {
      expected: `“${text}” next`,
      came: `speech, ${(before / 1000).toFixed(1)} s before it`,
    });
  const { remote } = leg.call.signalling;
  note({ type: 'talk', who: remote.name || remote.uri.user || 'they', text: words, ours: false, at: onset });
  note({ type: 'metric', name: 'match', value: Math.round(end - session.since), unit: 'ms', better: 'lower' });
  note({ type: 'metric', name: 'score', value: Math.round(score * 1000) / 1000, unit: '', better: 'higher' });
  tools.until(Math.max(onset, session.since));
  session.since = end;
  return { prompt: '', text: words, pieces: [], score, onset, end };
}

/** What is said on a call, an utterance at a time, until the time is up and nobody speaks. */
async function* utterances(
  leg: Leg,
  { due, session, tools: { clock, signal } }: { due: number; session: VoiceSession; tools: Tools },
): AsyncGenerator<Spoken> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const port = leg.call.media.tap(listensFrom(leg.call, session.since) - early);
  const late = silentAt(due, { leg, clock, stop, quiet: pause + margin });
  late.then(
    () => port.close(),
    () => port.close(),
  );
  const utterances = new Utterances(pause);
  const memory = new Memory();
  try {
    for await (const chunk of chunks(port)) {
      memory.push(chunk.at, chunk.samples);
      const done = utterances.push(chunk.voice, memory.end);
      const { speaking } = utterances;
      for (const { from, to } of done) if (to - from >= shortest) yield memory.cut(from, to);
      if (speaking && memory.end - Math.max(speaking.from, memory.taken) > longest)
        yield memory.cut(Math.max(speaking.from, memory.taken), memory.end);
    }
    const { speaking } = utterances;
    if (speaking && memory.end - speaking.from >= shortest) yield memory.cut(speaking.from, speaking.to ?? memory.end);
    if (signal.aborted && !(signal.reason instanceof Failure)) throw signal.reason;
  } finally {
    over.abort();
    port.close();
  }
}

/** The newest sound, by time. */
class Memory {
  #pieces: { readonly at: number; readonly samples: Int16Array }[] = [];
  end = 0;
  /** Up to here it has been handed out. */
  taken = 0;

  push(at: number, samples: Int16Array): void {
    this.#pieces.push({ at, samples });
    this.end = at + samples.length / 8;
    while (this.#pieces[0] && this.#pieces[0].at < this.end - 2 * longest) this.#pieces.shift();
  }

  cut(from: number, to: number): Spoken {
    const begin = Math.max(from - margin, this.taken, this.#pieces[0]?.at ?? 0);
    const end = Math.min(this.end, to + margin);
    const samples = new Int16Array(Math.max(0, Math.round((end - begin) * 8)));
    for (const piece of this.#pieces) {
      const at = Math.round((piece.at - begin) * 8);
      const first = Math.max(0, -at);
      if (at < samples.length && first < piece.samples.length)
        samples.set(piece.samples.subarray(first, samples.length - at), at + first);
    }
    this.taken = end;
    return { from, to, samples };
  }
}
