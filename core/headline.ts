import { showMs } from './duration.ts';
import type { Finding, RunStarted } from './event.ts';
import { statusOf, type Tale, type WalkTale } from './tale.ts';
import { type Status, worst } from './verdict.ts';

const words: Readonly<Record<Status, string>> = {
  passed: 'Passed',
  degraded: 'Degraded',
  failed: 'Failed',
  broken: 'Broken',
  skipped: 'Skipped',
};

export interface Headline {
  readonly status: Status;
  /** `Degraded` */
  readonly verdict: string;
  /** What happened to the customer. */
  readonly story: string;
  /** Which step, by how much, which layer, whose it is. */
  readonly detail: string;
}

/** The answer in words: verdict, then what happened to the customer; the same in console, report and alert. */
export function headline(tale: Tale): Headline {
  const status = tale.ended?.status ?? worst(tale.walks.map(statusOf));
  const bad = tale.walks.filter((walk) => statusOf(walk) === status && status !== 'passed');
  const counted = counts(tale);
  if (tale.ended?.interrupted)
    return { status, verdict: 'Interrupted', story: 'the run was stopped before its end', detail: counted };
  if (tale.ended === undefined) return { status, verdict: 'Cut off', story: 'the run has no end', detail: counted };
  const regressed = tale.findings.find(
    (finding) => finding.status === 'regressed' && finding.details?.confirmed === true,
  );
  if (regressed && (status === 'passed' || status === 'degraded'))
    return {
      status: 'failed',
      verdict: 'Regressed',
      story: claimOf(regressed),
      detail: `${counted} ${whose(regressed)}`,
    };
  const likely = tale.findings.find((finding) => finding.status === 'regressed');
  if (likely && bad.length === 0)
    return {
      status,
      verdict: words[status],
      story: `${claimOf(likely)}, likely but not confirmed`,
      detail: `${counted} ${whose(likely)}`,
    };
  const worstFinding =
    bad.flatMap(({ findings }) => findings).find((finding) => finding.status === status) ?? tale.findings[0];
  if (!worstFinding)
    return {
      status,
      verdict: words[status],
      story: status === 'passed' ? 'every customer got what they came for' : 'nothing was walked',
      detail: counted,
    };
  const walk = bad.find(({ findings }) => findings.includes(worstFinding)) ?? bad[0];
  const rest = bad.length > 1 ? `, and ${bad.length - 1} more` : '';
  const short = worstFinding.sentence.length <= longest ? `: ${worstFinding.sentence}` : '';
  return {
    status,
    verdict: words[status],
    story: `${lateness(worstFinding, walk) ?? (worstFinding.kind === 'step' ? storyOf(worstFinding.sentence) : claimOf(worstFinding))}${rest}`,
    detail: `${counted}${walk ? ` “${walk.started.title}” did not${short}.` : ''} ${whose(worstFinding)}`.trim(),
  };
}

/** A sentence that is longer stands where it belongs only. */
const longest = 160;

/** By how much the customer was kept waiting, where that is all; nothing otherwise. */
function lateness({ step, sentence }: Finding, walk: WalkTale | undefined): string | undefined {
  const ended = walk?.attempts.at(-1)?.byName.get(step)?.ended;
  if (ended?.status !== 'degraded' || ended.target === undefined || ended.reason) return undefined;
  const late = (ended.firstMs ?? ended.ms) - ended.target;
  const name = /^(.*) took /s.exec(sentence)?.[1];
  return late > 0 && name !== undefined ? `${name} was ${showMs(late)} late` : undefined;
}

/** Layer, owner, last good run and what changed since: who owns what is obvious during an incident. */
export function whose({ layer, owner, lastGood, changes, status, trouble }: Finding): string {
  if (layer === '' && owner === '') return '';
  const ours =
    status === 'broken'
      ? `That is about ${trouble === 'spec' ? 'the journey or its configuration' : 'us'}, not about the contact centre`
      : `Layer ${layer || 'unknown'}, owner ${owner || 'nobody named'}`;
  const good = lastGood ? `; good until ${when(lastGood.at)}` : '';
  const since =
    changes && changes.length > 0
      ? `, since then: ${changes.map(({ name, at }) => `${name} (${when(at)})`).join(', ')}`
      : '';
  return `${ours}${good}${since}.`;
}

/** What to do next: the hint of the trouble, else the runbook of the layer, else the command that shows more. */
export function nextStep(finding: Finding, run: RunStarted | undefined): string {
  const { status, trouble, hint, journey, step } = finding;
  if (hint !== undefined) return hint;
  const place = run === undefined || run.environment === 'local' ? '' : ` --env ${run.environment}`;
  if (trouble === 'spec') return `throughline check ${quoted(journey)}${place}`;
  if (status === 'broken') return `throughline replay ${run?.run ?? 'last'} --reporter html=report.html${place}`;
  const runbook = finding.runbook ?? run?.layers.find(({ name }) => name === finding.layer)?.runbook;
  return runbook ?? `throughline history ${quoted(journey)} --step ${quoted(step)}${place}`;
}

const quoted = (word: string) => (/^[\w.:/@#-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** Of a step that moved no more than everything did: what is said of everything tells it too. */
export const toldWithAll = ({ details }: Finding): boolean => details?.common === true;

export const when = (at: number) => new Date(at).toISOString().replace('T', ' ').slice(0, 16);

function counts(tale: Tale): string {
  const all = tale.walks.length;
  const good = tale.walks.filter((walk) => statusOf(walk) === 'passed').length;
  if (all === 0) return 'No journey was walked.';
  if (good === all) return all === 1 ? 'The journey passed.' : `All ${all} journeys passed.`;
  return `${good} of ${all} journeys passed.`;
}

/** What a judge says happened, without what it stands on. */
const claimOf = ({ sentence }: Finding) => sentence.split(/ \(|; /)[0] ?? sentence;

/** What happened, up to its reasons; whose step it is, `agent: `, stays. */
const storyOf = (sentence: string) => /^(?:[\w-]+: )?.*?(?=[;:] |$)/.exec(sentence)?.[0] ?? sentence;
