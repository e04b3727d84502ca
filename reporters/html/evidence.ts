import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { showMs } from '../../core/duration.ts';
import type { Note } from '../../core/event.ts';
import type { WalkTale } from '../../core/tale.ts';
import { ladder } from './ladder.ts';
import { html, Markup } from './markup.ts';
import { readSound } from './sound.ts';
import { waveform } from './waveform.ts';

type File = Extract<Note, { type: 'file' }>;

/** Larger files are linked instead of carried inside, bytes. */
const small = 300_000;

export interface Shelf {
  /** Folder of the walk's artefacts, absolute. */
  readonly folder: string;
  /** The report itself: links are relative to it. */
  readonly report: string;
}

export const shelfOf = (walk: WalkTale, root: string, report: string): Shelf => ({
  folder: join(root, walk.started.folder),
  report,
});

/** What a player is found by. */
export const soundId = (shelf: Shelf, path: string): string => `${basename(shelf.folder)}/${path}`;

/** One artefact: picture, sound, call ladder or link; `pruned` when the file is gone. */
export function evidence(note: File, shelf: Shelf): Markup {
  const path = join(shelf.folder, note.path);
  const title = note.title ?? note.path;
  if (!existsSync(path)) return html`<p class="soft">${title}: pruned</p>`;
  const link = relative(dirname(shelf.report), path).replaceAll('\\', '/');
  const inside = statSync(path).size <= small;
  const source = () => (inside ? `data:${note.mime};base64,${readFileSync(path).toString('base64')}` : link);
  if (note.mime.startsWith('image/'))
    return html`<figure><figcaption>${title}</figcaption><img src="${source()}" alt="${title}" loading="lazy"></figure>`;
  if (note.mime === 'audio/wav') {
    const sound = readSound(path);
    const drawn = sound ? waveform(sound) : '';
    return html`<figure><figcaption>${title}</figcaption>${drawn}<audio controls preload="none" data-sound="${soundId(shelf, note.path)}" src="${source()}"></audio></figure>`;
  }
  if (note.mime.startsWith('video/'))
    return html`<figure><figcaption>${title}</figcaption><video controls preload="none" src="${link}" style="max-width:100%"></video></figure>`;
  if (note.mime === 'application/vnd.throughline.ladder+json') return ladder(path, title);
  return html`<p><a href="${link}">${title}</a></p>`;
}

/** Numbers and references that a step noted, for those who look. */
export function numbers(notes: readonly Note[]): Markup | undefined {
  const metrics = notes.filter((note) => note.type === 'metric');
  const refs = notes.filter((note) => note.type === 'ref');
  if (metrics.length + refs.length === 0) return undefined;
  const shown = metrics.map(
    ({ name, value, unit }) =>
      html`${name} ${unit === 'ms' ? showMs(value) : `${Number(value.toPrecision(3))}${unit ? ` ${unit}` : ''}`} · `,
  );
  const linked = refs.map(
    ({ system, id, url }) =>
      html`${system} ${url ? html`<a href="${/^https?:/.test(url) ? url : '#'}">${id}</a>` : html`<span class="mono">${id}</span>`} · `,
  );
  const text = [...shown, ...linked].map((one) => one.text).join('');
  return new Markup(text.replace(/ · $/, ''));
}
