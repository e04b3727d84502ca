import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { whose } from '../../core/headline.ts';
import { seeded } from '../../core/random.ts';
import { Candidate } from '../../runners/gate/candidate.ts';
import { judgeCandidate } from '../../runners/gate/gate.ts';
import { Store } from '../../store/store.ts';
import { keep, like } from '../store/places.ts';
import { runOf } from '../store/run.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const random = seeded(11);
const near = (ms: number) => ms * Math.exp(0.1 * (random() + random() + random() - 1.5));
const steps = Array.from({ length: 12 }, (_, n) => `step ${n + 1}`);

type Walk = Parameters<typeof runOf>[0]['walks'][number];

/** Five walks an hour, for so many hours. */
async function remember(store: Store, hours: number, walk: () => Walk): Promise<void> {
  for (let n = 0; n < hours; n += 1)
    await keep(store, { run: `before${n}`, at: start + n * hour, walks: Array.from({ length: 5 }, walk) });
}

async function judged(store: Store, walks: readonly Walk[], baseline?: string) {
  await using candidate = new Candidate();
  for (const event of runOf({ run: 'now', at: start + 500 * hour, walks })) candidate.on(event);
  return judgeCandidate(candidate, store.history, baseline === undefined ? {} : { baseline });
}

async function store(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-gate-'));
  const opened = await Store.open(folder);
  onTestFinished(async () => {
    await opened[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  return opened;
}

const walkOf = (factor: (step: string) => number): Walk => ({
  ms: near(800 * factor('answer')),
  more: Object.fromEntries(steps.map((step) => [step, near(800 * factor(step))])),
});

test('what all steps have in common is said once, before the step that moved beyond it', async () => {
  const past = await store();
  await remember(past, 8, () => walkOf(() => 1));
  const slow = Array.from({ length: 12 }, () => walkOf((step) => (step === 'step 7' ? 2.6 : 1.4)));
  const { findings, shut } = await judged(past, slow);
  expect(shut).toBe(true);
  expect(findings[0]).toMatchObject({ status: 'regressed', journey: '', title: 'everything' });
  expect(findings[0]?.sentence).toMatch(
    /^everything got slower, \+(3|4)\d % \(95 % CI .*\), 13 of 13 steps the same way: look at the network, the runner or the place first; \d+ of the steps found worse moved no further than that$/,
  );
  const alone = findings.filter(({ journey, details }) => journey !== '' && details?.common !== true);
  expect(alone.map(({ step }) => step)).toEqual(['step 7']);
  const all = findings.filter(({ details }) => details?.common === true);
  expect(all.length).toBeGreaterThanOrEqual(10);

  const told = [...runOf({ run: 'now', at: start + 500 * hour, walks: slow })];
  {
    await using ledger = past.ledger();
    for (const event of told.slice(0, -1)) ledger.on(event);
    for (const [n, finding] of findings.entries())
      ledger.on({ v: 1, at: start + 500 * hour, run: 'now', seq: 9000 + n, type: 'finding', finding });
    for (const event of told.slice(-1)) ledger.on(event);
  }
  for (const step of ['step 7', ...all.map((one) => one.step)])
    expect((await past.history.samples(like, step, {})).some(({ run }) => run === 'now')).toBe(false);
});

test('a walk that was late is not the last good one', async () => {
  const past = await store();
  await remember(past, 7, () => ({ ms: near(800) }));
  const late = Array.from({ length: 5 }, () => ({ ms: near(800), status: 'degraded' }) as const);
  await keep(past, { run: 'late', at: start + 8 * hour, walks: late });
  const { findings } = await judged(
    past,
    Array.from({ length: 10 }, () => ({ ms: near(1600) })),
  );
  expect(findings[0]).toMatchObject({ status: 'regressed', lastGood: { run: 'before6' } });
});

test('how much of the journey lies in the step that got slower is said with it', async () => {
  const past = await store();
  await remember(past, 8, () => ({ ms: near(800), more: { pay: near(800), leave: near(2000) } }));
  const { findings } = await judged(
    past,
    Array.from({ length: 10 }, () => ({ ms: near(800), more: { pay: near(1600), leave: near(2000) } })),
  );
  expect(findings[0]).toMatchObject({ step: 'pay', details: { share: { journey: 'shop/answer' } } });
  expect(findings[0]?.sentence).toMatch(/(\d+ % of the slow-down of “shop\/answer” is|is all) in “pay” \(\+/);
});

test('a slow path that few take is told as such, and does not shut the gate; p95 stands beside what is slower altogether', async () => {
  const past = await store();
  await remember(past, 40, () => ({ ms: near(800), more: { pay: near(800) } }));
  const rare = (share: number, of: number) => near(random() < share ? 3 * of : of);
  const { findings, shut } = await judged(
    past,
    Array.from({ length: 100 }, () => ({ ms: rare(0.2, 800), more: { pay: near(1400) } })),
    'last:200',
  );
  expect(shut).toBe(true);
  const tail = findings.find(({ step }) => step === 'answer');
  expect(tail).toMatchObject({ status: 'regressed', details: { confirmed: false, tail: { percentile: 95 } } });
  expect(tail?.sentence).toMatch(
    /^p95 of “hear” rose from [\d.]+ m?s to 2\.\d+ s \(.*, beyond the old p95: .*, which is worse \(likely, not confirmed/,
  );
  expect(findings.find(({ step }) => step === 'pay')?.sentence).toMatch(/, which is worse; p95 rose from /);
});

test('a call whose quality falls shuts the gate, under its actor, with the layer of its steps', async () => {
  const past = await store();
  await remember(past, 8, () => ({ ms: near(800), mos: 4.3 + 0.05 * (random() - 0.5) }));
  const walks = (mos: number) =>
    Array.from({ length: 10 }, () => ({ ms: near(800), mos: mos + 0.05 * (random() - 0.5) }));
  expect((await judged(past, walks(4.3))).shut).toBe(false);
  const { findings, shut } = await judged(past, walks(3.6));
  expect(shut).toBe(true);
  const [found] = findings;
  expect(found).toMatchObject({ step: '', title: 'customer: mos', details: { metric: 'customer: mos', unit: 'MOS' } });
  expect(found?.sentence).toMatch(/^“customer: mos” fell from 4\.\d+ to 3\.\d+ \(−0\.\d+, 95 % CI .*which is worse/);
  expect(found && whose(found)).toContain('Layer bot, owner bots');
});

test('what a gate has looked at before is judged by evidence that more looks do not wear out', async () => {
  const past = await store();
  await remember(past, 8, () => ({ ms: near(800) }));
  const since = start + 400 * hour;
  const look = async (run: string, n: number) => {
    const events = [
      ...runOf({ run, at: since + n * hour, walks: Array.from({ length: 5 }, () => ({ ms: near(1100) })) }),
    ];
    await using candidate = new Candidate();
    for (const event of events) candidate.on(event);
    const { findings } = await judgeCandidate(candidate, past.history, { since });
    await using ledger = past.ledger();
    for (const event of events.slice(0, -1)) ledger.on(event);
    for (const [k, finding] of findings.entries())
      ledger.on({ v: 1, at: since + n * hour, run, seq: 9000 + k, type: 'finding', finding });
    for (const event of events.slice(-1)) ledger.on(event);
    return findings.map(({ sentence }) => sentence).join('\n');
  };
  expect(await look('first', 1)).toMatch(/flagged at a false discovery rate of 5 % \(BH\)/);
  expect(await look('second', 2)).toMatch(/10 after; .*\(e-BH\)/);
});
