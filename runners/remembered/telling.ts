import type { Change } from '../../core/event.ts';
import { when } from '../../core/headline.ts';
import { layerEnrichment, layerSentence } from '../../judge/attribution.ts';
import { median } from '../../judge/order.ts';
import { figures, milliseconds, sentence } from '../../judge/words.ts';
import type { Episode } from '../../store/episodes.ts';
import type { Remembered } from './courses.ts';
import type { Living } from './lives.ts';
import type { Opinion } from './opinions.ts';

/** What may be behind a change of level: the marker that it was judged after, else what changed about then, the same layer first. Named with "since", never "because". */
export function candidates({ of, judgement, marker }: Opinion, changes: readonly Change[]): readonly Change[] {
  if (marker) return [marker];
  const { at } = judgement;
  if (at === null) return [];
  const reach = 3 * slotOf(of);
  const near = changes.filter((change) => change.at <= at + reach && (change.until ?? change.at) >= at - reach);
  const touching = (change: Change) => Number(change.scope?.includes(of.layer) ?? false);
  return near.toSorted((a, b) => touching(b) - touching(a) || Math.abs(a.at - at) - Math.abs(b.at - at)).slice(0, 5);
}

/** Median time between samples, ms; at least a minute, at most a day. */
export function slotOf({ metric, tries, course }: Remembered): number {
  const { times } = metric ? course : tries;
  const steps = Array.from(times.subarray(1), (time, n) => time - times[n]!);
  return Math.min(86_400_000, Math.max(60_000, steps.length > 0 ? median(steps) : 0));
}

/** The finding in one sentence, with its candidate. */
export function sentenceOf(opinion: Opinion, changes: readonly Change[]): string {
  const [first] = candidates(opinion, changes);
  const { title, metric } = opinion.of;
  const said = sentence({ ...opinion.judgement, series: title }, metric ? figures(metric.unit) : milliseconds);
  return first ? `${said}; since ${first.name} (${when(first.at)} UTC)` : said;
}

const together = 3;

/**
 * Several steps of one place that got worse at one time have one cause more likely than several: said once, with the
 * layers they have in common.
 */
export function commonMode(living: readonly Living[], all: readonly Remembered[]): readonly string[] {
  const fresh = living.flatMap(({ state, opinion }) =>
    state === 'opened' && opinion?.judgement.verdict === 'regressed' && !opinion.of.metric ? [opinion] : [],
  );
  const byPlace = Map.groupBy(fresh, ({ of }) => of.place);
  return [...byPlace].flatMap(([place, opinions]) => {
    const known = all.filter((one) => one.place === place && !one.metric);
    const times = opinions.map(({ judgement }) => judgement.at ?? 0);
    const reach = 2 * Math.max(...opinions.map(({ of }) => slotOf(of)));
    const middle = median(times);
    const at = opinions.filter(({ judgement }) => Math.abs((judgement.at ?? 0) - middle) <= reach);
    if (at.length < together || at.length * 2 < known.length) return [];
    const worse = new Set(at.map(({ of }) => of.id));
    const layers = layerEnrichment(
      known.map(({ id, step, layer }) => ({
        step,
        layers: layer ? [layer] : [],
        verdict: worse.has(id) ? 'regressed' : 'unchanged',
      })),
    );
    const named = layers.filter((layer) => layer.named).map(layerSentence);
    const shares = layers.map(({ layer, worse: hits, steps }) => `${layer} ${hits} of ${steps}`).join(', ');
    return [
      `${at.length} of ${known.length} steps at ${place} got worse together about ${when(middle)} UTC: look for one cause first (${shares})`,
      ...named,
    ];
  });
}

/** Where it stands and whose it is. */
export const standing = ({ journey, step, metric, place, layer, owner }: Remembered): string =>
  `${[journey, step, metric?.name].filter(Boolean).join(' · ')} · Layer ${layer || 'unknown'}, owner ${owner || 'nobody named'} · ${place}`;

/** The measured share of false findings among those that people have labelled; undefined before the first label. */
export function falseShare(episodes: readonly Episode[]): string | undefined {
  const labelled = episodes.filter(({ label }) => label !== null);
  if (labelled.length === 0) return undefined;
  const wrong = labelled.filter(({ label }) => label === 'false').length;
  return `${wrong} of ${labelled.length} labelled findings were false (${Math.round((100 * wrong) / labelled.length)} %)`;
}
