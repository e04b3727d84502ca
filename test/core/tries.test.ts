import { expect, test } from 'vitest';
import type { Driver } from '../../core/driver.ts';
import { walkText } from '../kit/stage.ts';
import { toyDriver } from '../kit/toy.ts';

const drivers = () => new Map<string, Driver>([['toy', toyDriver() as unknown as Driver]]);
const steps = (text: string) => `title: t\nowner: o\nactors: { agent: {} }\nsteps:\n${text}`;

test('the target is judged on the first try: one that failed late is degraded although the next was quick', async () => {
  const late = await walkText(
    steps('  - toy.slow-then-fine: { first: 80ms }\n    retry: 1\n    target: 20ms\n    within: 5s\n'),
    { drivers: drivers() },
  );
  expect(late.ended[0]).toMatchObject({ status: 'degraded', flaky: true, tries: 2 });
  expect(late.ended[0]?.firstMs).toBeGreaterThan(20);
  expect(late.ended[0]?.sentence).toMatch(/took \d+(\.\d+)? ms, target 20 ms, limit 5\.00 s \(2 tries\)$/);
  const quick = await walkText(
    steps('  - toy.slow-then-fine: { first: 1ms }\n    retry: 1\n    target: 2s\n    within: 5s\n'),
    { drivers: drivers() },
  );
  expect(quick.ended[0]).toMatchObject({ status: 'passed', flaky: true, tries: 2 });
});

test('`within` is over all tries: an origin that lies before the first neither shortens nor lengthens it', async () => {
  const text = steps(`  - toy.say: x
    id: asked
  - toy.wait: 60ms
  - toy.slow-then-fine: { first: 1ms, after: 30ms, since: asked }
    retry: 1
    within: 5s
  - toy.wait: 5s
    retry: 9
    within: 30ms
`);
  const { ended } = await walkText(text, { drivers: drivers() });
  expect(ended[2]).toMatchObject({ status: 'passed', tries: 2 });
  expect(ended[2]?.ms).toBeGreaterThan(85);
  expect(ended[3]).toMatchObject({ status: 'failed', tries: 1 });
});

const flow = {
  'flows/try.yaml':
    'outputs: { said: "${it.text}" }\nsteps:\n  - toy.say: hello\n    save: it\n  - toy.fail: { why: not yet, before: 1 }\n',
  'flows/never.yaml': 'steps:\n  - toy.say: hello\n  - toy.fail: never\n  - toy.say: not reached\n',
};

test('a flow is tried again as a whole; what the failed try came to does not count, and it is flaky', async () => {
  const { status, ended, events, statuses } = await walkText(
    steps('  - use: flows/try\n    retry: 2\n    save: { heard: said }\n  - toy.say: "${heard}"\n'),
    { drivers: drivers(), also: flow },
  );
  expect(status).toBe('passed');
  expect(statuses).toEqual({ 'try/toy.say': 'passed', 'try/toy.fail': 'passed', try: 'passed', 'toy.say': 'passed' });
  expect(ended.find(({ step }) => step === 'try')).toMatchObject({ tries: 2, flaky: true });
  expect(events.find((event) => event.type === 'walk.ended')).toMatchObject({ flaky: true });
  expect(events.filter((event) => event.type === 'finding')).toEqual([]);
});

test('a flow that never succeeds is failed after its tries, one finding for all of them', async () => {
  const { status, ended, events } = await walkText(steps('  - use: flows/never\n    retry: 2\n'), {
    drivers: drivers(),
    also: flow,
  });
  expect(status).toBe('failed');
  expect(ended.filter(({ step }) => step === 'never/toy.fail')).toHaveLength(3);
  expect(ended.at(-1)).toMatchObject({ step: 'never', status: 'failed', tries: 3 });
  expect(events.filter((event) => event.type === 'finding')).toHaveLength(1);
});

test('a flow or branches that are optional and do not occur are skipped, and the walk passes', async () => {
  const { status, statuses } = await walkText(
    steps(`  - use: flows/never
    optional: true
    within: 2s
  - together:
      - steps: [ { toy.fail: no } ]
      - as: agent
        steps: [ { toy.say: hi } ]
    optional: true
    within: 2s
  - toy.say: on
    id: on
`),
    { drivers: drivers(), also: flow },
  );
  expect(status).toBe('passed');
  expect(statuses).toMatchObject({ never: 'skipped', together: 'skipped', on: 'passed' });
});

test('what a soft failure would have saved lets those who need it be skipped: the journey is not wrong', async () => {
  const { status, ended } = await walkText(
    steps('  - toy.fail: no\n    soft: true\n    save: it\n  - toy.say: "${it.text}"\n  - toy.say: on\n'),
    { drivers: drivers() },
  );
  expect(status).toBe('failed');
  expect(ended.map((end) => end.status)).toEqual(['failed', 'skipped', 'passed']);
  expect(ended[1]?.reason).toBe('`it` was never saved: “fail no” failed');
});

test('a flow in `finally` whose inputs were never saved is skipped', async () => {
  const text = `${steps('  - toy.fail: no\n  - toy.say: later\n    save: later\n')}finally:\n  - use: flows/by-name\n    with: { name: "\${later.text}" }\n  - toy.say: bye\n    id: bye\n`;
  const { status, statuses } = await walkText(text, {
    drivers: drivers(),
    also: { 'flows/by-name.yaml': 'inputs: { name: string }\nsteps:\n  - toy.say: "${name}"\n' },
  });
  expect(status).toBe('failed');
  expect(statuses).toMatchObject({ 'by-name': 'skipped', bye: 'passed' });
});

test('a watcher heeds `if` and quarantine, and has no limit that it does not name', async () => {
  const text = `title: t\nowner: o\nvars: { on: false }\nwhenever:\n  - toy.see: never\n    id: off\n    if: vars.on\n  - toy.see: never\n    id: kept\n  - toy.long-ago:\n    id: ago\nsteps:\n  - toy.say: x\n`;
  const world = { quarantined: (_: string, step: string) => (step === 'kept' ? 'quarantined: known' : undefined) };
  const { status, statuses, ended } = await walkText(text, { drivers: drivers(), world });
  expect(statuses).toEqual({ off: 'skipped', kept: 'skipped', ago: 'passed', 'toy.say': 'passed' });
  expect(ended.find(({ step }) => step === 'off')?.reason).toBe('`if: vars.on` was not so');
  expect(ended.find(({ step }) => step === 'ago')?.within).toBeUndefined();
  expect(status).toBe('passed');
});

test('a verb that looks for what must not come passes at its limit, and not at that of the journey', async () => {
  const own = await walkText(steps('  - toy.not-see: x\n    within: 20ms\n    target: 1ms\n  - toy.say: on\n'), {
    drivers: drivers(),
  });
  expect(own.status).toBe('passed');
  const cut = await walkText(`title: t\nowner: o\nwithin: 500ms\nsteps:\n  - toy.not-see: x\n    within: 5s\n`, {
    drivers: drivers(),
  });
  expect(cut.ended[0]).toMatchObject({ status: 'failed', trouble: { kind: 'failure' } });
});

test('the limit of the journey is over its steps: a slow `finally` does not break it', async () => {
  const { status } = await walkText(
    `title: t\nowner: o\nwithin: 500ms\nsteps:\n  - toy.say: x\nfinally:\n  - toy.wait: 600ms\n`,
    { drivers: drivers() },
  );
  expect(status).toBe('passed');
});

test('titles are filled; what was not done is told with what it would have done', async () => {
  const { ended } = await walkText(
    `data: { file: people.csv }\n${steps('  - toy.say: hi\n    title: greet ${customer.name}\n    save: it\n  - toy.fail: no\n  - toy.say: "${it.text} again"\n')}`,
    { drivers: drivers(), customer: { name: 'Ada' }, also: { 'people.csv': 'name\nAda\n' } },
  );
  expect(ended.map(({ title }) => title)).toEqual(['greet Ada', 'fail no', 'say “hi again”']);
});

test('a session that was still opening when its actor was to be ready is the one that the step gets', async () => {
  const slow = toyDriver();
  const given = Promise.withResolvers<void>();
  let opened = 0;
  const open: typeof slow.open = async (settings, context) => {
    if (context.actor === 'agent') {
      opened += 1;
      await given.promise;
    }
    return slow.open(settings, context);
  };
  const actions = { ...slow.actions, say: { ...slow.actions.say, early: true } };
  const { statuses, events } = await walkText(steps('  - toy.say: hello\n    as: agent\n    within: 500ms\n'), {
    drivers: new Map<string, Driver>([['toy', { ...slow, open, actions } as unknown as Driver]]),
    // Nobody waits for it any more.
    on: (event) => event.type === 'run.fault' && given.resolve(),
  });
  expect(statuses).toEqual({ 'toy.say': 'passed' });
  expect(events.flatMap((event) => (event.type === 'run.fault' ? [event.message] : []))).toEqual([
    'agent is not ready: its session did not open in time',
  ]);
  expect(opened).toBe(1);
});

test('the opening of a session is no part of a flow or of branches, as it is none of a step', async () => {
  const slow = toyDriver();
  const open: typeof slow.open = async (settings, context) => {
    await context.clock.sleep(700, new AbortController().signal);
    return slow.open(settings, context);
  };
  const { statuses, ended } = await walkText(
    steps(`  - use: flows/hello
    target: 500ms
    within: 600ms
  - together:
      - as: agent
        steps: [ { use: flows/hello } ]
      - steps: [ { toy.wait: 1ms } ]
    target: 500ms
`),
    {
      drivers: new Map<string, Driver>([['toy', { ...slow, open } as unknown as Driver]]),
      also: { 'flows/hello.yaml': 'steps:\n  - toy.say: hello\n' },
    },
  );
  expect(statuses).toMatchObject({ hello: 'passed', together: 'passed' });
  expect(ended.find(({ step }) => step === 'hello')?.ms).toBeLessThan(500);
});
