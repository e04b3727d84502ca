import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Hearing, Wanted } from '../../telephony/hearing/listener.ts';
import type { ToneName } from '../../telephony/hearing/tone-name.ts';
import { audioOf } from '../../telephony/media/resample.ts';
import type { Ears } from './ears.ts';
import type { Leg } from './leg.ts';
import { mouthToEar } from './mouth-to-ear.ts';
import { sameWords } from './prompts.ts';
import { markerOf } from './sayings.ts';
import type { VoiceSession } from './session.ts';
import { soundText } from './words.ts';

export interface HearArgs {
  readonly text?: string;
  readonly file?: string;
  /** Whose tune. */
  readonly marker?: string;
  /** ms that it may be on its way. */
  readonly delay?: number;
  readonly next: boolean;
  readonly leg?: string;
}

/** What is listened for, and how long it lasts, ms. */
interface Known {
  readonly names: readonly string[];
  readonly ms: number;
}

type HeardPrompt = Extract<Hearing, { kind: 'prompt' }>;

/** A little before the last act: what begins with it has its first syllable. */
const early = 100;
/** Onsets nearer than this are one, ms. */
const syllable = 400;
/** How long after its end a prompt may still be weighed against others, ms. */
const weighing = 1500;

/** Waits until a known text is said by the other side, heard out and with all of its words; judged is its onset. */
export async function hear(args: HearArgs, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const leg = session.live(args.leg);
  session.choose(leg);
  tools.since(session.since);
  const tune = args.marker === undefined ? args.file : markerOf(args.marker);
  const expected = args.text === undefined ? `♪ ${tune}` : `“${args.text}”`;
  const ears = await session.lease.ears();
  const { names, ms } = await known(args, { session, ears, tools, expected });
  const wanted: Wanted = { for: 'prompt', names, next: args.next };
  const heard = await listened(leg, { wanted, session, tools, expected, ms: ms + weighing });
  const before = heard.kind === 'prompt' && args.next ? spokenBefore(heard.onset, leg, session) : undefined;
  if (heard.kind !== 'prompt' || before !== undefined) {
    const text = heard.kind === 'other' ? heard.text : undefined;
    const words = text === undefined ? 'something else' : `“${text}”`;
    const came = before === undefined ? words : `speech, ${(before / 1000).toFixed(1)} s before it`;
    throw new Failure(`${words} was said first`, { expected: `${expected} next`, came });
  }
  const way = await onItsWay(heard, { leg, session, tools, most: args.delay });
  return { ...told(heard, { leg, session, tools, expected }), ...way };
}

/** What another actor says is known to the sample: how long it took from mouth to ear is measured, and may be limited. */
async function onItsWay(
  { name, end }: HeardPrompt,
  { leg, session, tools, most }: { leg: Leg; session: VoiceSession; tools: Tools; most: number | undefined },
): Promise<JsonObject> {
  const { actor, walk } = session.context;
  const saying = session.lease.sayings.newest(walk, (one) => one.name === name && one.by !== actor);
  const from = await saying?.spoken;
  const delay =
    saying && from !== undefined ? await mouthToEar(leg.call.media, { samples: saying.samples, from }, end) : undefined;
  if (delay === undefined) {
    if (most === undefined) return {};
    throw new SpecError(
      'how long the sound was on its way is not known',
      'give `delay` where another actor says the text, once',
    );
  }
  tools.note({ type: 'metric', name: 'mouth-to-ear', value: Math.round(delay * 10) / 10, unit: 'ms', better: 'lower' });
  if (most !== undefined && delay > most)
    throw new Failure('the sound was long on its way', {
      expected: `at most ${most} ms`,
      came: `${Math.round(delay)} ms from mouth to ear`,
    });
  return { delay };
}

/** How long before a match the other side had begun to speak, ms; undefined when the match is the first that was said. */
function spokenBefore(onset: number, { call }: Leg, { since }: VoiceSession): number | undefined {
  const withdrawn = new Set(call.events.flatMap((event) => (event.type === 'speech-cancelled' ? event.at : [])));
  const first = call.events.find((event) => event.type === 'speech' && event.at >= since && !withdrawn.has(event.at));
  return first && onset - first.at > syllable ? onset - first.at : undefined;
}

function told(
  heard: HeardPrompt,
  { leg, session, tools, expected }: { leg: Leg; session: VoiceSession; tools: Tools; expected: string },
): JsonObject {
  const { name, text, score, onset, end, changed, jumps } = heard;
  const { note } = tools;
  const { remote } = leg.call.signalling;
  note({
    type: 'talk',
    who: remote.name || remote.uri.user || 'they',
    text: text ?? `♪ ${name}`,
    ours: false,
    at: onset,
  });
  const judged = Math.max(onset, session.since);
  note({ type: 'metric', name: 'match', value: Math.round(end - session.since), unit: 'ms', better: 'lower' });
  note({ type: 'metric', name: 'score', value: Math.round(score * 1000) / 1000, unit: '', better: 'higher' });
  tools.until(judged);
  session.since = end;
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  if (changed.length > 0) {
    const where = changed.map(({ from, to }) => `${seconds(from)} to ${seconds(to)} s`).join(' and ');
    throw new Failure('the wording was changed', {
      expected,
      came: `the same prompt with other words from ${where}`,
      hint: 'meant? enrol the new recording with `throughline enroll`',
    });
  }
  for (const jump of jumps)
    tools.degrade(
      `${Math.abs(Math.round(jump.ms))} ms were ${jump.ms < 0 ? 'lost' : 'put in'} at ${seconds(jump.at)} s of ${expected}`,
    );
  return { prompt: name, text: text ?? '', score, onset, end };
}

/** The sounds that a text or a file stands for: an enrolled prompt, else what another actor says. */
async function known(
  { text, file, marker }: HearArgs,
  around: { session: VoiceSession; ears: Ears; tools: Tools; expected: string },
): Promise<Known> {
  const { session, ears, tools, expected } = around;
  const { context, settings, lease } = session;
  if ([text, file, marker].filter((one) => one !== undefined).length !== 1)
    throw new SpecError('hear either `text`, `file` or `marker`');
  const prompts = await ears.prompts(settings.prompts, context.root);
  if (file !== undefined) {
    let found = lease.sayings.newest(context.walk, (one) => one.text === file);
    if (!found) {
      found = { text: file, samples: await soundOf(file, context.root), by: '' };
      lease.sayings.add(context.walk, found);
    }
    const name = ears.learn(found);
    return { names: [name], ms: ears.ms(name) };
  }
  const words = sameWords(marker === undefined ? (text ?? '') : markerOf(marker));
  const enrolled = prompts.filter((prompt) => sameWords(prompt.text) === words);
  if (enrolled.length > 0) {
    const names = enrolled.map(({ name }) => name);
    return { names, ms: Math.max(...names.map((name) => ears.ms(name))) };
  }
  try {
    const fits = (one: { by: string; text: string }) => one.by !== context.actor && sameWords(one.text) === words;
    const saying = await lease.sayings.find(context.walk, fits, tools.signal);
    const name = ears.learn(saying);
    return { names: [name], ms: ears.ms(name) };
  } catch (error) {
    if (error !== tools.signal.reason || !(error instanceof Failure)) throw error;
    throw new Failure('it was not said', {
      expected,
      came: 'no other actor said it, and no prompt is enrolled with this text',
    });
  }
}

async function soundOf(file: string, root: string): Promise<Int16Array> {
  try {
    return audioOf(await readFile(resolve(root, file)));
  } catch (error) {
    throw new SpecError(`cannot listen for ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Waits for a tone of call progress; judged is its onset. */
export async function hearTone(
  { tone, leg: name }: { tone: ToneName; leg?: string },
  session: VoiceSession,
  tools: Tools,
): Promise<JsonObject> {
  const leg = session.live(name);
  session.choose(leg);
  tools.since(session.since);
  const wanted: Wanted = { for: 'tone', tones: [tone] };
  const heard = await listened(leg, { wanted, session, tools, expected: `a ${tone} tone`, ms: 4000 });
  const { onset } = heard;
  tools.until(Math.max(onset, session.since));
  session.since = heard.knownAt;
  return heard.kind === 'tone' ? { tone: heard.tone, plan: heard.plan ?? '', hz: [...heard.hz], onset } : {};
}

interface Listens {
  readonly wanted: Wanted;
  readonly session: VoiceSession;
  readonly tools: Tools;
  readonly expected: string;
  /** How long after its onset what is wanted may take to be known, ms. */
  readonly ms: number;
}

/** What was wanted; a Failure that says what was heard instead when it does not begin in time. */
async function listened(leg: Leg, { wanted, session, tools, expected, ms }: Listens): Promise<Hearing> {
  const { clock, signal } = tools;
  const { call } = leg;
  const { thread } = await session.lease.ears();
  const due = clock.now() + tools.left();
  tools.longer(ms);
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const listening = thread.listen(call.media, wanted, Math.max(session.since, call.since) - early);
  const gone = call
    .until((event): event is typeof event => event.type === 'ended', 0, stop)
    .then(() => clock.sleep(500, stop));
  const late = silentAt(due, { leg, clock, stop });
  try {
    return await Promise.race([listening.result, gone.then(() => undefined), late.then(() => undefined)]).then(
      (heard) => heard ?? Promise.reject(new Error('no longer')),
    );
  } catch (error) {
    const summary = await listening.stop();
    if (signal.aborted && !(signal.reason instanceof Failure)) throw signal.reason;
    if (error instanceof Error && /hearing thread/.test(error.message)) throw error;
    const named = summary.others.findLast((other) => other.text !== undefined)?.text;
    const what = summary.speech < 100 ? await soundText(call) : summary.words;
    throw new Failure(named === undefined ? `${expected} was not heard` : `“${named}” was heard instead`, {
      expected,
      came: summary.speech < 100 && !call.over ? `${summary.words}; ${what}` : what,
    });
  } finally {
    over.abort();
    listening.stop().catch(() => undefined);
    for (const waiting of [gone, late]) waiting.catch(() => undefined);
  }
}

/** Resolves once the time is up and nobody is speaking: what had begun by then is heard out. */
async function silentAt(
  due: number,
  { leg, clock, stop }: { leg: Leg; clock: Tools['clock']; stop: AbortSignal },
): Promise<void> {
  await clock.sleep(Math.max(0, due - clock.now()), stop);
  for (;;) {
    const { quietSince } = leg.call.media;
    if (quietSince !== undefined && clock.now() - quietSince >= 700) return;
    await clock.sleep(50, stop);
  }
}
