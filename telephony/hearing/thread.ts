import { type MessagePort, Worker } from 'node:worker_threads';
import { apart, type Clock, systemClock, uptime } from '../../core/clock.ts';
import { featureVersion, type Passband } from './features.ts';
import type { Hearing, Summary, Wanted } from './listener.ts';
import type { Command, Told, WorkerSettings } from './protocol.ts';
import type { Reference } from './reference.ts';

/** One step's listening. `stop` may be called at any time, more than once, and says what was heard; with a moment (epoch ms) once the sound until then was looked at. */
export interface Listening {
  /** What was wanted; rejects when the call or the thread ends before it came. */
  readonly result: Promise<Hearing>;
  stop(after?: number): Promise<Summary>;
}

/** Anything that can be listened to from a moment in the past on (epoch ms): a media leg. */
export interface Audible {
  tap(from: number): MessagePort;
}

interface Open {
  readonly result: PromiseWithResolvers<Hearing>;
  readonly summary: PromiseWithResolvers<Summary>;
  readonly audible: Audible;
  stopping: 'no' | 'later' | 'now';
}

function namesOf(wanted: Wanted): readonly string[] {
  if (wanted.for === 'prompt' || wanted.for === 'music') return wanted.names;
  return wanted.for === 'sequence' ? wanted.parts.flatMap((part) => (part.kind === 'any' ? [] : part.names)) : [];
}

/** The worker that matches prompts and tones, for all calls. Chunks of audio go to it past this thread. */
export class HearingThread implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #open = new Map<number, Open>();
  readonly #known = new Map<string, Reference>();
  /** What lines were found to carry, those that do not carry everything. */
  readonly #lines = new WeakMap<Audible, Passband>();
  #count = 0;
  #broken: Error | undefined;

  constructor(clock: Clock = systemClock) {
    const workerData: WorkerSettings = { epochOffset: apart(() => clock.now(), uptime) };
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    this.#worker = new Worker(new URL(`./hearing-worker${extension}`, import.meta.url), { workerData });
    this.#worker.on('message', (told: Told) => this.#told(told));
    this.#worker.on('error', (error) => this.#break(error));
    this.#worker.on('exit', () => this.#break(new Error('the hearing thread has ended')));
    this.#worker.unref();
  }

  /** Sounds that may be heard from now on, by name; a name learnt again is replaced. */
  learn(references: readonly Reference[]): void {
    const old = references.find(({ version }) => version !== featureVersion);
    if (old) throw new RangeError(`features of ${old.name} are of version ${old.version}, not ${featureVersion}`);
    for (const reference of references) this.#known.set(reference.name, reference);
    this.#send({ do: 'learn', references });
  }

  forget(names: readonly string[]): void {
    for (const name of names) this.#known.delete(name);
    this.#send({ do: 'forget', names });
  }

  get names(): ReadonlySet<string> {
    return new Set(this.#known.keys());
  }

  listen(audible: Audible, wanted: Wanted, from: number): Listening {
    if (this.#broken) throw this.#broken;
    const unknown = namesOf(wanted).find((name) => !this.#known.has(name));
    if (unknown !== undefined) throw new RangeError(`no sound called ${unknown} is known`);
    const id = ++this.#count;
    const open: Open = { result: Promise.withResolvers(), summary: Promise.withResolvers(), stopping: 'no', audible };
    // Who stops listening does not wait for the result any more.
    open.result.promise.catch(() => {});
    this.#open.set(id, open);
    this.#worker.ref();
    const tap = audible.tap(from);
    const passband = this.#lines.get(audible);
    const command: Command = { do: 'listen', id, wanted, tap, ...(passband ? { passband } : {}) };
    this.#worker.postMessage(command, [tap]);
    return {
      result: open.result.promise,
      stop: (after) => {
        if (after !== undefined && open.stopping === 'no') this.#send({ do: 'stop', id, after });
        if (after === undefined && open.stopping !== 'now') this.#send({ do: 'stop', id });
        open.stopping = after === undefined ? 'now' : 'later';
        return open.summary.promise;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }

  #send(command: Command): void {
    this.#worker.postMessage(command);
  }

  #told(told: Told): void {
    const open = this.#open.get(told.id);
    if (open && 'passband' in told && told.passband) this.#lines.set(open.audible, told.passband);
    switch (told.tell) {
      case 'heard':
        open?.result.resolve(told.hearing);
        return;
      case 'ended':
        open?.result.reject(new Error('the call has ended'));
        return;
      case 'broken':
        open?.result.reject(new Error(told.message));
        return;
      case 'summary':
        open?.result.reject(new Error('no longer listening'));
        open?.summary.resolve(told.summary);
        this.#open.delete(told.id);
        if (this.#open.size === 0) this.#worker.unref();
        return;
    }
    told satisfies never;
  }

  #break(error: Error): void {
    this.#broken ??= error;
    for (const { result, summary } of this.#open.values()) {
      result.reject(error);
      summary.promise.catch(() => {});
      summary.reject(error);
    }
    this.#open.clear();
  }
}
