import { readFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Tools } from '../../core/driver.ts';
import { Failure, SpecError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { seedOf } from '../../core/random.ts';
import { marker, markers } from '../../telephony/hearing/marker.ts';
import { audioOf } from '../../telephony/media/resample.ts';
import { agreed } from './agreed.ts';
import type { Leg } from './leg.ts';
import { markerOf } from './sayings.ts';
import type { VoiceSession } from './session.ts';
import { endText } from './words.ts';

export interface SayArgs {
  readonly text?: string;
  readonly file?: string;
  /** The tune of this actor. */
  readonly marker?: boolean;
  readonly over: boolean;
  /** Fall silent when the other side begins to speak. */
  readonly yield?: boolean;
  readonly leg?: string;
}

/** How long after our act it is still waited for the other side to fall silent, ms. */
const patience = 1500;

/** Speaks, when the other side is silent unless `over`; measured is how long we spoke. */
export async function say(args: SayArgs, session: VoiceSession, tools: Tools): Promise<JsonObject> {
  const { signal, note } = tools;
  const leg = session.live(args.leg);
  session.choose(leg);
  const samples = await sound(args, session);
  const words = args.marker ? markerOf(session.context.actor) : (args.text ?? args.file ?? '');
  if (!args.over) await session.pause(leg, signal);
  const live = session.live(args.leg);
  const by = session.context.actor;
  const begun = tools.clock.now();
  const interrupted = args.yield ? yielding(live, begun) : undefined;
  const spoken = playing(live, () => live.call.media.play(samples, { signal }), session);
  const left = spoken.then(
    ({ due }) => due,
    () => undefined,
  );
  session.lease.sayings.add(session.context.walk, { text: words, samples, by, spoken: left });
  const { from, to, cut } = await spoken.finally(() => interrupted?.over());
  const text = args.text ?? `♪ ${words}`;
  if (from !== undefined) note({ type: 'talk', who: session.context.actor, text, ours: true, at: from });
  const gaveWay = interrupted?.at !== undefined;
  if (cut && !gaveWay)
    throw new Failure('we were cut off while speaking', { came: endText(live.call, tools.clock.now()) });
  session.acted(to ?? tools.clock.now(), tools);
  if (gaveWay && from !== undefined) metric(note, 'yielded-after', (to ?? interrupted.at) - from);
  if (args.over) await talkedOver(live, { from: from ?? begun, signal, note, clock: tools.clock });
  return { from: from ?? begun, to: to ?? tools.clock.now(), interrupted: gaveWay };
}

/** Stops what we play as soon as the other side begins to speak. */
function yielding({ call }: Leg, begun: number): { readonly at: number | undefined; over(): void } {
  const over = new AbortController();
  const theirs = { at: undefined as number | undefined, over: () => over.abort() };
  call
    .until(
      (event): event is Extract<typeof event, { type: 'speech' }> => event.type === 'speech' && event.at >= begun,
      call.position,
      over.signal,
    )
    .then(
      ({ event }) => {
        theirs.at = event.knownAt;
        call.media.stopPlaying();
      },
      () => undefined,
    );
  return theirs;
}

async function sound({ text, file, marker: tune }: SayArgs, session: VoiceSession): Promise<Int16Array> {
  if ([text !== undefined, file !== undefined, tune === true].filter(Boolean).length !== 1)
    throw new SpecError('say either `text`, `file` or `marker`');
  if (tune) return marker(seedOf(session.context.walk + session.context.actor) % markers);
  if (text !== undefined) return session.speaker.speak(text);
  const path = isAbsolute(file!) ? file! : resolve(session.context.root, file!);
  try {
    return audioOf(await readFile(path));
  } catch (error) {
    throw new SpecError(`cannot say ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** How long they went on talking after we broke in; nothing when they were silent then. What does not stop is told as the time until now. */
async function talkedOver(
  { call }: Leg,
  { from, signal, note, clock }: Pick<Tools, 'signal' | 'note' | 'clock'> & { readonly from: number },
): Promise<void> {
  const before = call.events.findLast(({ type, at }) => /^speech/.test(type) && at < from);
  if (before?.type !== 'speech') return;
  const isEnd = (event: (typeof call.events)[number]): event is typeof event =>
    (event.type === 'speech-end' || event.type === 'speech-cancelled' || event.type === 'ended') && event.at >= from;
  const known = call.events.find(isEnd);
  if (known?.type === 'speech-cancelled') return;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const end =
    known ??
    (await call.until(isEnd, call.position, limit).then(
      ({ event }) => event,
      () => undefined,
    ));
  metric(note, 'barge-in', (end?.at ?? clock.now()) - from);
}

function metric(note: Tools['note'], name: string, value: number): void {
  note({ type: 'metric', name, value: Math.round(value), unit: 'ms', better: 'lower' });
}

async function playing<T>(leg: Leg, act: () => Promise<T>, session: VoiceSession): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (leg.call.over) throw new Failure(endText(leg.call, session.context.clock.now()));
    throw error;
  }
}

export interface PressArgs {
  readonly digits: string;
  readonly over: boolean;
  readonly by?: 'rfc4733' | 'in-band' | 'info';
  readonly leg?: string;
}

/** Presses keys, one after the other; a comma waits half a second. */
export async function press(
  { digits, over, by, leg: name }: PressArgs,
  session: VoiceSession,
  tools: Tools,
): Promise<void> {
  const { signal, note } = tools;
  const { context } = session;
  if (!/^[0-9*#A-Da-d,]+$/.test(digits))
    throw new SpecError(
      `\`${context.redact(digits)}\` cannot be pressed`,
      'keys are 0 to 9, *, #, A to D; a comma waits half a second',
    );
  context.guard.digits(digits);
  const leg = session.live(name);
  session.choose(leg);
  if (!over) await session.pause(leg, signal);
  const { call, chosen } = session.live(name);
  const way = by ?? chosen.persona.dtmf ?? (call.media.target?.digits === undefined ? 'in-band' : 'rfc4733');
  if (way === 'rfc4733' && call.media.target?.digits === undefined)
    throw new Failure('the other side did not agree to telephone-event', { hint: 'press `by: in-band` or `by: info`' });
  const shown = context.redact(digits);
  const secret = shown !== digits;
  if (way === 'in-band' && secret) session.mute(call);
  const began = tools.clock.now();
  const pressed = await playing(
    leg,
    () => agreed(call.press(digits, way, { signal }), { signal, to: 'INFO' }),
    session,
  );
  if (secret) session.hide(call, { from: began, to: Math.max(tools.clock.now(), pressed.at(-1)?.end ?? 0) });
  const first = pressed[0];
  note({
    type: 'talk',
    who: context.actor,
    text: `presses ${shown}`,
    ours: true,
    at: first?.at ?? tools.clock.now(),
    about: way,
  });
  session.acted(pressed.at(-1)?.end ?? tools.clock.now(), tools);
  if (over && first) await talkedOver(leg, { from: first.at, signal, note, clock: tools.clock });
}
