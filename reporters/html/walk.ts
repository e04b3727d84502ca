import { showMs } from '../../core/duration.ts';
import { whose } from '../../core/headline.ts';
import { type AttemptTale, layersOf, statusOf, stepsOf, type WalkTale } from '../../core/tale.ts';
import { glyphs } from '../../core/verdict.ts';
import { evidence, type Shelf, shelfOf } from './evidence.ts';
import { html, type Markup } from './markup.ts';
import { key, waterfall } from './steps.ts';
import { talkOf } from './talk.ts';

/** One journey as it was walked: verdict, throughline, steps, what was said, evidence. */
export function article(walk: WalkTale, place: { readonly root: string; readonly report: string }): Markup {
  const { started, ended } = walk;
  const status = statusOf(walk);
  const shelf = shelfOf(walk, place.root, place.report);
  const last = walk.attempts.at(-1);
  const loud = status !== 'passed' && status !== 'skipped';
  const row = started.row === undefined ? '' : ` · row ${started.row}`;
  const tries = walk.attempts.length > 1 ? ` · ${walk.attempts.length} attempts` : '';
  const flaky = ended?.flaky ? ', flaky' : '';
  const findings = walk.findings.map(
    (finding) =>
      html`<li class="${finding.status}">${finding.sentence}. <span class="soft">${whose(finding)}</span></li>`,
  );
  const faults = walk.faults.map(({ message }) => html`<li class="broken">${message}</li>`);
  const steps = last && html`${waterfall(last, { shelf, findings: walk.findings })}${loud ? key : ''}`;
  const talk = last && talkOf(last, shelf);
  return html`<article class="${status}" data-status="${status}" id="${started.walk}"><div class="top"><h2>${started.title}</h2><span class="verdict">${glyphs[status]} ${status}${flaky}</span><span class="soft">${started.journey}${row} · owner ${started.owner}${tries}</span><span class="num soft">${showMs(ended?.ms ?? 0)}</span></div>
${findings.length + faults.length > 0 ? html`<ul class="told">${findings}${faults}</ul>` : ''}
${thread(walk)}
${steps ? (loud ? steps : html`<details><summary>${stepCount(last)} steps</summary>${steps}</details>`) : ''}
${talk ? html`<details${loud ? html` open` : ''}><summary>What was said</summary>${talk}</details>` : ''}
${evidenceOf(last, { shelf, open: loud })}${earlier(walk, shelf)}</article>`;
}

const stepCount = (attempt: AttemptTale | undefined) =>
  attempt ? [...stepsOf(attempt.steps)].filter(({ steps }) => steps.length === 0).length : 0;

/** From so many on, the good walks of one journey are told as one. */
const several = 3;

/** The walks in the order given; those of one journey of which there is nothing to tell but that they passed are together. */
export function together(walks: readonly WalkTale[]): readonly (readonly [WalkTale, ...WalkTale[]])[] {
  const uneventful = (walk: WalkTale) =>
    statusOf(walk) === 'passed' &&
    walk.attempts.length === 1 &&
    walk.findings.length + walk.faults.length === 0 &&
    !walk.attempts[0]?.notes.some(({ note }) => note.type === 'file');
  const groups = Map.groupBy(walks, (walk) => (uneventful(walk) ? walk.started.journey : walk.started.walk));
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group;
    if (first && group.length >= several) return [[first, ...others] as const];
    return group.map((walk) => [walk] as const);
  });
}

/** Several good walks of one journey: how long each took, and its steps to unfold. */
export function articles(
  [first, ...others]: readonly [WalkTale, ...WalkTale[]],
  place: { readonly root: string; readonly report: string },
): Markup {
  if (others.length === 0) return article(first, place);
  const walks = [first, ...others];
  const times = walks.map(({ ended }) => ended?.ms ?? 0);
  const sorted = times.toSorted((a, b) => a - b);
  const longest = sorted.at(-1) ?? 0;
  const rows = walks.map((walk, n) => {
    const last = walk.attempts.at(-1);
    const name = walk.started.row === undefined ? `walk ${n + 1}` : `row ${walk.started.row}`;
    const bar = html`<span class="axis"><i style="left:0;width:${(100 * (times[n] ?? 0)) / (longest || 1)}%"></i></span>`;
    return html`<details id="${walk.started.walk}"><summary class="one"><span>${name}</span>${bar}<span class="num">${showMs(times[n] ?? 0)}</span></summary>${last ? waterfall(last, { shelf: shelfOf(walk, place.root, place.report), findings: [] }) : ''}${(last && talkOf(last, shelfOf(walk, place.root, place.report))) ?? ''}</details>`;
  });
  const { title, journey, owner } = first.started;
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return html`<article class="passed" data-status="passed"><div class="top"><h2>${title}</h2><span class="verdict">${glyphs.passed} ${walks.length} passed</span><span class="soft">${journey} · owner ${owner}</span><span class="num soft">${showMs(sorted[0] ?? 0)} – ${showMs(longest)}, median ${showMs(median)}</span></div>
${thread(first)}${rows.length > 10 ? html`<details><summary>${walks.length} walks, ${stepCount(first.attempts.at(-1))} steps each</summary>${rows}</details>` : rows}</article>`;
}

function thread(walk: WalkTale): Markup | string {
  const layers = layersOf(walk);
  if (layers.length === 0) return '';
  const status = statusOf(walk);
  const worst =
    status === 'passed' || status === 'skipped' ? undefined : layers.find((layer) => layer.status === status);
  const dots = layers.map((layer) => {
    const bad = layer === worst;
    return html`<div class="${layer.status}${bad ? ' worst' : ''}">${bad ? html`<i>${glyphs[layer.status]}</i>` : ''}${layer.name}${bad ? html`<small>${layer.owner}</small>` : ''}</div>`;
  });
  return html`<div class="thread">${dots}</div>`;
}

/** What was finished when sessions closed: traces, recordings, ladders. */
function evidenceOf(
  attempt: AttemptTale | undefined,
  { shelf, open }: { shelf: Shelf; open: boolean },
): Markup | string {
  const noted = attempt?.notes.flatMap(({ actor, note }) => (note.type === 'file' ? [{ actor, note }] : [])) ?? [];
  if (noted.length === 0) return '';
  const drawn = noted.some(({ note: { mime } }) => mime.startsWith('audio/') || mime.includes('ladder'));
  const name = drawn ? 'The call: signalling and sound' : 'Evidence';
  const groups = drawn ? [...Map.groupBy(noted, ({ actor }) => actor).values()] : [noted];
  const columns = groups.map((group) => html`<div>${group.map(({ note }) => evidence(note, shelf))}</div>`);
  return html`<details${drawn && open ? html` open` : ''}><summary>${name}</summary><div class="sheet">${columns}</div></details>`;
}

/** Every attempt is kept and counted. */
function earlier(walk: WalkTale, shelf: Shelf): readonly Markup[] {
  return walk.attempts
    .slice(0, -1)
    .map(
      (attempt) =>
        html`<details><summary>Attempt ${attempt.attempt}: ${attempt.ended?.status ?? 'broken'} in ${showMs(attempt.ended?.ms ?? 0)}</summary>${waterfall(attempt, { shelf, findings: [] })}</details>`,
    );
}
