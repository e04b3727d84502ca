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
    for (const event of runOf({ run: `run-${n}`, at: start + n * 3_600_000, walks: [{ ms: 500 }] })) ledger.on(event);
  return made;
}

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
