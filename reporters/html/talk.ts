import { showMs } from '../../core/duration.ts';
import type { Note } from '../../core/event.ts';
import { type AttemptTale, stepsOf } from '../../core/tale.ts';
import { type Shelf, soundId } from './evidence.ts';
import { html, type Markup } from './markup.ts';
import { type Recording, recordingsOf, silenceBefore } from './sound.ts';

type Said = Extract<Note, { type: 'talk' }>;

interface Line {
  readonly actor: string;
  readonly note: Said;
}

/** A wait shorter than this is not worth a line, ms. */
const wait = 1500;
/** On the phone nobody speaks for less than this between any two turns, ms. */
const silence = 500;
/** How long after it was said a line may be heard by somebody else, ms. */
const echo = 20_000;

/** What was said, voice and chat alike: the customer to the right, the waits between written as waits; a click on a line plays its sound. */
export function talkOf(attempt: AttemptTale, shelf: Shelf): Markup | undefined {
  const ofSteps = [...stepsOf(attempt.steps)].flatMap(({ started, notes }) =>
    notes.map((note) => ({ actor: started.actor, note })),
  );
  const all = [...ofSteps, ...attempt.notes]
    .filter((line): line is Line => line.note.type === 'talk')
    .sort((a, b) => a.note.at - b.note.at);
  const heardBy = new Map<Line, string>();
  const lines = all.filter((line) => {
    const source = line.note.ours ? undefined : saidBefore(line, all);
    if (source) heardBy.set(source, line.actor);
    return !source;
  });
  const [first] = lines;
  if (!first) return undefined;
  const recordings = recordingsOf(attempt, shelf.folder);
  const us = all.some(({ actor }) => actor === 'customer') ? 'customer' : all.find(({ note }) => note.ours)?.actor;
  let before = first.note.at;
  const shown = lines.map((line) => {
    const { note, actor } = line;
    const pause = pauseOf(line, before, recordings);
    before = note.at;
    const right = note.ours && actor === us;
    const about =
      note.about && note.about !== note.who && !/^(bot|human|rfc4733)$/.test(note.about) ? note.about : undefined;
    const small = [right ? undefined : note.who, about, heardBy.has(line) && `heard by ${heardBy.get(line)}`]
      .filter(Boolean)
      .join(', ');
    return html`${pause}<p dir="auto"${right ? html` class="us"` : ''}${player(line, { recordings, shelf })}>${note.text}${small ? html` <small>${small}</small>` : ''}</p>`;
  });
  return html`<div class="talk">${shown}</div>`;
}

/** The wait before a line: of a call the silence, as its recording has it; else since the line before, epoch ms. */
function pauseOf(line: Line, before: number, recordings: readonly Recording[]): Markup | undefined {
  const { at } = line.note;
  const recording = recordingOf(line, recordings);
  const gap = recording ? Math.min(at - before, silenceBefore(recording.sound, at - recording.at)) : at - before;
  if (gap < (recording ? silence : wait)) return undefined;
  return html`<small class="gap">${showMs(gap)} ${recording ? 'of silence' : 'later'}</small>`;
}

const recordingOf = ({ actor, note }: Line, recordings: readonly Recording[]): Recording | undefined =>
  recordings.find(
    ({ actor: by, at, sound }) => by === actor && note.at >= at && note.at < at + (sound.frames / sound.rate) * 1000,
  );

/** The line of another actor that this one is what was heard of. */
function saidBefore({ actor, note }: Line, all: readonly Line[]): Line | undefined {
  return all.findLast(
    (other) =>
      other.note.ours &&
      other.actor !== actor &&
      other.note.at <= note.at + 1000 &&
      note.at - other.note.at < echo &&
      words(other.note.text) === words(note.text),
  );
}

const words = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** Where the sound of a line lies; nothing when no recording of its actor covers it. */
function player(
  line: Line,
  { recordings, shelf }: { recordings: readonly Recording[]; shelf: Shelf },
): Markup | undefined {
  const found = recordingOf(line, recordings);
  if (!found) return undefined;
  const seconds = Math.max(0, (line.note.at - found.at - 200) / 1000).toFixed(2);
  return html` role="button" tabindex="0" title="play from ${seconds} s" data-play="${soundId(shelf, found.path)}" data-at="${seconds}"`;
}
