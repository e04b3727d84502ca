import { expect, test } from 'vitest';
import { contested, renamedOf } from '../../core/renamed.ts';
import { rootsOf } from '../../core/spec/roots.ts';
import { Project } from '../kit/project.ts';
import { readText, saidOf, steps } from './bad-journey.ts';

const flow = 'steps:\n  - chat.say: hi\n    id: greeting\n    was: hello\n  - chat.hear: hi\n';

test('`was` names former steps, those within a renamed flow call too', async () => {
  const journey = await readText(
    `${steps('- chat.open:\n  id: opened\n  was: chat.open\n- use: flows/f\n  id: talk\n  was: call\n- chat.say: x')}`,
    { 'flows/f.yaml': flow },
  );
  expect(renamedOf(journey).map(({ from, to }) => `${from} → ${to}`)).toEqual([
    'chat.open → opened',
    'call → talk',
    'call/hello → talk/greeting',
    'call/chat.hear → talk/chat.hear',
  ]);
  expect(contested(journey)).toEqual([]);
});

test('a former name that another step bears is a problem; a condition on a name that is nowhere too', async () => {
  const said = await saidOf(
    steps('- chat.open:\n  id: a\n- chat.say: x\n  was: a\n- chat.say: y\n  if: vars.onn && length(caes) > `2`'),
  );
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:6:5 \`was: a\`: there is still a step \`a\`
        - chat.say: x
        hint: a former name belongs to one step
    journeys/j.yaml:9:9 \${vars.onn} has no value
        if: vars.onn && length(caes) > \`2\`
        hint: add it under \`vars\`
    journeys/j.yaml:9:9 \${caes}: nothing before saves \`caes\`
        if: vars.onn && length(caes) > \`2\`
        hint: there are customer, config, vars, env, run"
  `);
});

test.each([
  ['vars.on', ['vars.on']],
  ['a[0].b && !c', ['a', 'c']],
  ['items[?x == `1`].y | [0]', ['items']],
  ["contains(answer.text, 'e') || n > m", ['answer.text', 'n', 'm']],
  ['{ a: b, c: d.e }', ['b', 'd.e']],
  ['a[].b', ['a']],
  ['sum(map(&foo, bar))', ['bar']],
  ['@', []],
])('%s looks up %j', (expression, paths) => {
  expect(rootsOf(expression).map(({ path }) => path)).toEqual(paths);
});

test('the history of a step that says `was` goes on at the next run', async () => {
  using project = new Project();
  const journey = (more: string) => `title: Fine\nowner: o\nsteps:\n  - pause: 1ms\n${more}`;
  project.write('journeys/fine.yaml', journey('    id: old\n'));
  await project.run(['run', '--reporter', 'ndjson']);
  project.write('journeys/fine.yaml', journey('    id: new\n    was: old\n'));
  await project.run(['run', '--reporter', 'ndjson']);
  const { out } = await project.run(['history', 'fine', '--step', 'new', '--json']);
  expect(out.trim().split('\n')).toHaveLength(2);
  expect((await project.run(['history', 'fine'])).out).not.toContain('old');
});
