import { showMs } from '../core/duration.ts';
import type { Event, StepEnded } from '../core/event.ts';
import { headline, nextStep, toldWithAll, whose } from '../core/headline.ts';
import { plainText } from '../core/plain-text.ts';
import type { Reporter, ReporterPart, ReporterPlace } from '../core/reporter.ts';
import { layersOf, statusOf, Tale, type WalkTale } from '../core/tale.ts';
import { glyphs, type Status } from '../core/verdict.ts';

const colours: Readonly<Record<Status, number>> = { passed: 32, degraded: 33, failed: 31, broken: 35, skipped: 90 };

/** Live lines for people; plain and stable where there is no terminal. */
class Console implements Reporter {
  readonly #place: ReporterPlace;
  readonly #tale = new Tale();
  readonly #running = new Map<string, string>();
  /** Lines of walks that run beside the one that is being told. */
  readonly #waiting = new Map<string, string[]>();
  #live = '';

  constructor(place: ReporterPlace) {
    this.#place = place;
  }

  on(event: Event): void {
    this.#tale.on(event);
    if (event.type === 'walk.started') {
      this.#waiting.set(event.walk, []);
      const row = event.row === undefined ? '' : ` · row ${event.row}`;
      this.#tell(event.walk, `${this.#paint(1, plainText(event.title))} ${this.#dim(event.journey + row)}`);
    }
    if (event.type === 'step.started')
      this.#running.set(
        event.walk,
        `${plainText(event.title)}${event.target ? ` · target ${showMs(event.target)}` : ''}`,
      );
    if (event.type === 'step.ended' && (event.status !== 'skipped' || event.phase === 'steps')) this.#step(event);
    if (event.type === 'attempt.started' && event.attempt > 1)
      this.#tell(event.walk, this.#dim(`  attempt ${event.attempt}, as the one before did not pass`));
    if (event.type === 'walk.ended') this.#walk(event.walk);
    if (event.type === 'run.fault')
      this.#tell(event.walk ?? '', `  ${this.#mark('broken')} ${plainText(event.message)}`);
    if (event.type === 'run.ended') this.#end();
    this.#progress();
  }

  #step(ended: StepEnded): void {
    const who = ended.actor === 'customer' ? '' : `${ended.actor}: `;
    const deep = '  '.repeat(1 + (ended.parent?.split('/').length ?? 0));
    const time = ended.status === 'skipped' ? '' : showMs(ended.ms);
    const room = Math.max(20, this.#place.columns - deep.length - 14);
    const text = plainText(`${who}${ended.title}`);
    const left = text.length > room ? `${text.slice(0, room - 1)}…` : text;
    const flaky = ended.flaky ? ' flaky' : '';
    const line = `${deep}${this.#mark(ended.status)} ${left.padEnd(Math.min(room, 64))} ${time.padStart(9)}${flaky}`;
    this.#tell(ended.walk, ended.status === 'skipped' ? this.#dim(line.trimEnd()) : line);
    if (ended.status === 'skipped' && ended.reason !== undefined && !/ before$/.test(ended.reason))
      this.#tell(ended.walk, this.#dim(`${deep}  ${plainText(ended.reason)}`));
    if (ended.status === 'passed' || ended.status === 'skipped') return;
    if (ended.action === 'use' || ended.action === 'together') return;
    const told = ended.trouble
      ? [ended.trouble.message]
      : [ended.reason ?? `target ${showMs(ended.target ?? 0)}${ended.within ? `, limit ${showMs(ended.within)}` : ''}`];
    const { expected, came, hint, kind } = ended.trouble ?? {};
    const { file, line: row, column } = ended.place;
    for (const [name, value] of [
      ['', told[0]],
      ['expected ', expected],
      ['came     ', came],
      ['at       ', kind === 'spec' ? `${file}:${row}:${column}` : undefined],
      ['hint     ', hint],
    ] as const)
      if (value) this.#tell(ended.walk, `${deep}  ${this.#dim(name)}${plainText(value)}`);
  }

  #walk(id: string): void {
    this.#running.delete(id);
    const walk = this.#find(id);
    if (!walk) return;
    const status = statusOf(walk);
    const thread = layersOf(walk).map((layer) =>
      layer.status === 'passed'
        ? layer.name
        : `${this.#mark(layer.status)}${this.#paint(colours[layer.status], layer.name)}`,
    );
    const flaky = walk.ended?.flaky ? ', flaky' : '';
    this.#tell(
      id,
      `${this.#mark(status)} ${this.#paint(colours[status], status)}${flaky} ${this.#dim(`in ${showMs(walk.ended?.ms ?? 0)}`)}  ${thread.join(this.#dim(' ─ '))}`,
    );
    this.#tell(id, '');
    this.#release();
  }

  /** One walk is told at a time: the first that has not ended, live; the others wait for their turn. */
  #tell(walk: string, line: string): void {
    const [front] = this.#waiting.keys();
    const waiting = this.#waiting.get(walk);
    if (waiting && walk !== front) waiting.push(line);
    else this.#say(line);
  }

  #release(): void {
    for (const [walk, lines] of this.#waiting) {
      for (const line of lines.splice(0)) this.#say(line);
      if (!this.#find(walk)?.ended) return;
      this.#waiting.delete(walk);
    }
  }

  #end(): void {
    const { verdict, story, status } = headline(this.#tale);
    const { walks, ms = 0, interrupted } = this.#tale.ended ?? {};
    this.#say(`${this.#mark(status)} ${this.#paint(colours[status], verdict)}: ${plainText(story)}`);
    for (const finding of [...this.#tale.walks.flatMap((walk) => walk.findings), ...this.#tale.findings]) {
      if (toldWithAll(finding)) continue;
      this.#say(`  ${plainText(finding.sentence)}`);
      if (!finding.journey) continue;
      this.#say(this.#dim(`    ${finding.journey} · ${whose(finding)}`));
      this.#say(this.#dim(`    next: ${nextStep(finding, this.#tale.run)}`));
    }
    for (const left of leftBehind(this.#tale))
      this.#say(`  left behind: ${plainText(left)}; \`throughline sweep\` forgets it`);
    const counted = Object.entries(walks ?? {})
      .filter(([, n]) => n > 0)
      .map(([name, n]) => `${n} ${name}`);
    this.#say(
      this.#dim(`${counted.join(', ') || 'nothing walked'} in ${showMs(ms)}${interrupted ? ', interrupted' : ''}`),
    );
  }

  #find(id: string): WalkTale | undefined {
    return this.#tale.walks.find(({ started }) => started.walk === id);
  }

  #say(line: string): void {
    this.#place.stream.write(`${this.#clear()}${line}\n`);
  }

  /** One live line at the bottom of a terminal. */
  #progress(): void {
    if (!this.#place.tty) return;
    const now = [...this.#running.values()];
    const done = this.#tale.walks.filter((walk) => walk.ended).length;
    const all = this.#tale.run?.journeys.reduce((sum, { walks }) => sum + walks, 0) ?? 0;
    const text = now.length === 0 ? '' : `… ${done} of ${all} · ${now.join(' | ')}`.slice(0, this.#place.columns - 1);
    if (text === this.#live) return;
    this.#place.stream.write(this.#clear() + this.#dim(text));
    this.#live = text;
  }

  #clear(): string {
    if (this.#live === '') return '';
    this.#live = '';
    return '\r\u001b[K';
  }

  #mark = (status: Status) => this.#paint(colours[status], glyphs[status]);
  #dim = (text: string) => this.#paint(2, text);

  #paint(code: number, text: string): string {
    return this.#place.color && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#live !== '') this.#place.stream.write(this.#clear());
  }
}

/** What the walks made elsewhere and did not forget. */
function leftBehind(tale: Tale): readonly string[] {
  const left = new Set<string>();
  for (const { attempts } of tale.walks)
    for (const { notes, byName } of attempts)
      for (const note of [...notes.map((one) => one.note), ...[...byName.values()].flatMap((step) => step.notes)]) {
        if (note.type === 'made') left.add(`${note.driver} ${JSON.stringify(note.record)}`);
        if (note.type === 'forgotten') left.delete(`${note.driver} ${JSON.stringify(note.record)}`);
      }
  return [...left];
}

const part: ReporterPart = {
  about: 'a line for each step as it ends, and the verdict in words',
  open: (place) => new Console(place),
};

export default part;
