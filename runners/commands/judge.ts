import { when } from '../../core/headline.ts';
import { exits } from '../../core/verdict.ts';
import { type Call, type Command, placeOptions } from '../command.ts';
import { compose, type House } from '../compose.ts';
import { judgeKept } from '../gate/gate.ts';
import { checkBaseline } from '../gate/sides.ts';
import { eventsOf, keptRun } from '../kept.ts';
import { storeOf } from '../memory.ts';
import type { Living } from '../remembered/lives.ts';
import { standing } from '../remembered/telling.ts';
import { findingLineOf, type Looked, lookBack } from '../remembered.ts';
import { sinceOf } from '../since.ts';

const judge: Command = {
  about: 'judge all that is remembered: what got worse, since when; with a RUN that run, as `run --gate` would have',
  usage: '[RUN]',
  example: 'throughline judge --days 30',
  options: {
    ...placeOptions,
    days: { type: 'string', value: 'N', about: 'how far to look back (default 45)' },
    journey: { type: 'string', value: 'NAME', about: 'this journey only' },
    all: { type: 'boolean', about: 'tell what was known before too' },
    json: { type: 'boolean', about: 'one finding a line as JSON' },
    baseline: { type: 'string', value: 'WHICH', about: 'of a RUN: last:N, a branch, or a run (default last:40)' },
    since: { type: 'string', value: 'TIME|ID', about: 'of a RUN: runs since that time or change are on trial too' },
  },
  run: async (call) => {
    const { io, words } = call;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    const [baseline, since] = [call.text('baseline'), call.text('since')];
    if (words[0] === undefined && baseline === undefined && since === undefined) return await memory(call, house);
    checkBaseline(baseline);
    const against = {
      ...(baseline === undefined ? {} : { baseline }),
      ...(since === undefined ? {} : { since: await sinceOf(since, house.store) }),
    };
    await using store = await storeOf(house.store);
    const events = eventsOf(keptRun(house.store, words[0] ?? 'last'));
    const shut = await judgeKept(events, store.history, { against, say: (line) => io.stdout.write(`${line}\n`) });
    return shut ? exits.regressed : exits.passed;
  },
};

async function memory(call: Call, house: House): Promise<number> {
  const { io } = call;
  await using store = await storeOf(house.store);
  const journey = call.text('journey');
  const days = call.count('days', 1) ?? 45;
  const looked = await lookBack(house, store, { days, ...(journey === undefined ? {} : { journey }) });
  const news = looked.living.filter(({ state }) => call.flag('all') || state !== 'open');
  if (call.flag('json')) {
    for (const one of news) io.stdout.write(`${JSON.stringify(findingLineOf(one, looked.changes))}\n`);
    const samples = looked.all.reduce(
      (sum, { metric, tries, course }) => sum + (metric ? course : tries).times.length,
      0,
    );
    for (const { of, broken, sentences } of looked.promises)
      io.stdout.write(`${JSON.stringify({ promise: of.course.series, place: of.place, broken, sentences })}\n`);
    const summary = {
      summary: true,
      series: looked.all.length,
      samples,
      findings: news.length,
      common: looked.common,
      power: looked.power,
    };
    io.stdout.write(`${JSON.stringify(summary)}\n`);
  } else {
    for (const line of looked.common) io.stdout.write(`${line}\n\n`);
    for (const one of news) io.stdout.write(lines(one));
    for (const { of, broken, sentences } of looked.promises)
      if (broken || call.flag('all'))
        io.stdout.write(`${broken ? '✕' : '✓'} ${sentences.join('\n    ')}\n    ${standing(of)}\n`);
    for (const line of looked.power) io.stdout.write(`${line}\n`);
    io.stdout.write(`${ending(looked, days)}\n`);
  }
  const broken = looked.promises.some((promise) => promise.broken);
  return broken || looked.living.some(bad) ? exits.regressed : exits.passed;
}

const marks = { regressed: '✕', improved: '✓' } as const;

function lines({ state, episode, opinion }: Living): string {
  const { direction, sentence, id, at } = episode;
  const where = opinion ? `    ${standing(opinion.of)}\n` : '';
  return `${state === 'closed' ? '○' : marks[direction]} ${state} ${sentence}\n${where}    since ${when(at)} UTC · finding ${id}\n`;
}

const counted = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** Worse, lasting, and not said to be all right by anybody. */
const bad = ({ state, episode }: Living) =>
  state !== 'closed' && episode.direction === 'regressed' && (episode.label === null || episode.label === 'true');

function ending({ all, living, falseShare }: Looked, days: number): string {
  const journeys = new Set(all.map(({ journey }) => journey)).size;
  if (all.length === 0) return 'too few runs to tell anything: a step needs twelve';
  const steps = all.filter(({ metric }) => !metric).length;
  const lasting = living.filter(({ state }) => state !== 'closed');
  const count = (direction: string) => lasting.filter(({ episode }) => episode.direction === direction).length;
  const known = living.filter(({ state }) => state === 'open').length;
  return [
    `${counted(steps, 'step')}${steps < all.length ? ` and ${counted(all.length - steps, 'figure')} of quality` : ''} of ${counted(journeys, 'journey')} over ${days} days: ${count('regressed')} worse, ${count('improved')} better`,
    ...(known > 0 ? [`${known} of them known before (--all tells them)`] : []),
    ...(falseShare ? [falseShare] : []),
  ].join('; ');
}

export default judge;
