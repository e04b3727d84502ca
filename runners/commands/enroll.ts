import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '../../core/clock.ts';
import { duration } from '../../core/duration.ts';
import { SpecError } from '../../core/errors.ts';
import { when } from '../../core/headline.ts';
import { seeded, seedOf } from '../../core/random.ts';
import { exits } from '../../core/verdict.ts';
import { type Call, type Command, placeOptions } from '../command.ts';
import { compose, type House } from '../compose.ts';
import { enrollPieces } from '../enroll-pieces.ts';
import { type Taken, takenFrom } from '../enroll-run.ts';
import { shelfOf } from '../prompts.ts';

/** Inside one recording no pause is longer, ms. */
const utterance = 500;

const enroll: Command = {
  about: 'make a prompt that `voice.hear` knows: a recording with its words, from a WAV or from a call',
  usage: 'NAME',
  example: 'throughline enroll ivr/greeting.en --text "Thank you for calling" --call front-desk --seconds 6 --env pbx',
  options: {
    ...placeOptions,
    text: { type: 'string', value: 'WORDS', about: 'what is said, word for word' },
    wav: { type: 'string', value: 'PATH', about: 'recording to take; of one of ours the side that was heard' },
    run: { type: 'string', value: 'RUN', about: 'or the recording of a call of this run, the side that was heard' },
    step: { type: 'string', value: 'ID', about: 'of that run what this step heard' },
    pieces: {
      type: 'string',
      value: 'FOLDER',
      about: 'many at once: a WAV for each number, day or month, its words by its name (5, hundred, day-1, mon-0)',
    },
    call: { type: 'string', value: 'TARGET', about: 'or call this number and record what answers' },
    trunk: { type: 'string', value: 'NAME', about: 'trunk to call through' },
    seconds: { type: 'string', value: 'N', about: 'how long a call is recorded (default 10)' },
    from: { type: 'string', value: 'TIME', about: 'cut: from here on, as 1.5s' },
    to: { type: 'string', value: 'TIME', about: 'cut: up to here' },
    layer: { type: 'string', value: 'NAME', about: 'whose fault it is when it is not heard (default ivr)' },
    by: { type: 'string', value: 'WHO', about: 'who says that it is right' },
    into: { type: 'string', value: 'FOLDER', about: 'where to (default: the first of `voice.prompts`)' },
    force: { type: 'boolean', about: 'replace a prompt that is there' },
  },
  run: async (call) => {
    const { io } = call;
    const [name, more] = call.words;
    const text = call.text('text');
    if (name === undefined || more !== undefined || !/^[\w-]+([/.][\w-]+)*$/.test(name))
      throw new SpecError('enroll takes a name such as ivr/greeting.en', enroll.example);
    const from = ['wav', 'call', 'run', 'pieces'].filter((source) => call.text(source) !== undefined);
    if (text === undefined && from[0] !== 'pieces')
      throw new SpecError('a prompt needs its words', '--text "Thank you for calling"');
    if (call.text('step') !== undefined && from[0] !== 'run')
      throw new SpecError('--step is a step of --run', 'throughline enroll ivr/menu --run last --step menu --text "…"');
    if (from.length !== 1)
      throw new SpecError('take the sound from --wav or from --call, --run or --pieces', enroll.example);
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: true };
    await using house = await compose(place);
    const { folders, fallback } = await shelfOf(house);
    const folder = resolve(house.root, call.text('into') ?? folders[0] ?? fallback);
    if (from[0] === 'pieces') return piecesOf(call, { house, folder, name });
    const path = join(folder, name);
    if (existsSync(`${path}.wav`) && !call.flag('force'))
      throw new SpecError(
        `there is a prompt ${name}`,
        `compare first: throughline prompts review ${name} --wav NEW.wav; then --force`,
      );
    const { sound, taken } = await source(call, house);
    const { writeWav } = await import('../../telephony/evidence/wav.ts');
    const samples = await cut(sound, call);
    const alike = await soundsLike(name, samples, { folders, root: house.root });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.wav`, writeWav({ rate: 8000, channels: [samples] }));
    const by = call.text('by');
    const sheet = {
      text,
      layer: call.text('layer') ?? 'ivr',
      taken,
      ...(by === undefined ? {} : { approved: by }),
    };
    writeFileSync(`${path}.yaml`, stringify(sheet));
    io.stdout.write(`made ${path}.wav, ${(samples.length / 8000).toFixed(1)} s, and ${name}.yaml\n`);
    for (const [other, score] of alike)
      io.stdout.write(
        `it sounds like ${other} (${score.toFixed(2)}): only their place in a journey tells them apart\n`,
      );
    if (folders.length === 0) io.stdout.write(`next: voice: { prompts: ${fallback} } in ${house.config.file}\n`);
    io.stdout.write(`next: - voice.hear: ${text}\n`);
    return exits.passed;
  },
};

/** Prompts that could be taken for this one, the nearest first: a score of .85 is a match (audio.md 2.3). */
async function soundsLike(
  name: string,
  samples: Int16Array,
  { folders, root }: { readonly folders: readonly string[]; readonly root: string },
): Promise<readonly (readonly [name: string, score: number])[]> {
  const [{ promptsOf }, { reference }, { findEitherWay }, { audioOf }] = await Promise.all([
    import('../../drivers/voice.ts'),
    import('../../telephony/hearing/reference.ts'),
    import('../../telephony/hearing/match.ts'),
    import('../../telephony/media/resample.ts'),
  ]);
  const here = folders.filter((folder) => existsSync(resolve(root, folder)));
  const mine = reference(name, samples).patch;
  return (await promptsOf(here, root))
    .filter((one) => one.name !== name)
    .flatMap((one): (readonly [string, number])[] => {
      try {
        const theirs = reference(one.name, audioOf(readFileSync(one.wav))).patch;
        const [short, long] = theirs.count < mine.count ? [theirs, mine] : [mine, theirs];
        return [[one.name, findEitherWay(short, long).score]];
      } catch {
        // A recording that is not there or cannot be read is told by `check`.
        return [];
      }
    })
    .filter(([, score]) => score >= 0.85)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 5);
}

async function piecesOf(
  call: Call,
  { house, folder, name }: { house: House; folder: string; name: string },
): Promise<number> {
  const layer = call.text('layer') ?? 'ivr';
  const made = await enrollPieces(call, { folder, name, layer, from: `${when(systemClock.now())} UTC` });
  call.io.stdout.write(`made ${made} pieces in ${join(folder, name)}\n`);
  call.io.stdout.write('next: - voice.hear: you have {number} new messages\n');
  const { folders, fallback } = await shelfOf(house);
  if (folders.length === 0) call.io.stdout.write(`next: voice: { prompts: ${fallback} } in ${house.config.file}\n`);
  return exits.passed;
}

/** 8 kHz mono, and where it is from. */
async function source(call: Call, house: House): Promise<{ readonly sound: Int16Array; readonly taken: string }> {
  const at = `${when(systemClock.now())} UTC`;
  const wanted = call.text('run');
  const taken: Taken | undefined =
    wanted === undefined ? named(call) : await takenFrom(house.store, wanted, call.text('step'));
  if (taken) return { sound: await soundOf(taken, call.io.cwd), taken: `${taken.taken}, ${at}` };
  const { take, trunkOf, default: driver } = await import('../../drivers/voice.ts');
  const settings = driver.settings.parse(house.config.drivers.voice ?? {});
  const number = call.text('call') ?? '';
  const target = settings.names[number] ?? number;
  const chosen = trunkOf(settings, call.text('trunk'));
  const ms = 1000 * (call.count('seconds', 1) ?? 10);
  const around = { clock: systemClock, random: seeded(seedOf(Date.now())), signal: call.io.interrupt };
  const sound = await take({ chosen, target, ms }, around).catch((error: unknown) => {
    throw new SpecError(error instanceof Error ? error.message : String(error), 'see `throughline voice probe`');
  });
  return { sound, taken: `call to ${number}, ${at}` };
}

function named(call: Call): Taken | undefined {
  const wav = call.text('wav');
  return wav === undefined ? undefined : { wav, taken: wav };
}

async function soundOf({ wav, from, to }: Taken, cwd: string): Promise<Int16Array> {
  const [{ audioOf }, { VoiceActivity }] = await Promise.all([
    import('../../telephony/media/resample.ts'),
    import('../../telephony/hearing/voice-activity.ts'),
  ]);
  let sound: Int16Array;
  try {
    sound = audioOf(readFileSync(resolve(cwd, wav)), 0);
  } catch (error) {
    throw new SpecError(
      `cannot read ${wav}: ${error instanceof Error ? error.message : String(error)}`,
      'a WAV of PCM, floats, A-law or µ-law',
    );
  }
  if (from === undefined) return sound;
  const rest = sound.subarray(Math.max(0, Math.round(from * 8)), to === undefined ? sound.length : Math.round(to * 8));
  if (to !== undefined) return rest;
  const end = new VoiceActivity({ hangMs: utterance }).push(rest).find(({ type }) => type === 'end');
  return end ? rest.subarray(0, Math.round(end.at * 8)) : rest;
}

/** The stretch that was asked for, without the silence around it. */
async function cut(sound: Int16Array, call: Call): Promise<Int16Array> {
  const at = (name: string, otherwise: number) => {
    const text = call.text(name);
    if (text === undefined) return otherwise;
    const read = duration.safeParse(text);
    if (!read.success) throw new SpecError(`--${name} takes a time such as 1.5s, got ${text}`);
    return Math.min(sound.length, Math.round(read.data * 8));
  };
  const part = sound.subarray(at('from', 0), at('to', sound.length));
  const { reference, sounding } = await import('../../telephony/hearing/reference.ts');
  const { from, to } = sounding(part);
  const samples = part.slice(Math.max(0, from - 400), Math.min(part.length, to + 400));
  try {
    reference('the prompt', samples);
  } catch (error) {
    throw new SpecError(
      `nothing to recognise there: ${error instanceof Error ? error.message : ''}`,
      'listen to it; cut with --from and --to',
    );
  }
  return samples;
}

export default enroll;
