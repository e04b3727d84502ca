import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpecError } from '../../core/errors.ts';
import { writeWav } from '../../telephony/evidence/wav.ts';
import { output } from './program.ts';
import type { Settings } from './settings.ts';

type Chosen = Settings['transcribers'][string];

/** What is asked of a transcriber beside the sound. */
export interface Asked {
  /** ISO 639-1. */
  readonly language: string;
  /** Sentences that it may have been, for one that can only choose. */
  readonly among: readonly string[];
  readonly signal: AbortSignal;
}

/** Writes down what is said, 8 kHz mono; an empty text when it heard none. Throws an Error that says why it could not: that is our fault, never the other side's. */
export interface Transcriber {
  readonly name: string;
  readonly language: string;
  /** It can only say which of some sentences it was. */
  readonly chooses: boolean;
  /** The longest that it may think about so many ms of sound, ms. */
  limit(ms: number): number;
  transcribe(samples: Int16Array, asked: Asked): Promise<string>;
}

/** The transcriber of a name; the only one when there is one. Throws SpecError. */
export async function transcriberOf({ transcribers }: Settings, wanted?: string): Promise<Transcriber> {
  const names = Object.keys(transcribers);
  const name = wanted ?? (names.length === 1 ? names[0]! : undefined);
  const found = name === undefined ? undefined : transcribers[name];
  if (name === undefined || !found)
    throw new SpecError(
      wanted === undefined
        ? `\`by: speech\` needs a transcriber, and there ${names.length === 0 ? 'is none' : 'are several'}`
        : `there is no transcriber \`${wanted}\``,
      names.length === 0
        ? 'configure one: voice: { transcribers: { local: { url: "http://127.0.0.1:8080" } } }'
        : `name one with \`transcriber\`: ${names.join(', ')}`,
    );
  const { language, timeout } = found;
  const common = { name, language, limit: (ms: number) => Math.ceil(timeout + ms), chooses: 'pocketsphinx' in found };
  if ('url' in found) return { ...common, transcribe: (samples, asked) => byHttp(name, found, { samples, asked }) };
  if ('command' in found)
    return { ...common, transcribe: (samples, asked) => byCommand(name, found, { samples, asked }) };
  const { choose } = await import('./sphinx.ts');
  return {
    ...common,
    transcribe: (samples, asked) => choose(samples, { ...asked, timeout: timeout + samples.length / 8 }),
  };
}

interface Work {
  readonly samples: Int16Array;
  readonly asked: Asked;
}

const shown = 200;
const most = 1 << 20;

/** POST /v1/audio/transcriptions, as OpenAI has it and whisper.cpp, vLLM, LocalAI and others understand it. */
async function byHttp(
  name: string,
  { url, key, model, timeout }: Extract<Chosen, { url: string }>,
  { samples, asked: { language, signal } }: Work,
): Promise<string> {
  const base = url.replace(/\/+$/, '');
  const address = /\/audio\/transcriptions$/.test(base)
    ? base
    : `${base}${/\/v\d+$/.test(base) ? '' : '/v1'}/audio/transcriptions`;
  const form = new FormData();
  form.set('file', new Blob([writeWav({ rate: 8000, channels: [samples] })], { type: 'audio/wav' }), 'speech.wav');
  form.set('model', model);
  form.set('language', language);
  form.set('response_format', 'json');
  form.set('temperature', '0');
  const limit = AbortSignal.timeout(Math.ceil(timeout + samples.length / 8));
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const where = `transcriber ${name} (${new URL(address).origin})`;
  let body: string;
  let status: number;
  try {
    const stop = AbortSignal.any([signal, limit]);
    const answer = await fetch(address, { method: 'POST', body: form, headers, redirect: 'error', signal: stop });
    status = answer.status;
    body = await textOf(answer);
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted)
      throw new Error(
        `${where} did not answer within ${seconds(timeout + samples.length / 8)}; is it overloaded? \`timeout\` of voice.transcribers.${name} gives it longer`,
      );
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`${where} cannot be reached: ${cause}; is it running? see voice.transcribers.${name}.url`);
  }
  if (status < 200 || status > 299) throw new Error(`${where} answered ${status}: ${body.slice(0, shown)}`);
  const text = textIn(body);
  if (text === undefined) throw new Error(`${where} answered without a text: ${body.slice(0, shown)}`);
  return text;
}

async function textOf(answer: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of answer.body ?? []) {
    pieces.push(piece);
    length += piece.length;
    if (length > most) throw new Error(`over ${most} bytes came back`);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** `{ "text": "…" }`. */
function textIn(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    const text = typeof value === 'object' && value !== null && 'text' in value ? value.text : undefined;
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}

/** A program that gets the path of a WAV and writes the text, or `{ "text": "…" }`, to its output. */
async function byCommand(
  name: string,
  { command, timeout }: Extract<Chosen, { command: readonly string[] }>,
  { samples, asked: { language, signal } }: Work,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'throughline-heard-'));
  try {
    const wav = join(folder, 'speech.wav');
    await writeFile(wav, writeWav({ rate: 8000, channels: [samples] }));
    const words = command.map((word) => word.replaceAll('{wav}', wav).replaceAll('{language}', language));
    const ms = timeout + samples.length / 8;
    const out = await output(words, ms, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new Error(
        `transcriber ${name}: ${error instanceof Error ? error.message : String(error)}; see voice.transcribers.${name}.command`,
      );
    });
    return textIn(out) ?? out.trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
