import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../evidence/wav.ts';
import { audioOf } from '../media/resample.ts';
import { babble } from './babble.ts';
import { lineLevel } from './level.ts';

export interface SpeakerSettings {
  /** `espeak-ng` needs the program; `babble` needs nothing and is no language; `auto` takes what is there. */
  readonly engine: 'auto' | 'espeak-ng' | 'babble';
  /** Of espeak-ng: `en-gb`, `de`, `en-us+f3`. */
  readonly voice: string;
  /** Words a minute. */
  readonly speed: number;
  /** Where rendered texts are kept; default: in the system's folder for temporary files. */
  readonly folder?: string;
}

/** Changes with everything that changes the sound of the same text. */
const version = 1;
const longest = 4000;
/** Texts that are kept in memory; names and amounts of thousands of customers would fill it. */
const most = 500;

/** The engine that was asked for is not on this machine. */
export class NoSpeech extends Error {
  constructor() {
    super('no voice: espeak-ng is not installed (sudo apt-get install --no-install-recommends espeak-ng)');
    this.name = 'NoSpeech';
  }
}

/** Speaks texts as 8 kHz mono; each text is rendered once and kept as WAV. */
export class Speaker {
  readonly #settings: SpeakerSettings;
  readonly #folder: string;
  readonly #rendered = new Map<string, Promise<Int16Array>>();

  constructor(settings: SpeakerSettings) {
    this.#settings = settings;
    this.#folder = settings.folder ?? join(tmpdir(), 'throughline-speech');
  }

  /** Throws NoSpeech, and RangeError for a text without words or over 4000 characters. */
  speak(text: string): Promise<Int16Array> {
    const words = text.trim().replaceAll(/\s+/g, ' ');
    if (words === '' || words.length > longest) throw new RangeError(`cannot speak ${words.length} characters`);
    const known = this.#rendered.get(words);
    if (known) return known;
    const rendering = this.#render(words);
    this.#rendered.set(words, rendering);
    const [oldest] = this.#rendered.keys();
    if (this.#rendered.size > most && oldest !== undefined) this.#rendered.delete(oldest);
    rendering.catch(() => this.#rendered.delete(words));
    return rendering;
  }

  async #render(words: string): Promise<Int16Array> {
    const { engine, voice, speed } = this.#settings;
    if (engine === 'babble') return lineLevel(babble(words));
    const key = createHash('sha256')
      .update(JSON.stringify([version, voice, speed, words]))
      .digest('hex');
    const path = join(this.#folder, `${key}.wav`);
    const kept = await readFile(path).catch(() => undefined);
    if (kept) return audioOf(kept);
    const wav = await espeak(words, voice, speed);
    if (!wav) {
      if (engine === 'auto') return lineLevel(babble(words));
      throw new NoSpeech();
    }
    const samples = lineLevel(audioOf(wav));
    await mkdir(this.#folder, { recursive: true });
    const fresh = `${path}.${randomUUID()}`;
    await writeFile(fresh, writeWav({ rate: 8000, channels: [samples] }));
    await rename(fresh, path);
    return samples;
  }
}

/** A WAV of the text; undefined when there is no espeak-ng. */
function espeak(words: string, voice: string, speed: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const args = ['-v', voice, '-s', String(speed), '--stdin', '--stdout'];
    const options = { encoding: 'buffer', maxBuffer: 64 << 20, timeout: 20_000 } as const;
    const child = execFile('espeak-ng', args, options, (error, out, said) => {
      const complaint = String(said).trim();
      if (error?.code === 'ENOENT') resolve(undefined);
      else if (!error && !/does not exist|error:/i.test(complaint)) resolve(out);
      else reject(new Error(`espeak-ng could not speak with voice ${voice}: ${complaint || error?.message}`));
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(words);
  });
}
