import { AsyncLocalStorage } from 'node:async_hooks';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestInfo, TestType } from '@playwright/test';
import type { Event, StepEnded } from '../core/event.ts';
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
  const steps = new Steps(test, info, house.store);
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
  for (const sentence of steps.degraded) info.annotations.push({ type: 'degraded', description: sentence });
  if (ended.status === 'failed' || ended.status === 'broken')
    throw new Error(steps.worst ?? `the journey ${ended.status}`);
}

interface Open {
  readonly done: PromiseWithResolvers<void>;
  /** Runs in the body of this step, so that steps below nest. */
  inside(run: () => Promise<void>): Promise<void>;
}

/** A reporter that replays our steps as Playwright's. */
class Steps implements Reporter {
  readonly #test: Test;
  readonly #info: TestInfo;
  readonly #root: string;
  readonly #open = new Map<string, Open>();
  readonly #all: Promise<void>[] = [];
  readonly #outside: Open['inside'] = (run) => run();
  #folder = '';
  readonly degraded: string[] = [];
  worst: string | undefined;

  constructor(test: Test, info: TestInfo, root: string) {
    this.#test = test;
    this.#info = info;
    this.#root = root;
  }

  on(event: Event): void {
    if (event.type === 'walk.started') this.#folder = event.folder;
    if (event.type === 'step.started')
      this.#start(event.step, `${event.actor === 'customer' ? '' : `${event.actor}: `}${event.title}`, event.parent);
    if (event.type === 'step.ended') this.#end(event);
    if (event.type !== 'step.noted') return;
    const { note } = event;
    if (note.type !== 'file') return;
    const path = join(this.#root, this.#folder, note.path);
    if (existsSync(path)) this.#all.push(this.#info.attach(note.title ?? note.path, { path, contentType: note.mime }));
  }

  #start(step: string, title: string, parent: string | undefined): void {
    const done = Promise.withResolvers<void>();
    const open: Open = { done, inside: this.#outside };
    const above = (parent === undefined ? undefined : this.#open.get(parent)?.inside) ?? this.#outside;
    this.#open.set(step, open);
    const body = async () => {
      open.inside = AsyncLocalStorage.snapshot();
      await done.promise;
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
      this.worst ??= ended.sentence;
      open?.done.reject(new Error(ended.sentence ?? ended.status));
      return;
    }
    if (ended.status === 'degraded') this.degraded.push(ended.sentence ?? ended.title);
    open?.done.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const open of this.#open.values()) open.done.resolve();
    await Promise.all(this.#all);
  }
}
