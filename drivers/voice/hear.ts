import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Hearing, Wanted } from '../../telephony/hearing/listener.ts';
import type { ToneName } from '../../telephony/hearing/tone-name.ts';
import { audioOf } from '../../telephony/media/resample.ts';
import type { Ears } from './ears.ts';
import { type Layout, layoutOf, longest, savedOf, verified, wordsOf } from './layout.ts';
import type { Leg } from './leg.ts';
import { listened, listensOn } from './listened.ts';
import { onItsWay } from './mouth-to-ear.ts';
import { type Prompt, sameWords } from './prompts.ts';
import { markerOf } from './sayings.ts';
import type { VoiceSession } from './session.ts';
import { hasSlots } from './slots.ts';
import { type HearArgs, spokenBefore } from './wait.ts';
import { watch, watchable } from './watch.ts';

/** What is listened for, and how long it lasts, ms. */
interface Known {
  readonly wanted: Wanted;
  readonly ms: number;
  readonly layout?: Layout;
  readonly prompts: readonly Prompt[];
}

type HeardPrompt = Extract<Hearing, { kind: 'prompt' }>;

/** How long music must have played to be called so, ms: a little more than 3 s, of a sample 4 s. */
const musicMs = 6000;
/** How long after its end a prompt may still be weighed against others, ms. */
const weighing = 1500;

/** Waits until a known text is said by the other side, heard out and with all of its words; judged is its onset. */
export async function hear(args: HearArgs, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  if (tools.watching) return watched(args, session, tools);
  if (args.by === 'speech') return (await import('./hear-words.ts')).hearWords(args, session, tools);
  const leg = listensOn(args.leg, session, tools);
  const expected = inWords(args);
  const ears = await session.lease.ears();
  const { wanted, ms, layout, prompts } = await known(args, { session, ears, tools, expected });
  const heard = await listened(leg, { wanted, session, tools, expected, ms: ms + weighing });
  const matched = heard.kind === 'prompt' || heard.kind === 'sequence' ? heard : undefined;
  const before = matched && args.next ? spokenBefore(matched.onset, leg.call, session.since) : undefined;
  if (!matched || before !== undefined) {
    const text = heard.kind === 'other' ? heard.text : undefined;
    const words = text === undefined ? 'something else' : `“${text}”`;
    const came = before === undefined ? words : `speech, ${(before / 1000).toFixed(1)} s before it`;
    throw new Failure(`${words} was said first`, { expected: `${expected} next`, came });
  }
  if (matched.kind === 'prompt') {
    const way = await onItsWay(matched, { leg, session, tools, most: args.delay });
    return { ...told(matched, { leg, session, tools, expected, named: args.until === 'named' }), ...way };
  }
  spoken(wordsOf(matched.pieces), matched, { leg, session, tools });
  if (layout) verified(matched, layout, prompts);
  return layout ? savedOf(matched, layout, prompts) : {};
}

const inWords = ({ text, file, marker }: HearArgs) =>
  text === undefined ? `♪ ${marker === undefined ? file : markerOf(marker)}` : `“${text}”`;

/** The same beside the steps: on any call, at any time. */
async function watched(args: HearArgs, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  watchable(args);
  const expected = inWords(args);
  const ears = await session.lease.ears();
  const { wanted, layout, prompts } = await known(args, { session, ears, tools, expected });
  const { leg, heard } = await watch({ wanted, leg: args.leg, expected }, session, tools);
  if (heard.kind !== 'prompt' && heard.kind !== 'sequence') return {};
  // The steps tell what was said, and where they listen from is theirs.
  const note: Tools['note'] = (one) => void (one.type === 'talk' || tools.note(one));
  const beside = { leg, session: { since: leg.call.since }, tools: { ...tools, note } };
  if (heard.kind === 'prompt') return told(heard, { ...beside, expected, named: args.until === 'named' });
  spoken(wordsOf(heard.pieces), heard, beside);
  if (layout) verified(heard, layout, prompts);
  return layout ? savedOf(heard, layout, prompts) : {};
}

/** Notes what was said and how sure that is, and sets the step's clock to its onset. */
function spoken(
  text: string,
  { onset, end, score }: Pick<HeardPrompt, 'onset' | 'end' | 'score'>,
  { leg, session, tools: { note, until } }: { leg: Leg; session: { since: number }; tools: Tools },
): void {
  const { remote } = leg.call.signalling;
  note({ type: 'talk', who: remote.name || remote.uri.user || 'they', text, ours: false, at: onset });
  note({ type: 'metric', name: 'match', value: Math.round(end - session.since), unit: 'ms', better: 'lower' });
  note({ type: 'metric', name: 'score', value: Math.round(score * 1000) / 1000, unit: '', better: 'higher' });
  until(Math.max(onset, session.since));
  session.since = end;
}

function told(
  heard: HeardPrompt,
  around: { leg: Leg; session: { since: number }; tools: Tools; expected: string; named: boolean },
): JsonObject {
  const { name, text, score, onset, end, knownAt, changed, jumps } = heard;
  const { tools, expected, named } = around;
  // Only its beginning was heard: what comes next is counted from then.
  spoken(text ?? `♪ ${name}`, { onset, score, end: named ? Math.min(knownAt, end) : end }, around);
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  if (changed.length > 0) {
    const where = changed.map(({ from, to }) => `${seconds(from)} to ${seconds(to)} s`).join(' and ');
    throw new Failure('the wording was changed', {
      expected,
      came: `the same prompt with other words from ${where}`,
      hint: 'meant? `throughline prompts review`, then enrol the new recording',
    });
  }
  for (const jump of jumps)
    tools.degrade(
      `${Math.abs(Math.round(jump.ms))} ms were ${jump.ms < 0 ? 'lost' : 'put in'} at ${seconds(jump.at)} s of ${expected}`,
    );
  const piece = { prompt: name, text: text ?? '', score, onset, end };
  return { ...piece, pieces: [piece] };
}

/** The sounds that a text or a file stands for: an enrolled prompt, else what another actor says. */
async function known(
  { text, file, marker, next, until }: HearArgs,
  around: { session: VoiceSession; ears: Ears; tools: Tools; expected: string },
): Promise<Known> {
  const { session, ears, tools, expected } = around;
  const { context, settings, lease } = session;
  if ([text, file, marker].filter((one) => one !== undefined).length !== 1)
    throw new SpecError('hear either `text`, `file` or `marker`');
  const prompts = await ears.prompts(settings.prompts, context.root);
  const one = (...names: readonly string[]): Wanted => ({ for: 'prompt', names, next, named: until === 'named' });
  if (file !== undefined) {
    let found = lease.sayings.newest(context.walk, (one) => one.text === file);
    if (!found) {
      found = { text: file, samples: await soundOf(file, context.root), by: '' };
      lease.sayings.add(context.walk, found);
    }
    const name = ears.learn(found);
    return { wanted: one(name), ms: ears.ms(name), prompts };
  }
  const words = sameWords(marker === undefined ? (text ?? '') : markerOf(marker));
  const enrolled = prompts.filter((prompt) => sameWords(prompt.text) === words);
  if (enrolled.length > 0) {
    const names = enrolled.map(({ name }) => name);
    return { wanted: one(...names), ms: Math.max(...names.map((name) => ears.ms(name))), prompts };
  }
  const said = lease.sayings.newest(
    context.walk,
    (saying) => saying.by !== context.actor && sameWords(saying.text) === words,
  );
  const layout = said || text === undefined ? undefined : layoutOf(text, prompts);
  if (layout && 'parts' in layout) {
    const { parts } = layout;
    return { wanted: { for: 'sequence', parts }, ms: longest(layout, (name) => ears.ms(name)), layout, prompts };
  }
  if (layout && hasSlots(text ?? '')) throw new SpecError(layout.missing, layout.hint);
  try {
    const fits = (one: { by: string; text: string }) => one.by !== context.actor && sameWords(one.text) === words;
    const saying = await spokenBy(lease.sayings.find(context.walk, fits, tools.signal), session);
    const name = ears.learn(saying);
    return { wanted: one(name), ms: ears.ms(name), prompts };
  } catch (error) {
    if (error !== tools.signal.reason || !(error instanceof Failure)) throw error;
    throw new Failure('it was not said', {
      expected,
      came: 'no other actor said it, and no prompt is enrolled with this text',
    });
  }
}

/** Who waits for another actor to speak may be asked for the marker of its walk meanwhile. */
async function spokenBy<T>(saying: Promise<T>, session: VoiceSession): Promise<T> {
  using _ = session.sounding.waits();
  return await saying;
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
  const wanted: Wanted = { for: 'tone', tones: [tone] };
  if (tools.watching) {
    const { leg, heard } = await watch({ wanted, leg: name, expected: `a ${tone} tone` }, session, tools);
    tools.until(Math.max(heard.onset, leg.call.since));
    return toneOf(heard);
  }
  const leg = listensOn(name, session, tools);
  const heard = await listened(leg, { wanted, session, tools, expected: `a ${tone} tone`, ms: 4000 });
  const { onset } = heard;
  tools.until(Math.max(onset, session.since));
  session.since = heard.knownAt;
  return toneOf(heard);
}

/** Waits for music: any, or an enrolled sample from wherever in it; judged is its onset. */
export async function hearMusic(
  { sample, leg: name }: { sample: string; leg?: string },
  session: VoiceSession,
  tools: Tools,
): Promise<JsonObject> {
  const leg = listensOn(name, session, tools);
  const any = sample === 'any';
  if (!any) {
    const ears = await session.lease.ears();
    await ears.prompts(session.settings.prompts, session.context.root);
    if (!ears.thread.names.has(sample)) throw new SpecError(`no sample ${sample} is enrolled`);
  }
  const wanted: Wanted = { for: 'music', names: any ? [] : [sample] };
  const expected = any ? 'music' : `♪ ${sample}`;
  using _ = session.sounding.waits();
  const heard = await listened(leg, { wanted, session, tools, expected, ms: musicMs });
  if (heard.kind !== 'music') return {};
  const { onset, score = 1 } = heard;
  if (!any)
    tools.note({ type: 'metric', name: 'score', value: Math.round(score * 1000) / 1000, unit: '', better: 'higher' });
  tools.until(Math.max(onset, session.since));
  session.since = heard.knownAt;
  return { sample: heard.name ?? '', onset };
}

const toneOf = (heard: Hearing): JsonObject =>
  heard.kind === 'tone' ? { tone: heard.tone, plan: heard.plan ?? '', hz: [...heard.hz], onset: heard.onset } : {};
