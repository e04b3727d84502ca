import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../../store/store.ts';
import { Project } from '../kit/project.ts';
import { runOf } from '../store/run.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** Midday, so that no hour is cut by a day. */
const noon = Math.floor(Date.now() / day) * day - 100 * day + 12 * hour;

async function project(): Promise<Project> {
  const made = new Project();
  onTestFinished(() => made[Symbol.dispose]());
  await using store = await Store.open(join(made.root, '.throughline'));
  for (const [n, at] of [noon, noon + hour, Date.now() - 2 * hour, Date.now() - hour].entries()) {
    await using ledger = store.ledger();
    const walks = [{ ms: 500 + n }, { ms: 700, ...(n === 3 ? { status: 'failed' as const } : {}) }];
    for (const event of runOf({ run: `2026010${n + 1}T120000-aaaaa${n}`, at, walks })) ledger.on(event);
  }
  mkdirSync(join(made.root, '.throughline/runs/20260101T120000-aaaaa0/walk'), { recursive: true });
  writeFileSync(join(made.root, '.throughline/runs/20260101T120000-aaaaa0/walk/call.wav'), 'sound');
  return made;
}

test('history is filtered, as text, NDJSON and CSV with fixed columns', async () => {
  const made = await project();
  const all = await Promise.all(
    [
      ['history', '--csv'],
      ['history', '--since', new Date(Date.now() - day).toISOString(), '--json'],
      ['history', 'shop/answer', '--status', 'failed', '--csv'],
      ['history', 'shop/answer', '--by', 'day', '--csv'],
      ['history', 'shop/answer', '--location', 'there'],
      ['history', 'shop/answer', '--since', '2026-01-02', '--until', '2026-01-01'],
      ['history', 'shop/answer', '--status', 'well'],
    ].map((args) => made.run(args)),
  );
  const [csv, recent, failed, days, elsewhere, backwards, status] = all.map(({ out, err }) => out + err);
  expect(csv).toMatch(
    /^run,timestamp,environment,location,trigger,status,walks,passed,ms,batch,commit,branch\n20260101T120000-aaaaa0,\d+,test,here,ci,passed,2,2,60000,/,
  );
  expect(
    recent
      ?.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id),
  ).toEqual(['20260103T120000-aaaaa2', '20260104T120000-aaaaa3']);
  expect(failed?.split('\n').slice(1)).toEqual([
    expect.stringMatching(/^shop\/answer answer,\d+,,20260104T120000-aaaaa3,failed,shop\/answer,answer,.*,failed,$/),
    '',
  ]);
  expect(days).toMatch(
    /^series,timestamp,n,failed,late,median,p95,min,max,mean\nshop\/answer answer,\d+,4,0,0,(49|50)\d.*,500,700,600.3\n/,
  );
  expect(elsewhere).toMatch(/no history of a location there.*there are here/s);
  expect(backwards).toContain('is not before');
  expect(status).toContain('nothing ends well');
  expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0, 2, 2, 2]);
});

test('what is pruned stays as days, and is called pruned', async () => {
  const made = await project();
  const { out } = await made.run(['prune']);
  expect(out).toBe('4 samples are kept as hours and days only; the evidence of 2 runs was deleted\n');
  expect(made.has('.throughline/runs/20260101T120000-aaaaa0')).toBe(false);
  const [list, days, replayed, again] = await Promise.all([
    made.run(['history']),
    made.run(['history', 'shop/answer', '--by', 'day']),
    made.run(['replay', '20260101']),
    made.run(['prune']),
  ]);
  expect(list.out.match(/ {2}pruned\n/g)).toHaveLength(2);
  expect(days.out).toMatch(/4 samples, median (49|50)\d ms\n/);
  expect(replayed).toMatchObject({
    code: 2,
    err: expect.stringMatching(/run 20260101T120000-aaaaa0 was pruned on \d{4}-/),
  });
  expect(again.out).toContain('0 samples are kept');
});

test('a baseline is pinned, a run excluded, and both are taken back and listed', async () => {
  const made = await project();
  const [exclude, pin] = await Promise.all([
    made.run(['baseline', 'exclude', '20260103', '--reason', 'network drill', '--by', 'ada']),
    made.run(['baseline', 'pin', 'shop/answer', '20260104', '--reason', 'release 9']),
  ]);
  expect([exclude.err, pin.err]).toEqual(['', '']);
  expect((await made.run(['history', 'shop/answer'])).out).toContain('6 samples');
  const list = (await made.run(['baseline', 'list'])).out;
  expect(list).toMatch(
    /^pinned .*shop\/answer: 1 runs, 20260104T120000-aaaaa3 .*release 9\nexcluded .*-aaaaa2 {2}network drill {2}by ada\n$/,
  );
  const [include, unpin, nothing, why] = await Promise.all([
    made.run(['baseline', 'include', '20260103']),
    made.run(['baseline', 'unpin', 'shop/answer']),
    made.run(['baseline', 'pin', 'shop/other', '--reason', 'x']),
    made.run(['baseline', 'exclude', '20260103']),
  ]);
  expect([include.code, unpin.code, nothing.err, why.err]).toEqual([
    0,
    0,
    expect.stringContaining('no run of shop/other'),
    expect.stringContaining('needs a --reason'),
  ]);
  expect((await made.run(['history', 'shop/answer'])).out).toContain('8 samples');
});

test('a change is marked once for its external name, edited, taken back by another and deleted', async () => {
  const made = await project();
  const id = (
    await made.run(['change', 'flow v42', '--external', 'REL-42', '--at', '2026-11-20T10:00', '--scope', 'ivr'])
  ).out.trim();
  expect((await made.run(['change', 'flow v42', '--external', 'REL-42', '--by', 'ada'])).out.trim()).toBe(id);
  await made.run(['change', 'edit', id, '--until', '2026-11-20T11:00', '--name', 'flow v43']);
  await made.run(['change', 'back to v41', '--rolls-back', id, '--at', '2026-11-20T12:00']);
  expect((await made.run(['change', 'list'])).out).toMatch(
    new RegExp(
      `^${id} {2}2026-11-20 10:00 {2}flow v43 {2}\\[ivr\\] {2}by ada {2}until 2026-11-20 11:00 {2}\\(REL-42\\)\n\\w{8} {2}2026-11-20 12:00 {2}back to v41 {2}takes back flow v43\n$`,
    ),
  );
  const refused = await Promise.all([
    made.run(['change', 'x', '--rolls-back', 'nothing']),
    made.run(['change', 'edit', id, '--until', '2026-11-19']),
    made.run(['change', 'two', 'words']),
    made.run(['change', 'delete', 'nothing']),
  ]);
  expect(refused.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  expect(refused.map(({ err }) => err.split('\n')[0])).toEqual([
    expect.stringContaining('no change nothing'),
    expect.stringContaining('cannot be complete'),
    expect.stringContaining('one word too many'),
    expect.stringContaining('no change nothing'),
  ]);
  expect((await made.run(['change', 'delete', 'back to v41'])).code).toBe(0);
});
