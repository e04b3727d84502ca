import { appendFileSync } from 'node:fs';
import { showMs } from '../core/duration.ts';
import type { Event, Finding, StepEnded } from '../core/event.ts';
import { headline, toldWithAll, whose } from '../core/headline.ts';
import { orSay } from '../core/report-file.ts';
import type { Reporter, ReporterPart, ReporterPlace } from '../core/reporter.ts';
import { layersOf, statusOf, Tale } from '../core/tale.ts';
import { glyphs } from '../core/verdict.ts';

const levels: Readonly<Record<string, string>> = {
  failed: 'error',
  broken: 'error',
  regressed: 'error',
  degraded: 'warning',
  improved: 'notice',
};
const message = (said: string) => said.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const property = (said: string) => message(said).replace(/:/g, '%3A').replace(/,/g, '%2C');
/** GitHub's Markdown takes HTML and table bars as its own. */
const cell = (said: string) =>
  said
    .replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
    .replace(/([|`*_[\]\\])/g, '\\$1')
    .replace(/\s+/g, ' ');

/** Annotations at the step's own line of YAML, and a job summary where GITHUB_STEP_SUMMARY names its file. */
class Github implements Reporter {
  readonly #place: ReporterPlace;
  readonly #summary: string | undefined;
  readonly #tale = new Tale();
  readonly #ended = new Map<string, StepEnded>();

  constructor(place: ReporterPlace) {
    this.#place = place;
    this.#summary = place.path ?? place.env.GITHUB_STEP_SUMMARY;
    const summary = this.#summary;
    if (summary) orSay(summary, 'github', () => appendFileSync(summary, ''));
  }

  on(event: Event): void {
    this.#tale.on(event);
    if (event.type === 'step.ended') this.#ended.set(`${event.journey} ${event.step}`, event);
    if (event.type === 'finding') this.#annotate(event.finding);
    if (event.type === 'run.fault') this.#place.stream.write(`::error title=throughline::${message(event.message)}\n`);
  }

  #annotate(finding: Finding): void {
    const likely = finding.status === 'regressed' && finding.details?.confirmed === false;
    const level = likely ? 'warning' : levels[finding.status];
    if (!level || toldWithAll(finding)) return;
    const place = this.#ended.get(`${finding.journey} ${finding.step}`)?.place;
    const where = place ? `file=${property(place.file)},line=${place.line},col=${place.column},` : '';
    const title = property(`${finding.status}: ${finding.title || finding.step}`);
    this.#place.stream.write(
      `::${level} ${where}title=${title}::${message(`${finding.sentence}. ${whose(finding)}`)}\n`,
    );
  }

  #markdown(): string {
    const { status, verdict, story, detail } = headline(this.#tale);
    const rows = this.#tale.walks.map((walk) => {
      const name = `${walk.started.title}${walk.started.row === undefined ? '' : ` (row ${walk.started.row})`}`;
      const layers = layersOf(walk).map((layer) =>
        layer.status === 'passed' ? cell(layer.name) : `**${cell(layer.name)}**`,
      );
      const reason = walk.findings.map(({ sentence }) => cell(sentence)).join('<br>');
      return `| ${glyphs[statusOf(walk)]} ${statusOf(walk)} | ${cell(name)} | ${showMs(walk.ended?.ms ?? 0)} | ${layers.join(' → ')} | ${reason} |`;
    });
    const changes = this.#tale.findings
      .filter((finding) => finding.kind !== 'step' && !toldWithAll(finding))
      .map(({ sentence }) => `- ${cell(sentence)}`);
    return [
      `## ${glyphs[status]} ${verdict}: ${cell(story)}`,
      '',
      cell(detail),
      '',
      '| | journey | time | layers | |',
      '|---|---|---|---|---|',
      ...rows,
      '',
      ...(changes.length > 0 ? ['### Against the baseline', '', ...changes, ''] : []),
    ].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#summary && this.#tale.run) appendFileSync(this.#summary, `${this.#markdown()}\n`);
  }
}

const github: ReporterPart = {
  about: 'annotations at the line of the step, and a job summary, on GitHub Actions',
  env: ['GITHUB_STEP_SUMMARY'],
  open: (place) => new Github(place),
};

export default github;
