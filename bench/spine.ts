import { join } from 'node:path';
import { guardOf, guardSettings } from '../config/guard.ts';
import { systemClock } from '../core/clock.ts';
import { discover } from '../core/discover.ts';
import type { Context, Driver, Tools } from '../core/driver.ts';
import { walk } from '../core/engine.ts';
import { Secrets } from '../core/secrets.ts';
import { readJourneys } from '../core/spec.ts';
import { Stream } from '../core/stream.ts';
import { startLab } from '../lab/lab.ts';
import type { Report } from './report.ts';
import { type Lab, median, Project, ran } from './spine/project.ts';
import { web } from './spine/web.ts';

async function start(report: Report, lab: Lab): Promise<void> {
  using project = new Project(lab);
  project.write('journeys/hello.yaml', 'title: Hello\nsteps:\n  - chat.open:\n');
  const times: number[] = [];
  for (let n = 0; n < 8; n += 1) {
    const { from, events } = await ran(project);
    const first = events.find((event) => event.type === 'step.started');
    if (n > 0) times.push((first?.at ?? Number.NaN) - from);
  }
  const value = median(times);
  report({
    figure: 'throughline run to the first step, median of 7, warm disk',
    value,
    unit: 'ms',
    goal: '≤ 400 ms',
    holds: value <= 400,
  });
}

async function overhead(report: Report, lab: Lab): Promise<void> {
  using project = new Project(lab);
  const drivers = await discover<Driver>(new URL('../drivers/', import.meta.url));
  const http = drivers.get('http') as Driver;
  const steps = 300;
  const path = project.write(
    'journeys/many.yaml',
    `title: Many\nsteps:\n${`  - http.call: ${lab.url}/faults\n`.repeat(steps)}`,
  );
  const { journeys } = await readJourneys([path], {
    root: join(project.root, 'journeys'),
    drivers,
    config: {},
    env: [],
    layers: [],
    owner: () => undefined,
    within: 30_000,
  });
  const guard = guardOf(guardSettings.parse({}), { count: () => 1 }, { now: () => Date.now(), zone: 'UTC' });
  const walked = async () => {
    const stream = new Stream('run', systemClock, (event) => event);
    const never = new AbortController().signal;
    const from = performance.now();
    const status = await walk(
      journeys[0] as never,
      {
        run: 'run',
        tool: 'bench',
        environment: 'bench',
        location: 'bench',
        seed: 1,
        root: project.root,
        project: project.root,
        drivers,
        settings: () => ({}),
        owner: () => undefined,
        config: {},
        env: {},
        clock: systemClock,
        emit: stream.emit,
        guard,
        secrets: new Secrets(),
        quarantined: () => undefined,
        interrupt: never,
        abandon: never,
        within: { step: 30_000, walk: 600_000, finally: 10_000 },
      },
      { walk: 'run-1', customer: {}, secret: [] },
    );
    if (status !== 'passed') throw new Error(`the walk ${status}`);
    return (performance.now() - from) / steps;
  };
  const direct = async () => {
    const context = {
      guard,
      clock: systemClock,
      mark: 'bench',
      traceparent: '',
      note: () => undefined,
      actor: 'customer',
    } as unknown as Context;
    const session = await http.open(http.settings.parse({}), context);
    const call = http.actions.call as NonNullable<(typeof http.actions)['call']>;
    const args = call.args.parse({ url: `${lab.url}/faults` });
    const tools = {
      signal: new AbortController().signal,
      clock: systemClock,
      left: () => 30_000,
      note: () => undefined,
      since: () => undefined,
      until: () => undefined,
      acted: () => undefined,
      actOf: () => undefined,
      longer: () => undefined,
      degrade: () => undefined,
      watching: false,
      layer: '',
    } as Tools;
    const from = performance.now();
    for (let n = 0; n < steps; n += 1) await call.run(args, session, tools);
    const ms = (performance.now() - from) / steps;
    await session[Symbol.asyncDispose]();
    return ms;
  };
  const pairs: (readonly [number, number])[] = [];
  for (let n = 0; n < 8; n += 1) {
    const pair =
      n % 2 === 0
        ? ([await walked(), await direct()] as const)
        : ([await direct(), await walked()].toReversed() as [number, number]);
    if (n > 0) pairs.push(pair);
  }
  const value = median(pairs.map(([ours, theirs]) => ours - theirs));
  report({
    figure: 'engine, per step, beyond the driver’s own code (http.call)',
    value,
    unit: 'ms',
    peer: 'driver called directly',
    peerValue: median(pairs.map(([, theirs]) => theirs)),
    goal: '≤ 1 ms',
    holds: value <= 1,
  });
}

async function chats(report: Report, lab: Lab): Promise<void> {
  using project = new Project(lab);
  const turns = 10;
  const turn = '  - chat.say: What are your opening hours?\n  - chat.hear: Monday to Friday\n';
  project.write('journeys/talk.yaml', `title: Talk\nsteps:\n  - chat.open:\n${turn.repeat(turns)}`);
  const few = await ran(project, '--repeat', '20', '--jobs', '20');
  const many = await ran(project, '--repeat', '200', '--jobs', '200');
  const value = (many.cpu - few.cpu) / (180 * turns);
  report({
    figure: `peak memory, 200 chat journeys at once (20 at once: ${Math.round(few.peak)} MB)`,
    value: many.peak,
    unit: 'MB',
  });
  report({
    figure: 'CPU per chat turn, 200 at once, start-up taken off',
    value,
    unit: 'ms',
    goal: '≤ 1.5 ms',
    holds: value <= 1.5,
  });
}

export default async function spine(report: Report): Promise<void> {
  await using lab = await startLab();
  await start(report, lab);
  await overhead(report, lab);
  await chats(report, lab);
  await web(report, lab);
}
