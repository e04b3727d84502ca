import type { Logger } from 'pino';
import type { Event, Finding, WalkStarted } from '../core/event.ts';
import { whose } from '../core/headline.ts';
import { LineFile } from '../core/line-file.ts';
import type { Reporter, ReporterPart } from '../core/reporter.ts';

type Level = 'info' | 'warn' | 'error';

const levels: Readonly<Record<Finding['status'], Level>> = {
  passed: 'info',
  skipped: 'info',
  improved: 'info',
  'too-few': 'info',
  undecided: 'info',
  degraded: 'warn',
  failed: 'error',
  broken: 'error',
  regressed: 'error',
};

/** What somebody on call would search for: one line when a run begins and ends, a walk ends, something is found, or we went wrong. */
class Log implements Reporter {
  readonly #log: Logger;
  readonly #file: LineFile | undefined;
  readonly #walks = new Map<string, WalkStarted>();

  constructor(log: Logger, file: LineFile | undefined) {
    this.#log = log;
    this.#file = file;
  }

  on(event: Event): void {
    const { run } = event;
    const time = new Date(event.at).toISOString();
    switch (event.type) {
      case 'run.started': {
        const { environment, location, trigger, commit, tool, journeys } = event;
        const about = { environment, location, trigger, tool, ...(commit === undefined ? {} : { commit }) };
        this.#log.info({ time, run, ...about }, `run of ${journeys.length} journeys started`);
        return;
      }
      case 'walk.started':
        this.#walks.set(event.walk, event);
        return;
      case 'walk.ended': {
        const { walk, journey, status, ms, attempts, flaky } = event;
        const about = { time, run, ...this.#ofWalk(walk), journey, status, ms, attempts, flaky };
        this.#log[levels[status]](about, `${this.#walks.get(walk)?.title ?? journey}: ${status}`);
        this.#walks.delete(walk);
        return;
      }
      case 'finding': {
        const { kind, status, journey, step, layer, owner, sentence, runbook, hint } = event.finding;
        const next = { ...(runbook === undefined ? {} : { runbook }), ...(hint === undefined ? {} : { hint }) };
        const about = { kind, status, journey, step, layer, owner, ...next };
        const said = [sentence, whose(event.finding)].filter(Boolean).join('. ');
        this.#log[levels[status]]({ time, run, ...this.#ofWalk(event.walk), ...about }, said);
        return;
      }
      case 'run.fault':
        this.#log.error({ time, run, ...this.#ofWalk(event.walk), stack: event.stack }, event.message);
        return;
      case 'run.ended': {
        const { status, ms, walks, interrupted, exit } = event;
        this.#log[levels[status]]({ time, run, status, ms, walks, interrupted, exit }, `run ended: ${status}`);
        return;
      }
      default:
        return;
    }
  }

  /** `trace` is what drivers handed to the other side in `traceparent`: it joins this line to their logs and traces. */
  #ofWalk(walk: string | undefined): object {
    const trace = walk === undefined ? undefined : this.#walks.get(walk)?.traceparent.split('-')[1];
    return { ...(walk === undefined ? {} : { walk }), ...(trace === undefined ? {} : { trace }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.[Symbol.asyncDispose]();
  }
}

const log: ReporterPart = {
  about: 'a line of JSON for a log collector when a walk ends or something is found; =path appends',
  open: async ({ path, stream }) => {
    const { pino } = await import('pino');
    const file = path === undefined ? undefined : new LineFile(path, 'log', 'a');
    const lines = { write: (text: string) => void (file ?? stream).write(text) };
    const formatters = { level: (level: string) => ({ level }) };
    return new Log(pino({ base: null, timestamp: false, formatters }, lines), file);
  },
};

export default log;
