import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { seeded } from '../../core/random.ts';
import { Store } from '../../store/store.ts';
import { Project } from '../kit/project.ts';
import { runOf } from '../store/run.ts';

const hour = 3_600_000;
const hours = 240;

interface Past {
  /** Factor on the usual 600 ms at an hour counted from the oldest. */
  readonly level?: (journey: string, hour: number) => number;
  readonly fails?: (journey: string, hour: number, roll: number) => boolean;
  readonly journeys?: readonly string[];
  /** MOS of the call at an hour; none where it is not a call. */
  readonly mos?: (hour: number) => number;
}

/** A project with hourly runs of each journey until now, written down as the engine would have. */
async function project({
  level = () => 1,
  fails = () => false,
  journeys = ['shop/answer'],
  mos,
}: Past): Promise<Project> {
  const made = new Project();
  onTestFinished(() => made[Symbol.dispose]());
  made.write('config/test.yaml', 'location: here\nlayers: { bot: { owner: bots }, crm: { owner: crm-platform } }\n');
  for (const journey of journeys) {
    const layer = journey.includes('crm') ? 'crm' : 'bot';
    made.write(
      `journeys/${journey}.yaml`,
      `title: ${journey}\nsteps:\n  - pause.pause: 1ms\n    id: answer\n    layer: ${layer}\n    title: hears the answer\n`,
    );
  }
  await grow(made, { level, fails, journeys, ...(mos ? { mos } : {}) }, { from: 0, to: hours });
  return made;
}

async function grow(
  made: Project,
  { level, fails, journeys, mos }: Required<Omit<Past, 'mos'>> & Pick<Past, 'mos'>,
  { from, to }: { from: number; to: number },
): Promise<void> {
  const random = seeded(from + 1);
  const start = Math.floor(Date.now() / hour) * hour - hours * hour;
  await using store = await Store.open(join(made.root, '.throughline'));
  await using ledger = store.ledger();
  for (let n = from; n < to; n += 1)
    for (const journey of journeys) {
      const noise = Math.exp(0.12 * (random() + random() + random() - 1.5));
      const failed = fails(journey, n, random());
      const ms = 600 * noise * level(journey, n);
      const status = failed ? 'failed' : ms > 1000 ? 'degraded' : 'passed';
      const shown = mos ? { mos: mos(n) + 0.05 * (random() - 0.5) } : {};
      const walks = [{ ms, status, ...shown } as const];
      // The newest hour lies a little before now, so that it is past.
      for (const event of runOf({
        run: `${journey.replaceAll('/', '-')}-${n}`,
        at: start + n * hour - hour,
        journey,
        walks,
      }))
        ledger.on(event);
    }
}

const args = ['--env', 'test'];
const lines = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('throughline judge', () => {
  test('a quiet past is quiet', async () => {
    const made = await project({});
    const { code, out } = await made.run(['judge', ...args]);
    expect(out).toMatch(
      /^shop\/answer: a 20 % slow-down of “hears the answer” is visible after about \d+ hourly runs?\n1 step of 1 journey over 45 days: 0 worse, 0 better\n$/,
    );
    expect(code).toBe(0);
  });

  test('a step that got slower is told once, with layer, owner and what changed about then; then it is known, labelled and closed', async () => {
    const past = {
      level: (_: string, n: number) => (n >= 200 ? 1.4 : 1),
      fails: () => false,
      journeys: ['shop/answer'],
    };
    const made = await project(past);
    const at = new Date(Math.floor(Date.now() / hour) * hour - (hours - 200 + 1) * hour).toISOString();
    await made.run(['change', 'flow v42', '--at', at, '--scope', 'bot', ...args]);
    const first = await made.run(['judge', ...args]);
    expect(first.out).toMatch(/✕ opened “hears the answer” .*600 ms.*84\d ms|✕ opened “hears the answer”/);
    expect(first.out).toContain('; since flow v42');
    expect(first.out).toContain('Layer bot, owner bots · test here ci');
    expect(first.code).toBe(4);
    const again = await made.run(['judge', ...args]);
    expect(again.out).toMatch(/\n1 step .*1 worse, 0 better; 1 of them known before/);
    expect(again.code).toBe(4);
    const said = lines((await made.run(['judge', '--all', '--json', ...args])).out);
    const [told, summary] = [said[0], said.at(-1)];
    expect(told).toMatchObject({
      state: 'open',
      verdict: 'regressed',
      kind: 'marker',
      layer: 'bot',
      owner: 'bots',
      since: [{ name: 'flow v42' }],
    });
    expect(told?.ratio).toBeGreaterThan(1.3);
    expect(summary).toMatchObject({ summary: true, series: 1, samples: hours });
    const labelled = await made.run(['finding', 'label', String(told?.finding), 'expected', ...args]);
    expect(labelled.code).toBe(0);
    const after = await made.run(['judge', ...args]);
    expect(after.out).toContain('0 of 1 labelled findings were false (0 %)');
    expect(after.code).toBe(0);
    expect((await made.run(['finding', 'list', ...args])).out).toMatch(/open {2}expected {2}“hears the answer”/);
  });

  test('more failures are found without any marker', async () => {
    const made = await project({ fails: (_, n, roll) => n >= 190 && roll < 0.35 });
    const { code, out } = await made.run(['judge', ...args]);
    expect(out).toMatch(/✕ opened “hears the answer” .*fail/);
    expect(code).toBe(4);
  });

  test('calls that sound worse are found, though no step is slower', async () => {
    const made = await project({ mos: (n) => (n >= 200 ? 3.6 : 4.3) });
    const { code, out } = await made.run(['judge', ...args]);
    expect(out).toMatch(/✕ opened “customer: mos” fell from 4\.\d+ to 3\.\d+ since .*, which is worse; /);
    expect(out).toContain('shop/answer · customer: mos');
    expect(out).toMatch(/\n1 step and 1 figure of quality of 1 journey over 45 days: 1 worse, 0 better\n$/);
    expect(code).toBe(4);
    const even = await project({ mos: () => 4.3 });
    expect((await even.run(['judge', ...args])).code).toBe(0);
  });

  test('a promise that is broken is told with its budget, whatever the level', async () => {
    const made = await project({ level: (_, n) => (n >= 234 ? 4 : 1) });
    made.write(
      'journeys/shop/answer.yaml',
      'title: t\nsteps:\n  - pause.pause: 1ms\n    id: answer\n    layer: bot\n    title: hears the answer\n    target: 1s\n',
    );
    const { code, out } = await made.run(['judge', ...args]);
    expect(out).toMatch(
      /✕ “hears the answer” breaks its promise: it missed its target of 1 s in (\d) of \1 tries in the last 6 hours/,
    );
    expect(out).toMatch(/overspent its error budget|of its error budget left/);
    expect(code).toBe(4);
  });

  test('what went away is not told as lasting', async () => {
    const made = await project({ level: (_, n) => (n >= 100 && n < 140 ? 1.6 : 1) });
    const { code, out } = await made.run(['judge', ...args]);
    expect(out).toContain('0 worse, 0 better');
    expect(code).toBe(0);
  });

  test('many steps at one time have one cause more likely than many', async () => {
    const journeys = ['a/bot', 'b/bot', 'c/crm', 'd/crm', 'e/crm'];
    const made = await project({ journeys, level: (journey, n) => (n >= 200 && journey !== 'a/bot' ? 1.5 : 1) });
    const { out } = await made.run(['judge', ...args]);
    expect(out).toMatch(
      /^4 of 5 steps at test here ci got worse together about .*: look for one cause first \(crm 3 of 3, bot 1 of 2\)/,
    );
  });

  test.each([
    [['finding', 'label', 'zzzzzzzz', 'true'], /no finding zzzzzzzz/],
    [['finding', 'label', 'zzzzzzzz', 'maybe'], /true\|false\|expected\|dismissed/],
    [['judge', '--days', 'many'], /--days/],
  ])('%j is refused', async (words, said) => {
    const made = new Project();
    onTestFinished(() => made[Symbol.dispose]());
    const { code, err } = await made.run(words);
    expect(err).toMatch(said);
    expect(code).toBe(2);
  });
});
