import { showMs } from '../../core/duration.ts';
import { whose } from '../../core/headline.ts';
import { type AttemptTale, layersOf, statusOf, stepsOf, type WalkTale } from '../../core/tale.ts';
import { glyphs } from '../../core/verdict.ts';
import { historyChart } from './chart.ts';
import { evidence, type Shelf, shelfOf } from './evidence.ts';
import { html, type Markup } from './markup.ts';
import { measured, type Place } from './past.ts';
import { key, waterfall } from './steps.ts';
import { talkOf } from './talk.ts';

export const isLoud = (walk: WalkTale): boolean => {
  const status = statusOf(walk);
  return status !== 'passed' && status !== 'skipped';
};

/** One journey as it was walked: verdict, throughline, steps, what was said, evidence. */
export function article(walk: WalkTale, place: Place): Markup {
  const status = statusOf(walk);
  return html`<article class="${status}" data-status="${status}" id="${walk.started.walk}">${top(walk)}
${insides(walk, place)}</article>`;
}

function top(walk: WalkTale): Markup {
  const { started, ended } = walk;
  const status = statusOf(walk);
  const flaky = ended?.flaky ? ', flaky' : '';
  return html`<div class="top"><h2 dir="auto">${started.title}</h2><span class="verdict">${glyphs[status]} ${status}${flaky}</span><span class="soft">${about(walk)}</span><span class="num soft">${showMs(ended?.ms ?? 0)}</span></div>`;
}

export function about({ started, attempts }: WalkTale): string {
  const row = started.row === undefined ? '' : ` · row ${started.row}`;
  const tries = attempts.length > 1 ? ` · ${attempts.length} attempts` : '';
  return `${started.journey}${row} · owner ${started.owner || 'nobody named'}${tries}`;
}

/** All of a walk below its first line. What deviates is open, the rest folded. */
export function insides(walk: WalkTale, place: Place): Markup {
  const loud = isLoud(walk);
  const shelf = shelfOf(walk, place.root, place.report);
  const last = walk.attempts.at(-1);
  const telling = { shelf, findings: walk.findings, course: (step: string) => place.past.of(walk, step) };
  const steps = last && html`${waterfall(last, telling)}${loud ? key : ''}`;
  const talk = last && talkOf(last, shelf);
  return html`${told(walk)}
${thread(walk)}
${steps ? (loud ? steps : html`<details><summary>${stepCount(last)} steps</summary>${steps}</details>`) : ''}
${talk ? html`<details${loud ? html` open` : ''}><summary>What was said</summary>${talk}</details>` : ''}
${evidenceOf(last, { shelf, open: loud })}${histories(walk, place)}${earlier(walk, shelf)}`;
}

/** Findings and faults, each in its one sentence. */
function told({ findings, faults }: WalkTale): Markup | string {
  if (findings.length + faults.length === 0) return '';
  const found = findings.map(
    (finding) =>
      html`<li class="${finding.status}" dir="auto">${finding.sentence}. <span class="soft">${whose(finding)}</span></li>`,
  );
  const broken = faults.map(({ message }) => html`<li class="broken" dir="auto">${message}</li>`);
  return html`<ul class="told">${found}${broken}</ul>`;
}

export const stepCount = (attempt: AttemptTale | undefined) =>
  attempt ? [...stepsOf(attempt.steps)].filter(({ steps }) => steps.length === 0).length : 0;

/** The layers on one line, the worst one marked and its owner under it. */
export function thread(walk: WalkTale): Markup | string {
  const layers = layersOf(walk);
  if (layers.length === 0) return '';
  const worst = isLoud(walk) ? layers.find((layer) => layer.status === statusOf(walk)) : undefined;
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

/** How each step went before, to unfold. */
export function histories(walk: WalkTale, { past }: Place): Markup | string {
  const charts = measured(walk).flatMap(({ started: { step, title, actor }, ended }) => {
    const who = actor === 'customer' ? '' : `${actor}: `;
    const chart = historyChart(past.of(walk, step), `${who}${title}`);
    return chart ? [html`<div class="${ended?.status ?? 'broken'}">${chart}</div>`] : [];
  });
  if (charts.length === 0) return '';
  return html`<details><summary>History of ${charts.length} ${charts.length === 1 ? 'step' : 'steps'}</summary><div class="sheet">${charts}</div></details>`;
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
