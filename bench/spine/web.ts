import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Event } from '../../core/event.ts';
import { seeded } from '../../core/random.ts';
import type { Report } from '../report.ts';
import { type Lab, median, Project, ran } from './project.ts';

const rounds = 80;
const warming = 5;

/** Walks wait at the gate until it is their turn, so that one warm process does them all; `keep` holds the browser open. */
const journeys = (site: string, gate: string) => ({
  'journeys/a-keep.yaml': `title: Keep the browser
steps:
  - web.open: ${gate}/blank
  - http.call: ${gate}/keep
    within: 20m
`,
  'journeys/browse.yaml': `title: Browse
data: { file: rounds.csv, rows: all }
steps:
  - http.call: ${gate}/turn
    within: 20m
  - web.open: ${site}
  - web.open: ${site}/sign-in
  - web.fill: { label: Customer number, value: "100418" }
  - web.fill: { label: PIN, value: "4821" }
  - web.click: Sign in
  - web.see: Hello, Ada Whitfield
  - web.click: Sign out
  - web.see: Banking that picks up
`,
  'journeys/rounds.csv': `round\n${Array.from({ length: warming + rounds + 1 }, (_, n) => `${n}\n`).join('')}`,
});

/** A server that lets a walk of the run go on. */
class Gate implements Disposable {
  readonly #server = createServer((request, response) => this.#asked(request.url ?? '', response));
  #turn = Promise.withResolvers<ServerResponse>();
  #keep: ServerResponse | undefined;

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #asked(url: string, response: ServerResponse): void {
    if (url === '/turn') {
      this.#turn.resolve(response);
      return;
    }
    if (url === '/keep') {
      this.#keep = response;
      return;
    }
    response.setHeader('content-type', 'text/html').end('<title>blank</title>');
  }

  /** One walk, from its turn to the turn of the next: its window is closed by then. */
  async round(): Promise<void> {
    const waiting = await this.#turn.promise;
    this.#turn = Promise.withResolvers();
    waiting.end('go');
    await this.#turn.promise;
  }

  /** The last walk is there for the one before it to end. */
  async end(): Promise<void> {
    (await this.#turn.promise).end('go');
    this.#keep?.end('go');
  }

  [Symbol.dispose](): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** ms of opening the window, then of each step: from the end of the one before, so that what is between two steps counts. */
function lapsOf(events: readonly Event[]): readonly number[] {
  const browsing = (step: string | undefined) => step?.startsWith('web.');
  const opening = events.flatMap((event) =>
    event.type === 'step.noted' &&
    browsing(event.step) &&
    event.note.type === 'metric' &&
    event.note.name === 'session.open'
      ? [event.note.value]
      : [],
  );
  const from = events.find((event) => event.type === 'step.started' && browsing(event.step))?.at ?? Number.NaN;
  const ends = events.flatMap((event) => (event.type === 'step.ended' && browsing(event.step) ? [event.at] : []));
  const [open = Number.NaN] = opening;
  const times = [from, from + open, ...ends];
  return times.slice(1).map((at, n) => at - (times[n] ?? at));
}

const typical = (rounds: readonly (readonly number[])[]) =>
  (rounds[0] ?? []).reduce((sum, _, step) => sum + median(rounds.map((laps) => laps[step] ?? Number.NaN)), 0);

type Pair = readonly [ours: readonly number[], theirs: readonly number[]];

/** How much longer ours takes: sums of the medians of each step, as a stall of the machine hits one step of one round; 95 % by resampling pairs. */
function longer(pairs: readonly Pair[]): { readonly value: number; readonly from: number; readonly to: number } {
  const ratio = (some: readonly Pair[]) =>
    typical(some.map(([ours]) => ours)) / typical(some.map(([, theirs]) => theirs));
  const random = seeded(1);
  const resampled = Array.from({ length: 1000 }, () =>
    ratio(pairs.map(() => pairs[Math.floor(random() * pairs.length)] as Pair)),
  ).sort((a, b) => a - b);
  return { value: ratio(pairs), from: resampled[25] ?? Number.NaN, to: resampled[974] ?? Number.NaN };
}

/** The same steps as a plain Playwright script, the same recording on; both in warm processes with warm browsers, a new window each round. */
export async function web(report: Report, lab: Lab): Promise<void> {
  using project = new Project(lab);
  using gate = new Gate();
  const site = `${lab.url}/site`;
  for (const [name, text] of Object.entries(journeys(site, await gate.listen()))) project.write(name, text);
  const plain = fork(new URL('./plain.ts', import.meta.url));
  await once(plain, 'message');
  const theirs: (readonly number[])[] = [];
  const turns = [
    () => gate.round(),
    async () => {
      plain.send(site);
      theirs.push((await once(plain, 'message'))[0] as readonly number[]);
    },
  ];
  const running = ran(project, '--jobs', '2');
  const measured = async () => {
    for (let n = 0; n < warming + rounds; n += 1) for (const turn of n % 2 ? turns : turns.toReversed()) await turn();
    await gate.end();
    return running;
  };
  const { events } = await Promise.race([measured(), running]);
  plain.disconnect();
  const walks = Map.groupBy(events, (event) => ('walk' in event ? event.walk : undefined));
  const ours = [...walks.values()]
    .filter(([first]) => first?.type === 'walk.started' && first.journey === 'browse')
    .map(lapsOf);
  const pairs = ours.map((mine, n): Pair => [mine, theirs[n] ?? []]).slice(warming, warming + rounds);
  for (const [what, from] of [
    ['8 steps', 1],
    ['window opened, 8 steps', 0],
  ] as const) {
    const some = pairs.map(([mine, plainly]): Pair => [mine.slice(from), plainly.slice(from)]);
    const ratio = longer(some);
    const value = typical(some.map(([mine]) => mine));
    report({
      figure: `web, ${what}, trace on: ${ratio.value.toFixed(2)} × (95 % ${ratio.from.toFixed(2)} to ${ratio.to.toFixed(2)})`,
      value,
      unit: 'ms',
      peer: 'plain Playwright',
      peerValue: typical(some.map(([, plainly]) => plainly)),
      goal: '≤ 1.1 of it',
      holds: ratio.value <= 1.1,
    });
  }
}
