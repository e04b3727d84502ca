import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { SpecError } from '../../core/errors.ts';
import { type Reference, reference } from '../../telephony/hearing/reference.ts';
import { HearingThread } from '../../telephony/hearing/thread.ts';
import { audioOf } from '../../telephony/media/resample.ts';
import { type Prompt, readPrompts } from './prompts.ts';
import type { Saying } from './sayings.ts';

/** What can be recognised: the prompts of the project, and what actors of one walk say to each other. */
export class Ears implements AsyncDisposable {
  readonly thread: HearingThread;
  readonly #prompts = new Map<string, Promise<readonly Prompt[]>>();
  readonly #lengths = new Map<string, number>();
  #count = 0;

  constructor(clock: Clock) {
    this.thread = new HearingThread(clock);
  }

  /** The prompts of these folders, learnt once. Throws SpecError. */
  prompts(folders: readonly string[], root: string): Promise<readonly Prompt[]> {
    const key = [root, ...folders].join('\0');
    const known = this.#prompts.get(key);
    if (known) return known;
    const learning = (async () => {
      const prompts = await readPrompts(folders, root);
      const references = await Promise.all(prompts.map(heardAs));
      for (const { name, ms } of references) this.#lengths.set(name, ms);
      this.thread.learn(references);
      return prompts;
    })();
    this.#prompts.set(key, learning);
    learning.catch(() => this.#prompts.delete(key));
    return learning;
  }

  /** The name under which a saying is listened for. Throws RangeError for one without sound. */
  learn(saying: Saying): string {
    if (saying.name !== undefined) return saying.name;
    this.#count += 1;
    const made = reference(`said-${this.#count}`, saying.samples, saying.text);
    this.#lengths.set(made.name, made.ms);
    this.thread.learn([made]);
    saying.name = made.name;
    return made.name;
  }

  /** How long a known sound lasts, ms. */
  ms(name: string): number {
    return this.#lengths.get(name) ?? 0;
  }

  forget(names: readonly string[]): void {
    for (const name of names) this.#lengths.delete(name);
    this.thread.forget(names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.thread[Symbol.asyncDispose]();
  }
}

const features = new Map<string, Promise<Reference>>();

/** The sound of a prompt, as it is listened for; worked out once a process for each recording. Throws SpecError. */
async function heardAs({ name, text, wav }: Pick<Prompt, 'name' | 'text' | 'wav'>): Promise<Reference> {
  const bytes = await readFile(wav).catch((error: unknown) => {
    throw new SpecError(`prompt ${name} has no recording ${wav}: ${error instanceof Error ? error.message : ''}`);
  });
  const key = createHash('sha256').update(bytes).update(`\0${name}\0${text}`).digest('hex');
  const known = features.get(key);
  if (known) return known;
  const made = Promise.resolve().then(() => {
    try {
      return reference(name, audioOf(bytes), text);
    } catch (error) {
      throw new SpecError(`prompt ${name} cannot be listened for: ${error instanceof Error ? error.message : ''}`);
    }
  });
  features.set(key, made);
  made.catch(() => features.delete(key));
  return made;
}
