import { dirname, join } from 'node:path';
import { settle } from './deadline.ts';
import type { Context, Driver } from './driver.ts';
import { SpecError } from './errors.ts';
import type { Note } from './event.ts';
import { makeFolder } from './folder.ts';
import { issueWords } from './issue.ts';
import type { Journey } from './journey.ts';
import type { JsonObject } from './json.ts';
import { seeded, seedOf } from './random.ts';
import type { Leg, World } from './world.ts';

/** Longest that closing one session may take, ms: a BYE is repeated for 32 s (RFC 3261 §17.1.2.2, Timer F). */
const closing = 35_000;

interface Opened {
  readonly actor: string;
  readonly driver: string;
  readonly session: Promise<AsyncDisposable>;
}

export interface Walking {
  readonly journey: Journey;
  readonly world: World;
  readonly leg: Leg;
  readonly attempt: number;
  readonly traceparent: string;
  readonly mark: string;
  /** Folder of artefacts, absolute. */
  readonly folder: string;
}

interface Hooks {
  opens(actor: string, driver: string, session: AsyncDisposable): void;
  /** A step has not passed. */
  troubled(): boolean;
}

/** The sessions of one attempt: one an actor and driver, opened at first use, closed in reverse order. */
export class Sessions implements AsyncDisposable {
  readonly #walking: Walking;
  readonly #opened: Opened[] = [];
  /** Still opening when nobody waited any more, by actor and driver: whoever asks next gets it, since a second one would be in its way. */
  readonly #late = new Map<string, Promise<AsyncDisposable>>();
  readonly #note: (actor: string, note: Note) => void;
  readonly #opens: Hooks['opens'];
  readonly #troubled: Hooks['troubled'];

  constructor(walking: Walking, note: (actor: string, note: Note) => void, { opens, troubled }: Hooks) {
    this.#walking = walking;
    this.#note = note;
    this.#opens = opens;
    this.#troubled = troubled;
  }

  has(actor: string, driver: string): boolean {
    return this.#opened.some((opened) => opened.actor === actor && opened.driver === driver);
  }

  /** Rejects with what the driver's `open` threw; a later call tries anew. */
  get(actor: string, name: string, signal: () => AbortSignal): Promise<AsyncDisposable> {
    const known = this.#opened.find((opened) => opened.actor === actor && opened.driver === name);
    if (known) return known.session;
    const session = this.#open(actor, name, signal());
    const opened: Opened = { actor, driver: name, session };
    this.#opened.push(opened);
    session.then(
      (value) => this.#opens(actor, name, value),
      () => this.#opened.splice(this.#opened.indexOf(opened), 1),
    );
    return session;
  }

  async #open(actor: string, name: string, signal: AbortSignal): Promise<AsyncDisposable> {
    const { world, journey } = this.#walking;
    const driver = world.drivers.get(name) as Driver;
    const settings = settingsOf(
      driver,
      { ...world.settings(name), ...journey.actors[actor]?.[name] },
      `${name} of ${actor}`,
    );
    const key = `${actor} ${name}`;
    const opening = this.#late.get(key) ?? driver.open(settings, this.#context(actor, name));
    this.#late.delete(key);
    const came = await settle(opening, signal, 0);
    if (came === 'ignored') {
      this.#late.set(key, opening);
      opening.catch(() => this.#late.delete(key));
      throw signal.reason;
    }
    if ('error' in came) throw came.error;
    return came.value;
  }

  #context(actor: string, driver: string): Context {
    const { world, journey, leg, attempt, traceparent, mark, folder } = this.#walking;
    return {
      actor,
      run: world.run,
      walk: leg.walk,
      journey: journey.id,
      attempt,
      thorough: attempt > 1,
      troubled: () => this.#troubled(),
      traceparent,
      mark,
      clock: world.clock,
      random: seeded(seedOf(world.seed, leg.walk, actor, driver)),
      guard: world.guard,
      note: (note) => this.#note(actor, note),
      artefact: (name) => {
        const path = join(folder, name);
        makeFolder(dirname(path));
        return path;
      },
      redact: (text) => world.secrets.text(text),
      secrets: () => world.secrets.values(),
      root: world.project,
    };
  }

  /** Closes all, newest first; returns what went wrong. */
  async close(): Promise<readonly { readonly message: string; readonly error?: unknown }[]> {
    const wrong: { message: string; error?: unknown }[] = [];
    for (const opening of this.#late.values())
      opening.then((late) => late[Symbol.asyncDispose]()).catch(() => undefined);
    this.#late.clear();
    for (const { actor, driver, session } of this.#opened.splice(0).reverse()) {
      const close = async () => (await session)[Symbol.asyncDispose]();
      const came = await settle(close(), AbortSignal.timeout(closing), 0);
      if (came === 'ignored')
        wrong.push({ message: `${driver} session of ${actor} did not close within ${closing / 1000} s` });
      else if ('error' in came)
        wrong.push({ message: `${driver} session of ${actor} failed to close`, error: came.error });
    }
    return wrong;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Checked settings of a driver; throws SpecError naming the settings at fault. */
export function settingsOf(driver: Driver, raw: JsonObject, whose: string): Record<string, unknown> {
  const read = driver.settings.safeParse(raw);
  if (read.success) return read.data;
  throw new SpecError(
    read.error.issues.map((issue) => ({
      message: `settings for ${whose}: ${issue.path.join('.') || 'all'}: ${issueWords(issue)}`,
      hint: 'see the configuration of the place, config/<environment>.yaml, and `actors` of the journey',
    })),
  );
}
