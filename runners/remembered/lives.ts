import { randomBytes } from 'node:crypto';
import type { Episode } from '../../store/episodes.ts';
import type { Store } from '../../store/store.ts';
import type { Opinion } from './opinions.ts';

/** How a finding stands after a look: only the first three are news. */
export type State = 'opened' | 'strengthened' | 'closed' | 'open';

export interface Living {
  readonly state: State;
  readonly episode: Episode;
  /** Absent when it is closed. */
  readonly opinion?: Opinion;
}

/** A change of the ratio by so much makes an open finding news again. */
const stronger = 1.25;

/** Matches what holds now with what was open before: begins, strengthens and closes episodes, and keeps that in the store. */
export async function live(
  store: Store,
  opinions: readonly Opinion[],
  { now, sentence, looked }: { now: number; sentence: (opinion: Opinion) => string; looked: ReadonlySet<number> },
): Promise<readonly Living[]> {
  const before = new Map((await store.episodes.open()).map((episode) => [keyOf(episode), episode]));
  const found: Living[] = [];
  for (const opinion of opinions) {
    const { judgement, of } = opinion;
    if (judgement.verdict !== 'regressed' && judgement.verdict !== 'improved') continue;
    const direction = judgement.verdict;
    const key = keyOf({ series: of.id, direction });
    const known = before.get(key);
    before.delete(key);
    const { ratio } = judgement;
    if (known) {
      const more =
        ratio !== null &&
        known.ratio !== null &&
        Math.abs(Math.log(ratio)) >= Math.abs(Math.log(known.ratio)) + Math.log(stronger);
      const change = more ? { ratio, sentence: sentence(opinion) } : {};
      if (more) await store.episodes.change(known.id, change);
      found.push({ state: more ? 'strengthened' : 'open', episode: { ...known, ...change }, opinion });
      continue;
    }
    const episode: Episode = {
      id: randomBytes(4).toString('hex'),
      series: of.id,
      direction,
      at: judgement.at ?? now,
      opened: now,
      closed: null,
      ratio,
      sentence: sentence(opinion),
      label: null,
    };
    await store.episodes.begin(episode);
    found.push({ state: 'opened', episode, opinion });
  }
  for (const episode of before.values()) {
    if (!looked.has(episode.series)) continue;
    await store.episodes.change(episode.id, { closed: now });
    found.push({ state: 'closed', episode: { ...episode, closed: now } });
  }
  return found;
}

const keyOf = ({ series, direction }: Pick<Episode, 'series' | 'direction'>) => `${series} ${direction}`;
