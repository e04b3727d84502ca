import { showMs } from '../../core/duration.ts';
import type { Finding, Note, StepEnded, StepStarted } from '../../core/event.ts';
import { type AttemptTale, type StepTale, stepsOf } from '../../core/tale.ts';
import { glyphs } from '../../core/verdict.ts';
import { historyChart } from './chart.ts';
import type { Course } from './course.ts';
import { evidence, numbers, type Shelf } from './evidence.ts';
import { html, type Markup } from './markup.ts';
import { cut, type Recording, recordingsOf, soundUrl } from './sound.ts';
import { type Mark, waveform } from './waveform.ts';

interface Axis {
  readonly from: number;
  readonly span: number;
}

export interface Telling {
  readonly shelf: Shelf;
  readonly findings: readonly Finding[];
  /** How the step went before. */
  readonly course?: (step: string) => Course | undefined;
}

/** With the recordings of the attempt that is told. */
interface Sounding extends Telling {
  readonly recordings: readonly Recording[];
}

/** Steps as a waterfall on one time axis; those that deviate are open. */
export function waterfall(attempt: AttemptTale, telling: Telling): Markup {
  const all = [...stepsOf(attempt.steps)].filter(({ ended }) => ended && ended.status !== 'skipped');
  const starts = all.map(({ ended, started }) => Math.min(ended?.origin ?? started.at, started.at));
  const from = Math.min(...starts);
  const to = Math.max(
    ...all.map(({ ended, started }) => Math.max((ended?.origin ?? started.at) + (ended?.ms ?? 0), started.at)),
  );
  const sounding = { ...telling, recordings: recordingsOf(attempt, telling.shelf.folder) };
  const axis = { from, span: Math.max(1, to - from) };
  const rows = attempt.steps.map((step) => row(step, { axis, telling: sounding, depth: 0 }));
  const scale =
    all.length > 1
      ? html`<tr class="head"><td></td><td class="who"></td><td class="what"></td><td class="wait"><span style="float:right">${showMs(axis.span)}</span>0</td><td></td></tr>`
      : '';
  return html`<table>${scale}${rows}</table>`;
}

export const key = html`<div class="key"><span><svg width="16" height="14"><line x1="8" x2="8" y1="0" y2="14" stroke="var(--mark)" stroke-width="2"/></svg> target</span><span><svg width="16" height="14"><line x1="8" x2="8" y1="0" y2="14" stroke="var(--failed)" stroke-width="2" stroke-dasharray="2 2"/></svg> limit</span><span>▲ did the right thing, late or poorly</span><span>✕ did the wrong thing</span><span>◆ we could not tell</span><span>○ skipped</span></div>`;

interface Standing {
  readonly axis: Axis;
  readonly telling: Sounding;
  readonly depth: number;
}

function row(step: StepTale, { axis, telling, depth }: Standing): Markup {
  const { started, ended, steps } = step;
  const status = ended?.status ?? 'broken';
  const phase = started.phase === 'steps' ? started.actor : started.phase;
  const time = !ended || status === 'skipped' ? '' : showMs(ended.ms);
  const again = ended && ended.tries > 1 ? ` · ${ended.tries} tries${ended.flaky ? ', flaky' : ''}` : '';
  const bar = ended && status !== 'skipped' ? barOf(ended, axis) : html`<div class="axis"></div>`;
  const inner = steps.map((one) => row(one, { axis, telling, depth: depth + 1 }));
  const indent = depth === 0 ? '' : ` deep${Math.min(3, depth)}`;
  const loud = status !== 'passed' && status !== 'skipped' && steps.length === 0;
  const why =
    status === 'skipped' && ended?.reason && !/ before$/.test(ended.reason)
      ? html` <span class="soft">${ended.reason}</span>`
      : '';
  return html`<tr class="${status}"><td title="${status}">${glyphs[status]}</td><td class="who">${phase}</td><td class="what${indent}" dir="auto">${started.title}${again}${why}</td><td class="wait">${bar}</td><td class="num">${loud ? html`<b>${time}</b>` : time}</td></tr>
${loud ? more(step, telling, axis) : picturesOf(step, telling)}${inner}`;
}

function barOf(
  {
    origin,
    ms,
    target,
    within,
  }: { readonly origin: number; readonly ms: number; readonly target?: number; readonly within?: number },
  { from, span }: Axis,
): Markup {
  const share = (value: number) => `${(Math.min(100, Math.max(0, (value / span) * 100))).toFixed(2)}%`;
  const mark = (after: number | undefined, kind: string) =>
    after === undefined || origin - from + after > span * 1.001
      ? ''
      : html`<b class="${kind}" style="left:${share(origin - from + after)}"></b>`;
  return html`<div class="axis"><i style="left:${share(origin - from)};width:${share(ms)}"></i>${mark(target, 'target')}${mark(within, 'limit')}</div>`;
}

/** A step that did not pass: what was expected beside what came, then the picture that explains it. */
function more(
  { started, ended, notes }: StepTale,
  { shelf, findings, recordings, course }: Sounding,
  axis: Axis,
): Markup {
  const finding = findings.find((one) => one.step === started.step);
  const { trouble, reason, target, within, ms = 0 } = ended ?? {};
  const late = ended?.status === 'degraded' && target !== undefined && ms > target;
  const expected =
    trouble?.expected ??
    (late ? `within ${showMs(target)}${within ? `, at the latest ${showMs(within)}` : ''}` : undefined);
  const came = trouble?.came ?? (late ? `after ${showMs(ms)}` : undefined);
  const details =
    trouble?.details === undefined ||
    trouble.details === null ||
    (Array.isArray(trouble.details) && trouble.details.length === 0)
      ? undefined
      : JSON.stringify(trouble.details, null, 1);
  const pairs = [
    ['what happened', trouble?.message ?? reason],
    ['expected', expected],
    ['came', came],
    [
      'layer and owner',
      ended?.status === 'broken' ? 'ours: the test could not tell' : `${started.layer || 'unknown'} · ${started.owner}`,
    ],
    ['what to do', trouble?.hint ?? finding?.runbook],
  ] as const;
  const narrow = ended ? html`<div class="narrow">${barOf(ended, axis)}</div>` : '';
  const list = pairs.flatMap(([name, value]) => (value ? [html`<dt>${name}</dt><dd dir="auto">${value}</dd>`] : []));
  const found = details ? html`<dt>in full</dt><dd><pre>${details.slice(0, 2000)}</pre></dd>` : '';
  const stack =
    ended?.status === 'broken' && trouble?.stack
      ? html`<details><summary>stack</summary><pre class="mono">${trouble.stack}</pre></details>`
      : '';
  const place = html`<dt>written at</dt><dd class="mono">${started.place.file}:${started.place.line}</dd>`;
  const pictures = notes.filter((note) => note.type === 'file').map((note) => evidence(note, shelf));
  const told = numbers(notes);
  const right = [
    historyChart(course?.(started.step)),
    ended && soundAt(started, { ended, notes, recordings }),
    ...pictures,
    told && html`<p class="soft">${told}</p>`,
  ].filter(Boolean) as Markup[];
  const side = right.length > 0 ? html`<div class="side">${right}</div>` : '';
  return html`<tr class="more ${ended?.status ?? 'broken'}"><td></td><td colspan="4">${narrow}<div><dl>${list}${found}${place}${stack}</dl>${side}</div></td></tr>`;
}

/** How much is played before the clock of a step started, and after what it was about, ms. */
const [lead, tail] = [500, 2000];
/** A step that judges the sound so far is about what came before it, ms. */
const longLead = 10_000;
const longest = 20_000;

/** What was heard and said while a step of voice ran, with its target and its end. */
function soundAt(
  { action, actor }: StepStarted,
  { ended, notes, recordings }: { ended: StepEnded; notes: readonly Note[]; recordings: readonly Recording[] },
): Markup | undefined {
  const { origin, ms, target, within, status } = ended;
  const found = recordings.find(
    ({ actor: by, at, sound }) => by === actor && origin < at + (sound.frames / sound.rate) * 1000 && origin + ms > at,
  );
  if (!action.startsWith('voice.') || !found) return undefined;
  // Judged is the onset; what was said goes on until it was recognised.
  const match = notes.find((note) => note.type === 'metric' && note.name === 'match');
  const heard = match?.type === 'metric' ? match.value : 0;
  const end = origin + Math.max(ms + tail, heard + lead) - found.at;
  const before = action === 'voice.expect-quality' ? longLead : lead;
  const from = Math.max(0, origin - before - found.at);
  const sound = cut(found.sound, from, Math.min(end, from + longest));
  if (sound.frames === 0) return undefined;
  const last = from + (sound.frames / sound.rate) * 1000;
  const mark = (after: number | undefined, kind: Mark['kind'], label: string): readonly Mark[] => {
    const at = origin - found.at + (after ?? Number.NaN);
    return at >= from && at <= last ? [{ at: at - from, kind, label }] : [];
  };
  const marks = [
    ...mark(target, 'target', 'target'),
    ...mark(within, 'limit', 'limit'),
    ...mark(status === 'degraded' ? ms : undefined, 'came', 'came'),
  ];
  return html`<figure><figcaption>the sound of this step, times of the call</figcaption>${waveform(sound, { from, marks })}<audio controls preload="none" src="${soundUrl(sound)}"></audio></figure>`;
}

/** A passed step shows what it kept on demand only. */
function picturesOf({ notes }: StepTale, { shelf }: Telling): Markup | string {
  const files = notes.filter((note) => note.type === 'file');
  if (files.length === 0) return '';
  const titles = files.map((note) => note.title ?? note.path).join(', ');
  return html`<tr class="more passed"><td></td><td colspan="4" style="padding-bottom:8px"><details><summary style="padding:0;border:0">${titles}</summary><div class="shots" style="margin-top:8px">${files.map((note) => evidence(note, shelf))}</div></details></td></tr>`;
}
