import type { Finding } from '../../core/event.ts';
import { toldWithAll, whose } from '../../core/headline.ts';
import type { Tale } from '../../core/tale.ts';
import { historyChart } from './chart.ts';
import { courseOf } from './course.ts';
import { html, type Markup } from './markup.ts';
import { spread } from './spread.ts';

const classes: Readonly<Record<string, string>> = { regressed: 'failed', improved: 'passed', passed: 'passed' };
const glyphs: Readonly<Record<string, string>> = { regressed: '✕', improved: '✓', passed: '✓' };

/** Findings over the whole run: what the gate says against the baseline, each with its history and its before and after. */
export function judged({ findings }: Tale): Markup | string {
  if (findings.length === 0) return '';
  const gate = findings.some(({ kind }) => kind === 'gate');
  const withAll = findings.filter(toldWithAll);
  const each =
    withAll.length === 0
      ? ''
      : html`<details><summary>${withAll.length} ${withAll.length === 1 ? 'step that' : 'steps that each'} moved with everything</summary><ul class="told judged">${withAll.map(one)}</ul></details>`;
  return html`<article><div class="top"><h2>Against the baseline</h2>${gate ? html`<span class="verdict">${gateOf(findings)}</span>` : ''}</div><ul class="told judged">${findings.filter((finding) => !toldWithAll(finding)).map(one)}</ul>${each}</article>`;
}

const shut = ({ status, details }: Finding) => status === 'regressed' && details?.confirmed === true;

function gateOf(findings: readonly Finding[]): Markup {
  if (findings.some(shut)) return html`<span class="failed">✕ gate shut, exit 4</span>`;
  return findings.some(({ status }) => status === 'too-few')
    ? html`<span class="skipped">○ gate open: too few runs to tell</span>`
    : html`<span class="passed">✓ gate open</span>`;
}

function one(finding: Finding): Markup {
  const { status, sentence, journey } = finding;
  const kind = classes[status] ?? 'skipped';
  const [claim, rest] = halves(sentence);
  const course = courseOf(finding);
  const pictures =
    course &&
    [historyChart(course, course.unit === undefined ? 'this step' : 'this figure'), spread(course)].filter(Boolean);
  const about = [journey, whose(finding)].filter(Boolean).join(' · ');
  return html`<li class="${kind}"><span class="sign">${glyphs[status] ?? '○'}</span> <b>${claim}</b>${rest}${about ? html`<br><span class="soft">${about}</span>` : ''}${pictures && pictures.length > 0 ? html`<div class="pair">${pictures as Markup[]}</div>` : ''}${shut(finding) && journey ? html`<p class="soft">If this is how it is meant to be from now on: <code>throughline baseline accept ${journey} --reason "…"</code></p>` : ''}</li>`;
}

/** What happened, and on what it stands. */
function halves(sentence: string): readonly [string, string] {
  const end = / \(|; /.exec(sentence)?.index ?? sentence.length;
  return [sentence.slice(0, end), sentence.slice(end)];
}
