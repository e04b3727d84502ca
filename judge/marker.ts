import type { Judgement } from './judgement.ts';
import type { MarkerOptions, Watch } from './watch.ts';

/**
 * Judges what happened to each series after a change, strictly in order: a sample is judged with what was there when it
 * arrived, the first flag stands, and nothing looks ahead. E is an average of e-values (LevelWatch, FailureWatch); flagged where E >= 100, averaged over
 * both directions because both are looked at, and e-BH at 5 % over all series seen until then, and beyond the floor.
 */
export function judgeMarker(watched: readonly Watch[], options: MarkerOptions): readonly Judgement[] {
  const { level = 0.05, alone = 100, markers = 1 } = options;
  const flagged = new Map<Watch, Judgement>();
  const strong = new Set<Watch>();
  let seen = watched.filter(({ start }) => start > 0).length;
  for (const { which, i } of inOrder(watched)) {
    const one = watched[which]!;
    if (one.start === 0 && i === 0) seen += 1;
    if (!one.arrive(i)) continue;
    const e = Math.exp(Math.max(one.log.up, one.log.down));
    const was = strong.has(one);
    if (e >= 1 / level) strong.add(one);
    else strong.delete(one);
    if (!strong.has(one) && !was) continue;
    for (const hit of passing(strong, { level, alone, family: seen * markers }))
      if (!flagged.has(hit)) {
        const said = hit.flag(one.times[i]!, { options, family: seen * markers, count: flagged.size + 1 });
        if (said) flagged.set(hit, said);
      }
  }
  return watched.map((one) => flagged.get(one) ?? one.quiet({ options, family: seen * markers, count: flagged.size }));
}

/** Samples of all series from their markers on, by time; at one time in the order of series. */
function inOrder(watched: readonly Watch[]): readonly { readonly which: number; readonly i: number }[] {
  const all = watched.flatMap(({ times, start }, which) =>
    Array.from({ length: times.length - start }, (_, k) => ({ which, i: start + k })),
  );
  const time = ({ which, i }: { which: number; i: number }) => watched[which]!.times[i]!;
  return all.sort((a, b) => time(a) - time(b) || a.which - b.which || a.i - b.i);
}

function passing(
  strong: ReadonlySet<Watch>,
  { level, alone, family }: { readonly level: number; readonly alone: number; readonly family: number },
): readonly Watch[] {
  const hits: Watch[] = [];
  for (const side of ['up', 'down'] as const) {
    const sorted = [...strong].filter((one) => one.log[side] > 0).sort((a, b) => b.log[side] - a.log[side]);
    let last = -1;
    sorted.forEach((one, k) => {
      if (Math.exp(one.log[side]) >= family / (level * (k + 1))) last = k;
    });
    hits.push(...sorted.slice(0, last + 1).filter((one) => Math.exp(one.log[side]) >= 2 * alone));
  }
  return hits;
}
