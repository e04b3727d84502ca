import { showMs } from '../../core/duration.ts';
import { layersOf, statusOf, type WalkTale } from '../../core/tale.ts';
import { glyphs } from '../../core/verdict.ts';
import { html, type Markup } from './markup.ts';
import { noPast, type Place } from './past.ts';
import { median } from './spread.ts';
import { about, article, histories, insides, isLoud, stepCount, thread } from './walk.ts';

/** Walks that are told together: one, or several of one journey that went the same way. */
export type Group = readonly [WalkTale, ...WalkTale[]];

/** From so many on, the good walks of one journey are told as one; those that deviate, from two on. */
const several = 3;

/** The walks in the order given; those of one journey of which there is the same to tell are together. */
export function together(walks: readonly WalkTale[]): readonly Group[] {
  const groups = Map.groupBy(walks, wayOf);
  return [...groups.values()].flatMap((group): readonly Group[] => {
    const [first, ...others] = group;
    if (first && (group.length >= several || (isLoud(first) && others.length > 0))) return [[first, ...others]];
    return group.map((walk) => [walk] as const);
  });
}

/** How it went, in few words; alone where there is more to tell than that. */
function wayOf(walk: WalkTale): string {
  const { journey, walk: id } = walk.started;
  const status = statusOf(walk);
  const last = walk.attempts.at(-1);
  if (walk.attempts.length !== 1 || walk.faults.length > 0) return id;
  const steps = walk.findings.map((finding) => `${finding.status} ${finding.step}`).sort();
  if (isLoud(walk)) return JSON.stringify([journey, status, steps]);
  return steps.length > 0 || last?.notes.some(({ note }) => note.type === 'file') ? id : JSON.stringify([journey]);
}

/** What stands alone: an article; several that went the same way: one in full, the others to unfold. */
export function articles(group: Group, place: Place): Markup {
  const [first, ...others] = group;
  if (others.length === 0) return article(first, place);
  const status = statusOf(first);
  const { title, journey, owner } = first.started;
  const loud = isLoud(first);
  const steps = stepCount(first.attempts.at(-1));
  const more = loud ? rowsOf(others, { ...place, past: noPast }) : rowsOf(group, { ...place, past: noPast });
  const folded = `${more.length} ${loud ? `more ${more.length === 1 ? 'walk' : 'walks'} that went the same way` : `walks, ${steps} ${steps === 1 ? 'step' : 'steps'} each`}`;
  return html`<article class="${status}" data-status="${status}"><div class="top"><h2 dir="auto">${title}</h2><span class="verdict">${glyphs[status]} ${group.length} ${status}</span><span class="soft">${journey} · owner ${owner || 'nobody named'}</span><span class="num soft">${timesOf(group)}</span></div>
${loud ? insides(first, place) : html`${thread(first)}${histories(first, place)}`}${loud || more.length > 10 ? html`<details><summary>${folded}</summary>${more}</details>` : more}</article>`;
}

/** Good walks, one line a journey, to unfold: a green run fits a screen. */
export function lines(groups: readonly Group[], place: Place): Markup {
  const rows = groups.map((group) => {
    const [first, ...others] = group;
    const status = statusOf(first);
    const layers = layersOf(first).map(({ name }) => name);
    const under =
      others.length === 0
        ? about(first)
        : `${first.started.journey} · owner ${first.started.owner} · ${group.length} walks, ${timesOf(group)}`;
    const ms = median(group.map(({ ended }) => ended?.ms ?? 0));
    return html`<details class="line ${status}" data-status="${status}" id="${first.started.walk}"><summary><span class="sign" title="${status}">${glyphs[status]}</span><span class="name" dir="auto">${first.started.title}<small>${under}</small></span><span class="layers">${layers.join(' ─ ')}</span><span class="num">${showMs(ms)}</span></summary>${others.length === 0 ? insides(first, place) : html`${thread(first)}${histories(first, place)}${rowsOf(group, { ...place, past: noPast })}`}</details>`;
  });
  return html`<article class="lines">${rows}</article>`;
}

function timesOf(group: Group): string {
  const times = group.map(({ ended }) => ended?.ms ?? 0);
  return `${showMs(Math.min(...times))} – ${showMs(Math.max(...times))}, median ${showMs(median(times))}`;
}

/** A line a walk: how long it took, and all of it to unfold. */
function rowsOf(walks: readonly WalkTale[], place: Place): readonly Markup[] {
  const longest = Math.max(1, ...walks.map(({ ended }) => ended?.ms ?? 0));
  return walks.map((walk, n) => {
    const ms = walk.ended?.ms ?? 0;
    const name = walk.started.row === undefined ? `walk ${n + 1}` : `row ${walk.started.row}`;
    const bar = html`<span class="axis"><i style="left:0;width:${((100 * ms) / longest).toFixed(1)}%"></i></span>`;
    return html`<details id="${walk.started.walk}"><summary class="one"><span>${name}</span>${bar}<span class="num">${showMs(ms)}</span></summary>${insides(walk, place)}</details>`;
  });
}
