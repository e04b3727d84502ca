import { AsyncLocalStorage } from 'node:async_hooks';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestInfo, TestStepInfo, TestType } from '@playwright/test';
import type { Event, StepEnded } from '../core/event.ts';
import { whose } from '../core/headline.ts';
import type { Journey } from '../core/journey.ts';
import type { Reporter } from '../core/reporter.ts';
import { commitOf } from './commit.ts';
import { compose, type House } from './compose.ts';
import { memoryOf } from './memory.ts';
import { once, pick } from './once.ts';

// biome-ignore lint/suspicious/noExplicitAny: fixtures of the user's own test object do not matter here
type Test = TestType<any, any>;

export interface Hosting {
  readonly cwd: string;
  readonly env?: string;
  readonly paths?: readonly string[];
}

/** Declares a Playwright test for every journey; each step is a `test.step`, evidence is attached. Attempts are ours: keep Playwright's retries off. */
export async function journeys(test: Test, hosting: Hosting): Promise<void> {
  const still = await compose({ cwd: hosting.cwd, env: hosting.env, live: false });
  const found = await pick(still, hosting.paths ?? [], []);
  let house: House;
  test.beforeAll(async () => {
    house = await compose({ cwd: hosting.cwd, env: hosting.env, live: true });
  });
  test.afterAll(async () => {
    await house?.[Symbol.asyncDispose]();
  });
  for (const { id, title, tags } of found)
    test(
      `${id}: ${title}`,
      { tag: tags.map((tag) => `@${tag}`) },
      async ({ browserName: _ }: { browserName: string }, info: TestInfo) => {
        test.setTimeout(0);
        const [journey] = (await pick(house, [], [])).filter((one) => one.id === id);
        await host(test, info, { house, journey: journey as Journey });
      },
    );
}

async function host(test: Test, info: TestInfo, { house, journey }: { house: House; journey: Journey }): Promise<void> {
  await using memory = await memoryOf(house);
  const steps = new Steps(test, info, house);
  const never = new AbortController().signal;
  const ended = await once(house, [journey], {
    wanted: { jobs: 1, repeat: 1, strict: false, failFast: false },
    around: {
      memory,
      interrupt: never,
      abandon: never,
      say: () => undefined,
      commit: await commitOf(house.root),
      reporters: new Map<string, Reporter>([['playwright', steps]]),
    },
  });
  for (const { status, description } of steps.told) info.annotations.push({ type: status, description });
  if (ended.status === 'failed' || ended.status === 'broken')
    throw steps.worst ?? new Error(steps.told[0]?.description ?? `the journey ${ended.status}`);
  if (ended.status === 'skipped') test.skip(true, steps.skipped ?? 'nothing of it was walked');
}

interface Open {
  /** Resolves to true when it was skipped. */
  readonly done: PromiseWithResolvers<boolean>;
  /** Runs in the body of this step, so that steps below nest. */
  inside(run: () => Promise<void>): Promise<void>;
}

/** A reporter that replays our steps as Playwright's. */
class Steps implements Reporter {
  readonly #test: Test;
  readonly #info: TestInfo;
  readonly #house: Pick<House, 'root' | 'store'>;
  readonly #open = new Map<string, Open>();
  readonly #all: Promise<void>[] = [];
  readonly #outside: Open['inside'] = (run) => run();
  #folder = '';
  /** Findings and faults in their one sentence, with whose they are. */
  readonly told: { readonly status: string; readonly description: string }[] = [];
  worst: Error | undefined;
  skipped: string | undefined;

  constructor(test: Test, info: TestInfo, house: Pick<House, 'root' | 'store'>) {
    this.#test = test;
    this.#info = info;
    this.#house = house;
  }

  on(event: Event): void {
    if (event.type === 'walk.started') this.#folder = event.folder;
    if (event.type === 'step.started')
      this.#start(event.step, `${event.actor === 'customer' ? '' : `${event.actor}: `}${event.title}`, event.parent);
    if (event.type === 'step.ended') this.#end(event);
    if (event.type === 'finding')
      this.told.push({
        status: event.finding.status,
        description: `${event.finding.sentence}. ${whose(event.finding)}`.trim(),
      });
    if (event.type === 'run.fault') this.told.push({ status: 'fault', description: event.message });
    // Another attempt begins anew: what the one before found is in the steps.
    if (event.type === 'attempt.started') this.worst = undefined;
    if (event.type !== 'step.noted') return;
    const { note } = event;
    if (note.type !== 'file') return;
    const path = join(this.#house.store, this.#folder, note.path);
    if (existsSync(path)) this.#all.push(this.#info.attach(note.title ?? note.path, { path, contentType: note.mime }));
  }

  #start(step: string, title: string, parent: string | undefined): void {
    const done = Promise.withResolvers<boolean>();
    const open: Open = { done, inside: this.#outside };
    const above = (parent === undefined ? undefined : this.#open.get(parent)?.inside) ?? this.#outside;
    this.#open.set(step, open);
    const body = async (info: TestStepInfo) => {
      open.inside = AsyncLocalStorage.snapshot();
      info.skip(await done.promise);
    };
    const running = above(() => this.#test.step(title, body));
    this.#all.push(
      running.then(
        () => undefined,
        () => undefined,
      ),
    );
  }

  #end(ended: StepEnded): void {
    const open = this.#open.get(ended.step);
    this.#open.delete(ended.step);
    if (ended.status === 'failed' || ended.status === 'broken') {
      const error = this.#errorOf(ended);
      this.worst ??= error;
      open?.done.reject(error);
      return;
    }
    if (ended.status === 'skipped') this.skipped ??= ended.reason;
    open?.done.resolve(ended.status === 'skipped');
  }

  /** Playwright shows the lines around the place that a stack names: those of the journey. */
  #errorOf({ sentence, status, place }: StepEnded): Error {
    const ours = status === 'broken' ? ' (that is about us, not about the contact centre)' : '';
    const error = new Error(`${sentence ?? status}${ours}`);
    error.stack = `Error: ${error.message}\n    at ${resolve(this.#house.root, place.file)}:${place.line}:${place.column}`;
    return error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const open of this.#open.values()) open.done.resolve(false);
    await Promise.all(this.#all);
  }
}
