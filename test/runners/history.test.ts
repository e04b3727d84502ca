import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../../store/store.ts';
import { Project } from '../kit/project.ts';
import { runOf } from '../store/run.ts';

async function project(): Promise<Project> {
  const made = new Project();
  onTestFinished(() => made[Symbol.dispose]());
  await using store = await Store.open(join(made.root, '.throughline'));
  await using ledger = store.ledger();
  const start = Date.now() - 10 * 3_600_000;
  for (let n = 0; n < 5; n += 1)
    for (const event of runOf({
      run: `run-${n}`,
      at: start + n * 3_600_000,
      walks: [{ ms: 500, mos: 4 + n / 10, match: 0.9 }],
    }))
      ledger.on(event);
  return made;
}

test('figures have a history: of steps and of calls, by walk, hour and day', async () => {
  const made = await project();
  const mos = await made.run(['history', 'shop/answer', '--metric', 'mos']);
  expect(mos.out).toBe('customer: mos · test · here · ci\n  ▁▃▅▆█  5 walks, median 4.2\n');
  const csv = await made.run(['history', 'shop/answer', '--metric', 'match', '--step', 'answer', '--csv']);
  expect(csv.out).toMatch(/^series,.*\n(shop\/answer answer match,\d+,0\.9,run-\d,higher,,shop.*\n){5}$/);
  made.write('match.csv', csv.out);
  const analyzed = await made.run(['analyze', 'match.csv', '--kind', 'history', '--json']);
  expect(analyzed.out).toMatch(/"samples":5,/);
  const json = (await made.run(['history', 'shop/answer', '--metric', 'onset', '--last', '1', '--json'])).out;
  expect(JSON.parse(json)).toMatchObject({ step: 'answer', metric: 'onset', value: 250, unit: 'ms', run: 'run-4' });
  const days = await made.run(['history', 'shop/answer', '--metric', 'mos', '--by', 'hour']);
  expect(days.out).toMatch(/ 1 samples, median 4\.4\n$/);
  for (const [more, said] of [
    [['--metric', 'moss'], /no figure moss in the history of shop\/answer\n.*there are customer: mos, match, onset/],
    [['--metric', 'onset', '--by', 'day'], /hours and days are kept of figures of which more is better, not of onset/],
    [['--metric', 'mos', '--status', 'failed'], /a figure has no status/],
  ] as const) {
    const refused = await made.run(['history', 'shop/answer', ...more]);
    expect([refused.code, refused.out]).toEqual([2, '']);
    expect(refused.err).toMatch(said);
  }
  expect((await made.run(['history', '--metric', 'mos'])).err).toContain('a figure is one of a journey');
});

test('the history of a renamed step goes on under its new name', async () => {
  const made = await project();
  const moved = await made.run(['history', 'move', 'shop/answer', 'answer', 'bot-answers']);
  expect(moved.err).toBe('');
  expect(moved.out).toBe('5 samples of answer are history of bot-answers now\n');
  expect((await made.run(['export'])).out).toMatch(/^series.*\n(shop\/answer bot-answers,.*\n){5}$/);
  const again = await made.run(['history', 'move', 'shop/answer', 'bot-answer', 'other']);
  expect(again.err).toMatch(/no history of bot-answer\n.*did you mean `bot-answers`/);
  expect(again.code).toBe(2);
});

test('a change is edited, and what it is not told stays', async () => {
  const made = await project();
  const id = (await made.run(['change', 'flow v42', '--at', '2026-11-20T10:00', '--by', 'ada'])).out.trim();
  expect((await made.run(['change', 'edit', id, '--scope', 'ivr,routing'])).code).toBe(0);
  expect((await made.run(['change', 'list'])).out).toMatch(/2026-11-20 10:00 {2}flow v42 {2}\[ivr,routing\] {2}by ada/);
  expect((await made.run(['change', 'edit', 'nothing', '--by', 'bob'])).err).toContain('no change nothing');
  expect((await made.run(['change', 'edit', id])).err).toContain('say what to change');
});
