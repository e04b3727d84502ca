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
import { shelfOf } from '../prompts.ts';

const enroll: Command = {
  about: 'make a prompt that `voice.hear` knows: a recording with its words, from a WAV or from a call',
  usage: 'NAME',
  example: 'throughline enroll ivr/greeting.en --text "Thank you for calling" --call front-desk --seconds 6 --env pbx',
  options: {
    ...placeOptions,
    text: { type: 'string', value: 'WORDS', about: 'what is said, word for word' },
    wav: { type: 'string', value: 'PATH', about: 'recording to take; of one of ours the side that was heard' },
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
    if (text === undefined) throw new SpecError('a prompt needs its words', '--text "Thank you for calling"');
    if ((call.text('wav') === undefined) === (call.text('call') === undefined))
      throw new SpecError('take the sound from --wav or from --call', enroll.example);
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: true };
    await using house = await compose(place);
    const { folders, fallback } = await shelfOf(house);
    const folder = resolve(house.root, call.text('into') ?? folders[0] ?? fallback);
    const path = join(folder, name);
    if (existsSync(`${path}.wav`) && !call.flag('force'))
      throw new SpecError(
        `there is a prompt ${name}`,
        `compare first: throughline prompts review ${name} --wav NEW.wav; then --force`,
      );
    const { sound, from } = await source(call, house);
    const { writeWav } = await import('../../telephony/evidence/wav.ts');
    const samples = await cut(sound, call);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.wav`, writeWav({ rate: 8000, channels: [samples] }));
    const by = call.text('by');
    const sheet = {
      text,
      layer: call.text('layer') ?? 'ivr',
      taken: from,
      ...(by === undefined ? {} : { approved: by }),
    };
    writeFileSync(`${path}.yaml`, stringify(sheet));
    io.stdout.write(`made ${path}.wav, ${(samples.length / 8000).toFixed(1)} s, and ${name}.yaml\n`);
    if (folders.length === 0) io.stdout.write(`next: voice: { prompts: ${fallback} } in ${house.config.file}\n`);
    io.stdout.write(`next: - voice.hear: ${text}\n`);
    return exits.passed;
  },
};

/** 8 kHz mono, and where it is from. */
async function source(call: Call, house: House): Promise<{ readonly sound: Int16Array; readonly from: string }> {
  const at = `${when(systemClock.now())} UTC`;
  const wav = call.text('wav');
  if (wav !== undefined) {
    const { audioOf } = await import('../../telephony/media/resample.ts');
    try {
      return { sound: audioOf(readFileSync(resolve(call.io.cwd, wav)), 0), from: `${wav}, ${at}` };
    } catch (error) {
      throw new SpecError(
        `cannot read ${wav}: ${error instanceof Error ? error.message : String(error)}`,
        'a WAV of 16-bit PCM',
      );
    }
  }
  const { take, trunkOf, default: driver } = await import('../../drivers/voice.ts');
  const settings = driver.settings.parse(house.config.drivers.voice ?? {});
  const wanted = call.text('call') ?? '';
  const target = settings.names[wanted] ?? wanted;
  const chosen = trunkOf(settings, call.text('trunk'));
  const ms = 1000 * (call.count('seconds', 1) ?? 10);
  const around = { clock: systemClock, random: seeded(seedOf(Date.now())), signal: call.io.interrupt };
  const sound = await take({ chosen, target, ms }, around).catch((error: unknown) => {
    throw new SpecError(error instanceof Error ? error.message : String(error), 'see `throughline voice probe`');
  });
  return { sound, from: `call to ${wanted}, ${at}` };
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
