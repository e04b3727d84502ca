import { showMs } from '../../core/duration.ts';
import type { Note } from '../../core/event.ts';
import { type AttemptTale, stepsOf } from '../../core/tale.ts';
import { html, type Markup } from './markup.ts';

type Said = Extract<Note, { type: 'talk' }>;

/** A wait shorter than this is not worth a line, ms. */
const wait = 1500;

/** What was said, voice and chat alike: ours to the right, the waits between written as waits. */
export function talkOf(attempt: AttemptTale): Markup | undefined {
  const all = [...stepsOf(attempt.steps)].flatMap(({ notes }) => notes).concat(attempt.notes.map(({ note }) => note));
  const said = all.filter((note): note is Said => note.type === 'talk').sort((a, b) => a.at - b.at);
  if (said.length === 0) return undefined;
  let before = said[0]?.at ?? 0;
  const lines = said.map((one) => {
    const gap = one.at - before;
    before = one.at;
    const pause = gap >= wait ? html`<small class="gap">${showMs(gap)} later</small>` : undefined;
    const who =
      one.ours && one.who === 'customer'
        ? undefined
        : html` <small>${one.who}${one.about && one.about !== one.who && !/^(bot|human)$/.test(one.about) ? `, ${one.about}` : ''}</small>`;
    return html`${pause}<p${one.ours ? html` class="us"` : ''}>${one.text}${who}</p>`;
  });
  return html`<div class="talk">${lines}</div>`;
}
