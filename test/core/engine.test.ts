import { expect, test } from 'vitest';
import type { Driver } from '../../core/driver.ts';
import type { Event, Finding } from '../../core/event.ts';
import { nextStep } from '../../core/headline.ts';
import { stopped, walkText } from '../kit/stage.ts';
import { toyDriver } from '../kit/toy.ts';

const drivers = (closed?: string[]) => new Map<string, Driver>([['toy', toyDriver(closed) as unknown as Driver]]);
const steps = (text: string) => `title: t\nowner: o\nsteps:\n${text}`;

test('a walk passes, saves and fills', async () => {
  const { status, ended } = await walkText(
    steps('  - toy.say: hello you\n    save: first\n  - toy.say: "${first.words} words"\n'),
    { drivers: drivers() },
  );
  expect(status).toBe('passed');
  expect(ended.map(({ title }) => title)).toEqual(['say “hello you”', 'say “2 words”']);
});

test('later than target is degraded, later than within is failed, and both say so in one sentence', async () => {
  const { statuses, ended } = await walkText(
    steps(
      '  - toy.wait: 60ms\n    target: 10ms\n    within: 5s\n  - toy.wait: 3s\n    within: 50ms\n  - toy.say: never\n',
    ),
    { drivers: drivers() },
  );
  expect(statuses).toEqual({ 'toy.wait': 'degraded', 'toy.wait#2': 'failed', 'toy.say': 'skipped' });
  expect(ended[0]?.sentence).toMatch(/^wait 60ms took \d+(\.\d+)? ms, target 10 ms, limit 5\.00 s$/);
  expect(ended[1]?.trouble?.kind).toBe('failure');
  expect(ended[2]?.reason).toBe('“wait 3s” failed before');
});

test.each(['error', 'text', 'nothing'])('a driver that throws %s is broken, never a crash', async (what) => {
  const { status, ended } = await walkText(steps(`  - toy.throw: ${what}\n`), { drivers: drivers() });
  expect(status).toBe('broken');
  expect(ended[0]?.trouble?.kind).toBe('broken');
});

test('an action that ignores its stop signal is abandoned after the grace and broken', async () => {
  const { status, ended } = await walkText(steps('  - toy.deaf:\n    within: 20ms\n'), { drivers: drivers() });
  expect(status).toBe('broken');
  expect(ended[0]?.trouble?.message).toMatch(/did not end within 500 ms of its stop signal/);
});

test('what to do next is the hint of the trouble, else the runbook, else a command; the finding itself carries it', async () => {
  const text = steps('  - toy.fail: { why: no, hint: ask Bob }\n    soft: true\n  - toy.fail: no\n');
  const { events } = await walkText(text, { drivers: drivers() });
  const next = JSON.parse(JSON.stringify(events)).flatMap((event: Event) =>
    event.type === 'finding' ? [nextStep(event.finding, undefined)] : [],
  );
  expect(next).toEqual(['ask Bob', 'throughline history test --step toy.fail#2']);
  const finding = { journey: 'a', step: 'b', status: 'failed', runbook: 'https://wiki' } as Finding;
  expect(nextStep(finding, undefined)).toBe('https://wiki');
});

test('retry makes it flaky, and a flaky pass is told so', async () => {
  const { status, ended, events } = await walkText(steps('  - toy.fail: { why: not now, before: 1 }\n    retry: 2\n'), {
    drivers: drivers(),
  });
  expect(status).toBe('passed');
  expect(ended[0]).toMatchObject({ status: 'passed', flaky: true, tries: 2 });
  expect(events.find((event) => event.type === 'walk.ended')).toMatchObject({ flaky: true });
});

test('the journey is tried again as a whole, with sessions of its own', async () => {
  const closed: string[] = [];
  const text = `title: t\nowner: o\nretry: 1\nsteps:\n  - toy.fail: { why: first time, before: 1 }\n`;
  const { status, events } = await walkText(text, { drivers: drivers(closed) });
  expect(status).toBe('passed');
  expect(closed).toEqual(['customer', 'customer']);
  expect(
    events
      .filter((event) => event.type === 'attempt.ended')
      .map((event) => event.type === 'attempt.ended' && event.status),
  ).toEqual(['failed', 'passed']);
});

test('soft goes on and is still failed; optional is skipped; broken is never soft', async () => {
  const soft = await walkText(steps('  - toy.fail: no\n    soft: true\n  - toy.say: on\n'), { drivers: drivers() });
  expect(soft.status).toBe('failed');
  expect(soft.statuses['toy.say']).toBe('passed');
  const optional = await walkText(steps('  - toy.fail: no\n    optional: true\n    within: 1s\n  - toy.say: on\n'), {
    drivers: drivers(),
  });
  expect(optional.status).toBe('passed');
  expect(optional.statuses['toy.fail']).toBe('skipped');
  const broken = await walkText(steps('  - toy.throw: error\n    soft: true\n  - toy.say: on\n'), {
    drivers: drivers(),
  });
  expect(broken.statuses['toy.say']).toBe('skipped');
});

test('branches of together run side by side; none cancels another', async () => {
  const text = steps(`  - together:
      - as: agent
        steps:
          - toy.fail: no
          - toy.say: not reached
      - steps:
          - toy.wait: 30ms
            id: waited
  - toy.say: after
`);
  const { statuses, status } = await walkText(`actors: { agent: {} }\n${text}`, { drivers: drivers() });
  expect(statuses).toEqual({
    'toy.fail': 'failed',
    'toy.say': 'skipped',
    waited: 'passed',
    together: 'failed',
    'toy.say#2': 'skipped',
  });
  expect(status).toBe('failed');
});

test('finally always runs, and skips what was never saved', async () => {
  const text = `${steps('  - toy.fail: no\n  - toy.say: later\n    save: later\n')}finally:\n  - toy.say: "forget \${later.text}"\n  - toy.say: bye\n`;
  const { statuses } = await walkText(text, { drivers: drivers() });
  expect(statuses).toMatchObject({ 'toy.say#2': 'skipped', 'toy.say#3': 'passed' });
});

test('a watcher sees what happens anywhere; a not- verb fails on sight; unmet fails at the end', async () => {
  const seen = await walkText(
    `title: t\nowner: o\nwhenever:\n  - toy.see: recorded\n  - toy.not-see: error\nsteps:\n  - toy.say: recorded\n`,
    { drivers: drivers() },
  );
  expect(seen.status).toBe('passed');
  const unmet = await walkText(`title: t\nowner: o\nwhenever:\n  - toy.see: recorded\nsteps:\n  - toy.say: hello\n`, {
    drivers: drivers(),
  });
  expect(unmet.ended.find(({ phase }) => phase === 'whenever')).toMatchObject({
    status: 'failed',
    trouble: { came: 'hello' },
  });
  const sight = await walkText(
    `title: t\nowner: o\nwhenever:\n  - toy.not-see: oops\nsteps:\n  - toy.say: oops\n  - toy.wait: 100ms\n  - toy.say: rest\n`,
    { drivers: drivers() },
  );
  expect(sight.statuses).toMatchObject({ 'toy.not-see': 'failed', 'toy.say#2': 'skipped' });
});

test('the clock of a step may start at the act of an earlier one', async () => {
  const { ended } = await walkText(
    steps('  - toy.say: x\n    id: asked\n  - toy.wait: 80ms\n  - toy.wait: { for: 1ms, since: asked }\n'),
    { drivers: drivers() },
  );
  expect(ended[2]?.ms).toBeGreaterThan(80);
});

test('poor quality is degraded with its reason', async () => {
  const { ended } = await walkText(steps('  - toy.poor:\n'), { drivers: drivers() });
  expect(ended[0]).toMatchObject({ status: 'degraded', sentence: 'poor MOS 2.9, target 4' });
});

test('an interrupt closes sessions, runs finally and skips the rest', async () => {
  const interrupt = new AbortController();
  const closed: string[] = [];
  const text = `${steps('  - toy.say: x\n  - toy.wait: 10s\n    within: 20s\n  - toy.say: rest\n')}finally:\n  - toy.say: bye\n`;
  const on = (event: { type: string; action?: string }) => {
    if (event.type === 'step.started' && event.action === 'toy.wait') setImmediate(() => interrupt.abort(stopped()));
  };
  const { status, statuses } = await walkText(text, { drivers: drivers(closed), interrupt, on });
  expect(statuses).toEqual({
    'toy.say': 'passed',
    'toy.wait': 'skipped',
    'toy.say#2': 'skipped',
    'toy.say#3': 'passed',
  });
  expect(status).toBe('skipped');
  expect(closed).toEqual(['customer']);
});

test('the guard refuses a filled target before anything is done', async () => {
  const text = steps('  - toy.say: http://example.com/x\n    save: said\n  - toy.open: "${said.text}"\n');
  const { ended } = await walkText(text, { drivers: drivers() });
  expect(ended[1]).toMatchObject({
    status: 'broken',
    trouble: { kind: 'spec', message: 'the guard does not allow http://example.com/x' },
  });
});

test('secrets are redacted by value in every event', async () => {
  const { events } = await walkText(steps('  - toy.say: my pin is 4711\n'), { drivers: drivers(), secret: ['4711'] });
  expect(JSON.stringify(events)).not.toContain('4711');
  expect(JSON.stringify(events)).toContain('my pin is •••');
});

test('a session that does not open is broken, and says which', async () => {
  const { ended } = await walkText(steps('  - toy.say: x\n'), { drivers: drivers(), settings: { refuse: true } });
  expect(ended[0]?.trouble).toMatchObject({ kind: 'broken', message: 'no line' });
});

test('a quarantined step is skipped with its reason', async () => {
  const world = {
    quarantined: (_: string, step: string) =>
      step === 'toy.fail' ? 'quarantined until 2030-01-01 by qa: known' : undefined,
  };
  const { status, statuses } = await walkText(steps('  - toy.fail: no\n  - toy.say: on\n'), {
    drivers: drivers(),
    world,
  });
  expect(statuses).toEqual({ 'toy.fail': 'skipped', 'toy.say': 'passed' });
  expect(status).toBe('passed');
});

test('a limit of the whole journey fails the running step and skips the rest', async () => {
  const { statuses, status } = await walkText(
    `title: t\nowner: o\nwithin: 500ms\nsteps:\n  - toy.wait: 5s\n  - toy.say: rest\n`,
    { drivers: drivers() },
  );
  expect(statuses).toEqual({ 'toy.wait': 'failed', 'toy.say': 'skipped' });
  expect(status).toBe('failed');
});
