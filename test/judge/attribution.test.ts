import { expect, test } from 'vitest';
import { suite } from '../../bench/judge/gates.ts';
import { dice } from '../../bench/judge/world.ts';
import {
  commonMode,
  commonSentence,
  hypergeometricTail,
  layerEnrichment,
  layerSentence,
  type Moved,
  parentShare,
  shareSentence,
  withoutCommon,
} from '../../judge/attribution.ts';
import { judgeGate } from '../../judge/gate.ts';
import { milliseconds } from '../../judge/words.ts';
import published from './fixtures/attribution.json' with { type: 'json' };

const floor = 0.05;

test('the hypergeometric tail agrees with scipy', () => {
  for (const { k, p, ...rest } of published.hypergeometric) expect(hypergeometricTail(k, rest)).toBeCloseTo(p, 12);
});

test('a slower network is told once, and the step that is slower beside it stays', () => {
  const world = { steps: 20, sigma: () => 0.05, old: 40, fresh: 10, tau: 0 };
  const pairs = suite(dice(5), { ...world, change: (place) => (place === 3 ? 1.6 : 0.3) });
  const judged = judgeGate(pairs, { floor });
  expect(judged.filter(({ verdict }) => verdict === 'regressed')).toHaveLength(20);
  const common = commonMode(judged, floor);
  expect(common).toMatchObject({ moved: true, steps: 20, along: 20, subtract: true });
  expect(common.low).toBeLessThan(1.3);
  expect(common.high).toBeGreaterThan(1.28);
  const again = judgeGate(withoutCommon(pairs, common), { floor });
  expect(again.filter(({ verdict }) => verdict === 'regressed').map(({ series }) => series)).toEqual(['s3']);
  expect(commonSentence(common)).toMatch(
    /^everything got slower, \+\d+ % \(95 % CI \+\d+ to \+\d+ %\), 20 of 20 steps the same way: look at the network, the runner or the place first$/,
  );
});

test('one slow step is not everything, few steps are not subtracted, and no step has nothing in common', () => {
  const one = commonMode([{ ratio: 2 }, { ratio: 1 }, { ratio: 1.01 }, { ratio: 0.99 }, { ratio: null }], floor);
  expect(one).toMatchObject({ moved: false, steps: 4 });
  const few = commonMode(
    [1.3, 1.31, 1.29, 1.3].map((ratio) => ({ ratio })),
    floor,
  );
  expect(few).toMatchObject({ moved: true, subtract: false });
  expect(commonMode([], floor)).toMatchObject({ moved: false, steps: 0 });
});

const steps = (layer: string, worse: number, fine: number): Moved[] =>
  Array.from({ length: worse + fine }, (_, i) => ({
    step: `${layer} ${i}`,
    layers: [layer],
    verdict: i < worse ? 'regressed' : 'unchanged',
  }));

test('a layer is named when most of its steps and hardly any others got worse', () => {
  const [routing, ivr] = layerEnrichment([...steps('routing', 6, 1), ...steps('ivr', 1, 12)]);
  expect(routing).toMatchObject({ layer: 'routing', steps: 7, worse: 6, others: 13, othersWorse: 1, named: true });
  expect(ivr).toMatchObject({ layer: 'ivr', named: false, adjusted: ivr!.p });
  expect(layerSentence(routing!)).toBe('seen in 6 of 7 steps of layer “routing”; 1 of 13 others got worse too');
  expect(layerEnrichment(steps('web', 3, 1))[0]!.named).toBe(false);
  const even = layerEnrichment([...steps('a', 2, 8), ...steps('b', 2, 8)]);
  expect(even.some(({ named }) => named)).toBe(false);
  expect(layerSentence(even[0]!)).toBe(
    'seen in 2 of 10 steps of layer “a”; 2 of 10 others got worse too; not more than chance would give',
  );
});

test('what share of a journey’s slow-down lies in a step', () => {
  const ends = (series: string, before: number, after: number) => ({
    series,
    before: { n: 40, median: before },
    after: { n: 10, median: after },
  });
  const share = parentShare(ends('bot answers', 1000, 1820), ends('billing', 6000, 7000));
  expect(share.share).toBeCloseTo(0.82);
  expect(shareSentence(share, milliseconds)).toBe(
    '82 % of the slow-down of “billing” is in “bot answers” (+820 ms of +1 s)',
  );
  expect(parentShare(ends('a', 10, 20), ends('j', 50, 40)).share).toBeNull();
  expect(shareSentence(parentShare(ends('a', 10, 30), ends('j', 50, 60)), milliseconds)).toBe(
    'the slow-down of “j” is all in “a” (+20 ms of +10 ms)',
  );
});
