import { SpecError } from '../../core/errors.ts';
import type { Emit } from '../../core/event.ts';
import type { History } from '../../core/history.ts';
import { exits } from '../../core/verdict.ts';
import { type Call, type Command, placeOptions } from '../command.ts';
import { commitOf } from '../commit.ts';
import { compose } from '../compose.ts';
import { expectMemory, memoryOf } from '../memory.ts';
import { once, pick } from '../once.ts';
import { openReporters } from '../reporting.ts';

const run: Command = {
  about: 'walk journeys and say what came back',
  usage: '[PATH|ID...]',
  example: 'throughline run billing --tag canary --reporter junit=report.xml',
  options: {
    ...placeOptions,
    tag: { type: 'string', multiple: true, value: 'TAG', about: 'only journeys with one of these tags' },
    reporter: {
      type: 'string',
      multiple: true,
      value: 'NAME[=PATH]',
      about: 'console, html (these by default), junit, ndjson …',
    },
    jobs: {
      type: 'string',
      short: 'j',
      value: 'N',
      about: 'walks at once (default 1: they disturb each other)',
    },
    repeat: { type: 'string', value: 'N', about: 'walk each journey so many times' },
    strict: { type: 'boolean', about: 'degraded is a failure too (exit 1)' },
    'fail-fast': { type: 'boolean', about: 'start no further walk after a failed one' },
    seed: { type: 'string', value: 'N', about: 'seed of think times; each run keeps its own' },
    batch: {
      type: 'string',
      value: 'NAME',
      about: 'runs that share machine and hour (default: CI job)',
    },
    gate: { type: 'boolean', about: 'exit 4 when a step is surely slower or fails more' },
    baseline: {
      type: 'string',
      value: 'WHICH',
      about: 'for --gate: last:40 (the default), a branch, a run',
    },
    since: { type: 'string', value: 'TIME|ID', about: 'for --gate: runs since then are on trial too' },
  },
  run: async (call) => {
    const { io } = call;
    for (const word of ['baseline', 'since'])
      if (call.text(word) !== undefined && !call.flag('gate'))
        throw new SpecError(`--${word} is for a gate`, 'add --gate, or leave it out');
    if (call.flag('gate')) (await import('../gate/sides.ts')).checkBaseline(call.text('baseline'));
    expectMemory();
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: true };
    const commit = commitOf(io.cwd);
    await using house = await compose(place);
    const journeys = await pick(house, call.words, call.texts('tag'));
    const names = call.texts('reporter').length > 0 ? call.texts('reporter') : ['console', 'html'];
    await using memory = await memoryOf(house);
    const reporters = await openReporters(names, {
      io,
      root: house.store,
      history: memory.history,
    });
    const gate = call.flag('gate') ? await gateOf(call, house.store, memory.history) : undefined;
    const ended = await once(house, journeys, {
      wanted: {
        jobs: call.count('jobs', 1) ?? 1,
        repeat: call.count('repeat', 1) ?? 1,
        strict: call.flag('strict'),
        failFast: call.flag('fail-fast'),
        seed: call.count('seed', 0),
        batch: call.text('batch'),
      },
      around: {
        interrupt: io.interrupt,
        abandon: io.abandon,
        say: (line) => io.stderr.write(`${line}\n`),
        reporters: gate ? new Map([...reporters, ['gate', gate.candidate]]) : reporters,
        ...(gate ? { gate: gate.judge } : {}),
        commit: await commit,
        memory,
      },
    });
    const exit = ended.exit ?? exits.broken;
    // What nobody can read or remember is not green.
    return ended.lost.length > 0 && exit === exits.passed ? exits.broken : exit;
  },
};

/** The gate of a run: gathers while it walks, judges at its end. */
async function gateOf(call: Call, folder: string, history: History) {
  const { Candidate } = await import('../gate/candidate.ts');
  const { judgeCandidate } = await import('../gate/gate.ts');
  const { sinceOf } = await import('../since.ts');
  const candidate = new Candidate();
  const [baseline, since] = [call.text('baseline'), call.text('since')];
  const against = {
    ...(baseline === undefined ? {} : { baseline }),
    ...(since === undefined ? {} : { since: await sinceOf(since, folder) }),
  };
  const judge = async (say: Emit) => {
    const { findings, shut } = await judgeCandidate(candidate, history, against);
    for (const finding of findings) say({ type: 'finding', finding });
    return shut;
  };
  return { candidate, judge };
}

export default run;
