import { SpecError } from '../core/errors.ts';
import type { Change, Event, Finding, StepEnded } from '../core/event.ts';
import { when, whose } from '../core/headline.ts';
import type { History, Like, Sample, Window } from '../core/history.ts';
import type { Json } from '../core/json.ts';
import type { Reporter } from '../core/reporter.ts';
import { judgeGate } from '../judge/gate.ts';
import type { Judgement } from '../judge/judgement.ts';
import type { Pair, Side } from '../judge/pair.ts';
import { couldBe, milliseconds, sentence } from '../judge/words.ts';

/** Relative floor of a journey's steps, and the absolute one beside it, ms. */
const floor = { relative: 0.05, absolute: 100 } as const;
/** Complete walks that make a baseline. */
const usual = 40;

export interface Against {
  /** `last:N`, a branch, or the id of a run. */
  readonly baseline?: string;
  /** Runs since then belong to the candidate too, epoch ms. */
  readonly since?: number;
}

/** One step of one journey, with what a finding about it must name. */
interface Watched {
  readonly like: Like;
  readonly step: string;
  readonly title: string;
  readonly layer: string;
  readonly owner: string;
  readonly target: number | undefined;
  readonly samples: Sample[];
}

/** Gathers the candidate while it runs: the first try of each step in a first attempt. */
export class Candidate implements Reporter {
  readonly #watched = new Map<string, Watched>();
  readonly #walks = new Map<string, { readonly like: Like; readonly ended: StepEnded[] }>();
  #place = { environment: '', location: '', trigger: 'manual', batch: '', run: '' };

  get run(): string {
    return this.#place.run;
  }

  get steps(): readonly Watched[] {
    return [...this.#watched.values()];
  }

  on(event: Event): void {
    if (event.type === 'run.started') {
      const { environment, location, trigger, batch, run } = event;
      this.#place = { environment, location, trigger, batch, run };
    }
    if (event.type === 'walk.started') {
      const { environment, location, trigger } = this.#place;
      const like = { journey: event.journey, environment, location, trigger, variant: event.variant };
      this.#walks.set(event.walk, { like, ended: [] });
    }
    if (event.type === 'step.ended' && event.attempt === 1) this.#walks.get(event.walk)?.ended.push(event);
    if (event.type !== 'walk.ended') return;
    const walk = this.#walks.get(event.walk);
    this.#walks.delete(event.walk);
    if (!walk || event.status === 'broken') return;
    for (const ended of walk.ended) this.#keep(walk.like, ended, event.attempts > 1);
  }

  #keep(like: Like, ended: StepEnded, flaky: boolean): void {
    const { status, phase, step, action } = ended;
    if (status === 'skipped' || phase === 'finally' || action === 'pause.pause') return;
    const key = JSON.stringify([like, step]);
    const { title, layer, owner, target } = ended;
    const watched = this.#watched.get(key) ?? { like, step, title, layer, owner, target, samples: [] };
    this.#watched.set(key, watched);
    const fine = (status === 'passed' || status === 'degraded') && ended.tries === 1 && !flaky;
    const { walk, run, origin, ms } = ended;
    watched.samples.push({
      walk,
      run,
      at: Math.round(origin),
      batch: this.#place.batch,
      status: fine ? status : 'failed',
      ...(fine ? { ms } : {}),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Judges a candidate against the baseline: findings worth telling, and whether the gate is shut. Throws SpecError where there is no such baseline. */
export async function judgeCandidate(
  candidate: Pick<Candidate, 'run' | 'steps'>,
  history: History,
  against: Against,
): Promise<{ readonly findings: readonly Finding[]; readonly shut: boolean }> {
  const sides: { watched: Watched; before: readonly Sample[]; after: readonly Sample[] }[] = [];
  let anyPinned = false;
  for (const watched of candidate.steps) {
    const { like, step, samples } = watched;
    const more =
      against.since === undefined
        ? []
        : await history.samples(like, step, { from: against.since, without: [candidate.run], flagged: true });
    const after = [...more, ...samples].sort((a, b) => a.at - b.at);
    const runs = [...new Set(after.map(({ run }) => run))];
    const from = after[0]?.at ?? 0;
    const pinned = against.baseline === undefined ? await history.pinned(like.journey) : undefined;
    anyPinned ||= pinned !== undefined;
    const window = windowOf(against.baseline, {
      without: [...runs, candidate.run],
      to: from,
      ...(pinned ? { runs: pinned } : {}),
    });
    sides.push({ watched, before: await history.samples(like, step, window), after });
  }
  if (sides.length > 0 && sides.every(({ before }) => before.length === 0))
    throw new SpecError(
      `there is no baseline${against.baseline ? ` ${against.baseline}` : ''} to judge against`,
      against.baseline === undefined
        ? 'walk the journeys without --gate first, 20 times or more; see `throughline history`'
        : 'nothing complete that is like this run is remembered of it: `throughline history` lists the runs, --json with their branches',
    );
  const judged = judgeGate(
    sides.map(({ watched, before, after }) => pairOf(watched, before, after)),
    { floor: floor.relative },
  );
  const changes = await candidates(history, sides);
  const from = madeOf(sides, anyPinned);
  const findings = judged.flatMap((judgement, n) => {
    const side = sides[n];
    if (!side || (judgement.verdict !== 'regressed' && judgement.verdict !== 'improved')) return [];
    return [findingOf(judgement, side, changes)];
  });
  const rest = judged
    .map((one, n) => ({ ...one, series: sides[n]?.watched.title ?? one.series }))
    .filter(({ verdict }) => verdict !== 'regressed' && verdict !== 'improved');
  const shut = judged.some(({ verdict, confirmed }) => verdict === 'regressed' && confirmed);
  return { findings: [...findings.sort(byWeight), ...summary(rest, judged.length, from)], shut };
}

/** From what the baseline was made, in words. */
function madeOf(sides: Sides, pinned: boolean): string {
  const samples = sides.flatMap(({ before }) => before);
  const runs = new Set(samples.map(({ run }) => run)).size;
  const walks = new Set(samples.map(({ walk }) => walk)).size;
  if (samples.length === 0) return 'there was no baseline';
  const times = samples.map(({ at }) => at).sort((a, b) => a - b);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  return `the ${pinned ? 'pinned ' : ''}baseline: ${walks} ${walks === 1 ? 'walk' : 'walks'} of ${runs} ${runs === 1 ? 'run' : 'runs'}, ${when(first)} to ${when(last)}`;
}

/** Throws SpecError for a baseline that cannot be one, before anything is walked. */
export function checkBaseline(baseline: string | undefined): void {
  if (baseline !== undefined && /^last(:|$)/.test(baseline) && !/^last:[1-9]\d*$/.test(baseline))
    throw new SpecError(
      `--baseline ${baseline} names no walks`,
      'last:40 is the newest forty; or name a branch or a run',
    );
}

function windowOf(baseline: string | undefined, common: Window): Window {
  if (baseline === undefined) return common.runs ? common : { ...common, last: usual };
  const last = /^last:(\d+)$/.exec(baseline)?.[1];
  if (last !== undefined) return { ...common, last: Number(last) };
  if (/^\d{8}T\d{6}-[0-9a-f]+$/.test(baseline)) return { ...common, runs: [baseline] };
  return { ...common, last: usual, branch: baseline };
}

function pairOf({ like, step }: Watched, before: readonly Sample[], after: readonly Sample[]): Pair {
  const side = (samples: readonly Sample[]): Side => {
    const timed = samples.filter(({ ms }) => ms !== undefined && ms > 0);
    return {
      values: Float64Array.from(timed, ({ ms = 0 }) => ms),
      batches: timed.map(({ batch }) => batch),
      tries: samples.map(({ batch, status }) => ({ batch, failed: status === 'failed' })),
    };
  };
  return {
    series: `${like.journey} ${step}`,
    baseline: side(before),
    candidate: side(after),
    scale: 'log',
    better: 'lower',
    floorAbsolute: floor.absolute,
    from: after[0]?.at ?? 0,
    to: after.at(-1)?.at ?? 0,
  };
}

type Sides = readonly { readonly before: readonly Sample[]; readonly after: readonly Sample[] }[];

/** What changed between the last sample of the baseline and the first of the candidate. */
async function candidates(history: History, sides: Sides): Promise<readonly Change[]> {
  const before = Math.max(0, ...sides.map((side) => side.before.at(-1)?.at ?? 0));
  const after = Math.min(...sides.map((side) => side.after[0]?.at ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(after) && before > 0 ? history.changes({ from: before + 1, to: after + 1 }) : [];
}

function findingOf(
  judgement: Judgement,
  { watched, before, after }: { watched: Watched; before: readonly Sample[]; after: readonly Sample[] },
  changes: readonly Change[],
): Finding {
  const { like, step, title, layer, owner, target } = watched;
  const touching = (change: Change) => Number(change.scope?.includes(layer) ?? false);
  const ranked = changes.toSorted((a, b) => touching(b) - touching(a) || b.at - a.at);
  const times = before.flatMap(({ ms }) => (ms === undefined ? [] : [ms])).sort((a, b) => a - b);
  const points = (samples: readonly Sample[], side: string): Json[] =>
    samples.flatMap(({ at, ms }) => (ms === undefined ? [] : [{ at, ms, side }]));
  const last = before.findLast(({ status }) => status === 'passed');
  const since = ranked[0] ? `; since ${ranked[0].name}` : '';
  return {
    kind: 'gate',
    status: judgement.verdict === 'improved' ? 'improved' : 'regressed',
    journey: like.journey,
    step,
    title,
    layer,
    owner,
    sentence: sentence({ ...judgement, series: title }, milliseconds) + since,
    ...(last ? { lastGood: { run: last.run, at: last.at } } : {}),
    ...(ranked.length > 0 ? { changes: ranked.slice(0, 5) } : {}),
    details: {
      confirmed: judgement.confirmed,
      ratio: judgement.ratio,
      low: judgement.low,
      high: judgement.high,
      before: { ...judgement.before },
      after: { ...judgement.after },
      runs: [...new Set(after.map(({ run }) => run))],
      points: [...points(before, 'baseline'), ...points(after, 'candidate')],
      markers: ranked.map(({ at, name }) => ({ at, name })),
      ...(target === undefined ? {} : { target }),
      ...(times.length >= 10
        ? {
            band: {
              low: times[Math.floor(times.length * 0.05)] ?? 0,
              high: times[Math.floor(times.length * 0.95)] ?? 0,
            },
          }
        : {}),
    },
  };
}

const byWeight = (a: Finding, b: Finding) => weight(b) - weight(a);
const weight = ({ status, details }: Finding) =>
  (status === 'regressed' ? 2 : 0) + (details?.confirmed === true ? 1 : 0);

/** One line over all steps about which there is nothing more to say. */
function summary(rest: readonly Judgement[], all: number, from: string): readonly Finding[] {
  if (rest.length === 0) return [];
  const count = (verdict: string) => rest.filter((one) => one.verdict === verdict).length;
  const [unchanged, undecided, few] = [count('unchanged'), count('undecided'), count('too-few')];
  const settle = rest.map((one) => one.settle).filter((one) => one !== null);
  const most = settle.toSorted((a, b) => b.runs - a.runs)[0];
  const parts = [
    `no regression beyond ${floor.relative * 100} % (${floor.absolute} ms at least) in ${unchanged} of ${all} steps`,
    ...(undecided > 0 ? [`${undecided} undecided${openOf(rest)}`] : []),
    ...(few > 0 ? [`too few runs to tell for ${few}`] : []),
    ...(most && undecided + few > 0
      ? [`about ${most.runs} runs in ${most.jobs} ${most.jobs === 1 ? 'job' : 'jobs'} would settle them`]
      : []),
    from,
  ];
  const status = few > 0 ? 'too-few' : undecided > 0 ? 'undecided' : 'passed';
  return [
    { kind: 'gate', status, journey: '', step: '', title: 'gate', layer: '', owner: '', sentence: parts.join('; ') },
  ];
}

/** Quotes within quotes. */
const inner = (name: string) => name.replaceAll('“', '‘').replaceAll('”', '’');

/** The widest of what is undecided, by name. */
function openOf(rest: readonly Judgement[]): string {
  const open = rest.filter(({ verdict, low, high }) => verdict === 'undecided' && low !== null && high !== null);
  const widest = open.toSorted((a, b) => b.high! - b.low! - (a.high! - a.low!)).slice(0, 3);
  return widest.length === 0
    ? ''
    : `: ${widest.map((one) => `“${inner(one.series)}” ${couldBe(one, milliseconds)}`).join(', ')}${open.length > 3 ? ' …' : ''}`;
}

/** Tells the findings about a kept run; the exit code says whether the gate is shut. */
export async function judgeKept(
  events: AsyncIterable<Event>,
  history: History,
  { against, say }: { readonly against: Against; readonly say: (line: string) => void },
): Promise<boolean> {
  await using candidate = new Candidate();
  for await (const event of events) candidate.on(event);
  const { findings, shut } = await judgeCandidate(candidate, history, against);
  for (const finding of findings) {
    say(finding.sentence);
    if (finding.journey) say(`  ${finding.journey} · ${whose(finding)}`);
  }
  return shut;
}
