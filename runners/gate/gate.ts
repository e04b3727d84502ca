import type { Event, Finding } from '../../core/event.ts';
import { toldWithAll, whose } from '../../core/headline.ts';
import type { History } from '../../core/history.ts';
import { type CommonMode, commonMode, withoutCommon } from '../../judge/attribution.ts';
import { judgeGate } from '../../judge/gate.ts';
import type { Judgement } from '../../judge/judgement.ts';
import type { Pair } from '../../judge/pair.ts';
import { withTails } from '../../judge/tail.ts';
import { Candidate } from './candidate.ts';
import { commonFinding, findingOf } from './findings.ts';
import { type Against, changesBetween, floor, type OnTrial, pairOf, sidesOf } from './sides.ts';
import { summary } from './summary.ts';

interface Judged {
  /** Of each pair by itself: what opens or shuts the gate. */
  readonly alone: readonly Judgement[];
  readonly common: CommonMode;
  /** Places of those that are found alone, and moved no more than everything did. */
  readonly along: ReadonlySet<number>;
}

/** Judges a candidate against the baseline: findings worth telling, and whether the gate is shut. Throws SpecError where there is no such baseline. */
export async function judgeCandidate(
  candidate: OnTrial,
  history: History,
  against: Against,
): Promise<{ readonly findings: readonly Finding[]; readonly shut: boolean }> {
  const { sides, madeOf, again } = await sidesOf(candidate, history, against);
  const judged = judgeSides(sides.map(pairOf), again);
  const changes = await changesBetween(history, sides);
  const { alone, common, along } = judged;
  const findings = alone.flatMap((judgement, n) => {
    const side = sides[n];
    if (!side || !isFound(judgement)) return [];
    return [findingOf(judgement, { side, all: sides, changes, common: along.has(n) })];
  });
  const shut = alone.some(({ verdict, confirmed }) => verdict === 'regressed' && confirmed);
  const rest = alone
    .map((one, n) => ({ ...one, series: sides[n]?.watched.title ?? one.series }))
    .filter((one) => !isFound(one));
  const figures = sides.some(({ watched }) => watched.metric);
  return {
    findings: [
      ...(common.moved ? [commonFinding(common, { confirmed: shut && along.size > 0, along: along.size })] : []),
      ...findings.toSorted((a, b) => weight(b) - weight(a)),
      ...summary(rest, { all: alone.length, madeOf, figures, again }),
    ],
    shut,
  };
}

const isFound = ({ verdict }: Judgement) => verdict === 'regressed' || verdict === 'improved';

/** Every pair, and first what all of them have in common; that is told only where at least one of them was found to have moved so. */
function judgeSides(pairs: readonly Pair[], again: boolean): Judged {
  const options = { floor: floor.relative, again };
  const judged = judgeGate(pairs, options);
  const seen = commonMode(judged, floor.relative);
  const verdict = seen.ratio > 1 ? 'regressed' : 'improved';
  const common = { ...seen, moved: seen.moved && judged.some((one) => one.verdict === verdict) };
  const left = common.moved && common.subtract ? judgeGate(withoutCommon(pairs, common), options) : judged;
  const along = judged.flatMap((one, n) => (isFound(one) && left[n]?.verdict !== one.verdict ? [n] : []));
  return { alone: withTails(judged, pairs, options), common, along: new Set(along) };
}

const weight = ({ status, details }: Finding) =>
  (status === 'regressed' ? 2 : 0) + (details?.confirmed === true ? 1 : 0) - (details?.common === true ? 4 : 0);

/** Tells the findings about a kept run; the exit code says whether the gate is shut. */
export async function judgeKept(
  events: AsyncIterable<Event>,
  history: History,
  { against, say }: { readonly against: Against; readonly say: (line: string) => void },
): Promise<boolean> {
  await using candidate = new Candidate();
  for await (const event of events) candidate.on(event);
  const { findings, shut } = await judgeCandidate(candidate, history, against);
  for (const finding of findings) {
    if (toldWithAll(finding)) continue;
    say(finding.sentence);
    if (finding.journey) say(`  ${finding.journey} · ${whose(finding)}`);
  }
  return shut;
}
