import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { quantileOf } from '../../store/cell.ts';
import { usualKeep } from '../../store/retention.ts';
import type { Store } from '../../store/store.ts';
import { keep, like, Places } from './places.ts';

let places: Places;
beforeAll(async () => {
  places = await Places.open();
});
afterAll(() => places?.[Symbol.asyncDispose]());

const hour = 3_600_000;
const day = 24 * hour;
/** A Monday, 00:00 UTC. */
const start = 1_790_553_600_000;

async function answers(store: Store): Promise<number> {
  const series = (await store.series('shop/answer')).find(({ step }) => step === 'answer');
  return Number(series?.id);
}

describe.each(['SQLite', 'PostgreSQL'] as const)('%s', (database) => {
  const opened = async () => {
    const store = await places.store(database);
    onTestFinished(() => store[Symbol.asyncDispose]());
    return store;
  };

  test('hours and days count each complete walk once, however often they are rolled up', async () => {
    const store = await opened();
    await keep(store, { run: 'a', at: start, walks: [{ ms: 100 }, { ms: 200 }, { ms: 900, status: 'degraded' }] });
    await keep(store, { run: 'b', at: start + hour, walks: [{ ms: 300 }, { ms: 5, status: 'failed' }] });
    await keep(store, { run: 'c', at: start + hour, walks: [{ ms: 7, status: 'broken' }] });
    await keep(store, { run: 'd', at: start + hour, walks: [{ ms: 8 }], ended: false });
    await keep(store, { run: 'e', at: start + hour, walks: [{ ms: 9 }], interrupted: true });
    expect(await store.rollups.roll()).toBe(4);
    expect(await store.rollups.roll()).toBe(0);
    const series = await answers(store);
    const told = async (grain: 'h' | 'd') =>
      (await store.rollups.cells(series, grain, { from: 0 })).map(({ times, ...cell }) => ({ ...cell, held: times.n }));
    const hours = [
      { at: start, n: 3, failed: 0, late: 1, sum: 1_200, min: 100, max: 900, held: 3 },
      { at: start + hour, n: 2, failed: 1, late: 0, sum: 300, min: 300, max: 300, held: 1 },
    ];
    expect(await told('h')).toEqual(hours);
    expect(await told('d')).toEqual([{ at: start, n: 5, failed: 1, late: 1, sum: 1_500, min: 100, max: 900, held: 4 }]);

    await store.baselines.exclude('b', { reason: 'network drill', by: 'ada', at: 5 });
    expect((await store.history.samples(like, 'answer', {})).map(({ run }) => run)).toEqual(['a', 'a', 'a']);
    await store.rollups.roll();
    expect(await told('h')).toEqual(hours.slice(0, 1));
    expect(await store.baselines.include('b', 9)).toBe(1);
    await store.rollups.roll();
    expect(await told('h')).toEqual(hours);
    expect(await store.baselines.exclusions()).toEqual([
      { id: expect.any(String), run: 'b', journey: null, reason: 'network drill', by: 'ada', at: 5, lifted: 9 },
    ]);
  });

  test('what is pruned stays as hours and days; what comes late is added; runs are kept by name', async () => {
    const store = await opened();
    const now = start + 100 * day;
    for (let n = 0; n < 6; n += 1)
      await keep(store, { run: `old-${n}`, at: start + n * day, walks: [{ ms: 100 + n }, { ms: 300 + n }] });
    await keep(store, { run: 'new', at: now - day, walks: [{ ms: 500 }] });
    const removed: string[] = [];
    const pruned = await store.retention.prune(now, { keep: usualKeep, remove: (run) => void removed.push(run) });
    expect(pruned).toMatchObject({ samples: 12, forgotten: 0 });
    expect(removed).toEqual(['old-0', 'old-1', 'old-2', 'old-3', 'old-4', 'old-5']);
    expect((await store.history.samples(like, 'answer', {})).map(({ run }) => run)).toEqual(['new']);
    expect(await store.runs({ last: 10 })).toHaveLength(7);
    expect(await store.prunedAt('old-3')).toEqual({ run: 'old-3', at: now });
    expect(await store.prunedAt('new')).toBeUndefined();
    await expect(store.baselines.exclude('old-1', { reason: 'x', at: 1 })).rejects.toThrow('were pruned');

    const series = await answers(store);
    const cells = () => store.rollups.cells(series, 'h', { from: 0 });
    expect((await cells()).map(({ n }) => n)).toEqual([2, 2, 2, 2, 2, 2, 1]);
    await keep(store, { run: 'late', at: start + 2 * day, walks: [{ ms: 200 }] });
    await store.rollups.roll();
    await store.rollups.roll();
    const [, , third] = await cells();
    expect(third).toMatchObject({ n: 3, min: 102, max: 302, sum: 604 });
    expect(quantileOf(third as NonNullable<typeof third>, 0.5)).toBeCloseTo(200, -1);
    expect((await store.history.samples(like, 'answer', {})).map(({ run }) => run)).toEqual(['new']);
    expect((await store.rollups.cells(series, 'd', { from: start + 2 * day, to: start + 3 * day }))[0]?.n).toBe(3);
    const course = await store.rollups.course(series, 0);
    expect(course.filter(({ ms }) => typeof ms === 'number')).toHaveLength(7);
    expect(course).toHaveLength(14);

    const years = await store.retention.prune(now + 400 * day, { keep: usualKeep, remove: () => undefined });
    expect(years.forgotten).toBe(8);
    expect(await cells()).toEqual([]);
    expect(await store.rollups.cells(series, 'd', { from: 0 })).toHaveLength(7);
  });

  test('how good calls were outlasts their samples, one of each walk, and moves with its step', async () => {
    const store = await opened();
    const now = start + 100 * day;
    for (let n = 0; n < 3; n += 1) {
      const walks = [4.1, 4.1, 4.3].map((mos) => ({ ms: 100, mos: mos - n / 10, match: 0.9 }));
      await keep(store, { run: `old-${n}`, at: start + n * day, walks });
    }
    await keep(store, { run: 'not', at: start + hour, walks: [{ ms: 1, mos: 1, match: 0.1, status: 'broken' }] });
    const from = start - day;
    const raw = await store.history.qualities({ from });
    await store.retention.prune(now, { keep: usualKeep, remove: () => undefined });
    expect(await store.history.qualities({ from })).toEqual([]);
    const kept = await store.rollups.qualities({ from, journey: 'shop/answer' });
    expect(kept.map(({ samples, ...what }) => what).toSorted((a, b) => a.id - b.id)).toEqual(
      raw.map(({ samples, ...what }) => what).toSorted((a, b) => a.id - b.id),
    );
    const course = async (wanted: string) =>
      (await store.rollups.qualities({ from })).find(({ name }) => name === wanted)?.samples;
    expect(await course('match')).toEqual([0, 1, 2].map((n) => ({ at: start + n * day, value: 0.9 })));
    for (const [n, { value }] of ((await course('customer: mos')) ?? []).entries())
      expect(Math.abs(value / (4.1 - n / 10) - 1)).toBeLessThan(0.01);

    await keep(store, { run: 'late', at: start, walks: [{ ms: 1, mos: 3, match: 0.5 }] });
    await store.rollups.roll();
    await store.rollups.roll();
    const id = kept.find(({ name }) => name === 'match')?.id ?? 0;
    expect((await store.rollups.cells(id, 'd', { from }))[0]).toMatchObject({ n: 4, min: 0.5, max: 0.9 });
    expect(await store.history.qualities({ from })).toEqual([]);

    const episode = {
      series: id,
      direction: 'regressed',
      opened: now,
      ratio: 0.5,
      sentence: 's',
      label: null,
    } as const;
    await store.episodes.begin({ ...episode, id: 'cccc3333', at: start, closed: null });
    await store.move('shop/answer', { from: 'answer', to: 'bot-answers' });
    const moved = (await store.rollups.qualities({ from })).find(({ name }) => name === 'match');
    expect(moved).toMatchObject({ step: 'bot-answers', samples: [{}, {}, {}] });
    expect((await store.episodes.open()).map(({ series }) => Number(series))).toEqual([moved?.id]);
  });

  test('a pinned baseline holds until it is unpinned, and nothing of it is forgotten', async () => {
    const store = await opened();
    expect(await store.history.pinned('shop/answer')).toBeUndefined();
    await store.baselines.pin('shop/answer', ['a', 'b'], { reason: 'before the move', at: 1 });
    await store.baselines.pin('shop/answer', ['c'], { reason: 'after it', at: 2 });
    expect(await store.history.pinned('shop/answer')).toEqual(['c']);
    expect(await store.baselines.unpin('shop/answer', 3)).toBe(true);
    expect(await store.baselines.unpin('shop/answer', 4)).toBe(false);
    expect(await store.history.pinned('shop/answer')).toBeUndefined();
    expect((await store.baselines.pins()).map(({ reason, lifted }) => [reason, lifted])).toEqual([
      ['after it', 3],
      ['before the move', 2],
    ]);
  });

  test('the time of a finding is no baseline, until people say that it was none or is to be so', async () => {
    const store = await opened();
    for (let n = 0; n < 6; n += 1) await keep(store, { run: `r${n}`, at: start + n * hour, walks: [{ ms: 100 + n }] });
    const series = await answers(store);
    const of = { series, direction: 'regressed', opened: start, ratio: 1.4, sentence: 'slower', label: null } as const;
    await store.episodes.begin({ ...of, id: 'aaaa1111', at: start + 2 * hour, closed: start + 4 * hour });
    await store.episodes.begin({ ...of, id: 'bbbb2222', at: start + 5 * hour, closed: null });
    const runs = async (flagged: boolean) =>
      (await store.history.samples(like, 'answer', { flagged })).map(({ run }) => run);
    expect(await runs(true)).toHaveLength(6);
    expect(await runs(false)).toEqual(['r0', 'r1', 'r4']);
    await store.episodes.label('aaaa', 'false');
    expect(await runs(false)).toEqual(['r0', 'r1', 'r2', 'r3', 'r4']);
    expect(await store.baselines.accept('shop/answer', 'expected: a new region')).toBe(1);
    expect(await runs(false)).toHaveLength(6);
  });

  test('a renamed step takes its hours along', async () => {
    const store = await opened();
    await keep(store, { run: 'a', at: start, walks: [{ ms: 100 }] });
    await store.rollups.roll();
    expect(await store.move('shop/answer', { from: 'answer', to: 'bot-answers' })).toBe(1);
    const [only, ...more] = await store.series('shop/answer');
    expect([only?.step, more]).toEqual(['bot-answers', []]);
    expect(await store.rollups.cells(Number(only?.id), 'h', { from: 0 })).toHaveLength(1);
  });

  test('runs are found by place, status, journey and time', async () => {
    const store = await opened();
    for (let n = 0; n < 4; n += 1)
      await keep(store, {
        run: `r${n}`,
        at: start + n * hour,
        journey: n % 2 === 0 ? 'even' : 'odd',
        walks: [{ ms: 1 }],
      });
    const ids = async (filter: object) => (await store.runs({ last: 10, ...filter })).map(({ id }) => id);
    expect(await ids({})).toEqual(['r0', 'r1', 'r2', 'r3']);
    expect(await ids({ last: 2 })).toEqual(['r2', 'r3']);
    expect(await ids({ journey: 'odd' })).toEqual(['r1', 'r3']);
    expect(await ids({ from: start + hour, to: start + 3 * hour })).toEqual(['r1', 'r2']);
    expect(await ids({ environment: 'elsewhere' })).toEqual([]);
    expect(await ids({ location: 'here', status: 'passed' })).toHaveLength(4);
  });
});
