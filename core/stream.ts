import type { Clock } from './clock.ts';
import type { Emit, Event, Said } from './event.ts';
import { memo } from './memo.ts';
import type { Reporter } from './reporter.ts';

/** An event as a line of the stream, its end included; made once, as several listeners write the same. */
export const lineOf = memo((event: Event) => `${JSON.stringify(event)}\n`, 1);

/** The one stream of a run: stamps what the engine says and hands it to each listener in order. A listener that throws is told about once and dropped. */
export class Stream {
  readonly #run: string;
  readonly #clock: Clock;
  readonly #mask: (event: Event) => Event;
  readonly #listeners = new Map<Reporter, string>();
  #seq = 0;

  constructor(run: string, clock: Clock, mask: (event: Event) => Event) {
    this.#run = run;
    this.#clock = clock;
    this.#mask = mask;
  }

  listen(name: string, reporter: Reporter): void {
    this.#listeners.set(reporter, name);
  }

  readonly emit: Emit = (said: Said) => {
    const at = Math.round((said.at ?? this.#clock.now()) * 1000) / 1000;
    this.#seq += 1;
    const event = this.#mask({ v: 1, ...said, at, run: this.#run, seq: this.#seq } as Event);
    const lost: [string, unknown][] = [];
    for (const [reporter, name] of this.#listeners) {
      try {
        reporter.on(event);
      } catch (error) {
        this.#listeners.delete(reporter);
        lost.push([name, error]);
      }
    }
    for (const [name, error] of lost) this.fault(`reporter ${name} stopped listening at ${event.type}`, error);
  };

  fault(message: string, error?: unknown, walk?: string): void {
    const because = error === undefined ? '' : `: ${error instanceof Error ? error.message : String(error)}`;
    this.emit({
      type: 'run.fault',
      message: message + because,
      ...(error instanceof Error && error.stack ? { stack: error.stack } : {}),
      ...(walk ? { walk } : {}),
    });
  }

  /** Flushes and closes every listener; what fails there is returned, because nobody is left to hear it. */
  async close(): Promise<readonly string[]> {
    const lost: string[] = [];
    for (const [reporter, name] of this.#listeners) {
      try {
        await reporter[Symbol.asyncDispose]();
      } catch (error) {
        lost.push(`reporter ${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return lost;
  }
}
