import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { SpecError } from '../core/errors.ts';
import type { Call } from './command.ts';

/** Makes a prompt of every WAV of a folder that is a number, a day or another piece, its words by the name of its file. Resolves to how many there are now. */
export async function enrollPieces(
  call: Call,
  {
    folder,
    name,
    layer,
    from,
  }: { readonly folder: string; readonly name: string; readonly layer: string; readonly from: string },
): Promise<number> {
  const source = resolve(call.io.cwd, call.text('pieces') ?? '');
  const files = existsSync(source) ? readdirSync(source).filter((file) => file.toLowerCase().endsWith('.wav')) : [];
  if (files.length === 0)
    throw new SpecError(`no WAV files in ${call.text('pieces')}`, 'a file for each word: 0.wav 1.wav … hundred.wav');
  const [{ wordsOfFile }, { audioOf }, { writeWav }, { reference }] = await Promise.all([
    import('../drivers/voice.ts').then(({ pieces }) => pieces()),
    import('../telephony/media/resample.ts'),
    import('../telephony/evidence/wav.ts'),
    import('../telephony/hearing/reference.ts'),
  ]);
  let made = 0;
  for (const file of files.sort()) {
    const piece = basename(file).replace(/\.wav$/i, '');
    const path = join(folder, name, piece);
    if (existsSync(`${path}.wav`) && !call.flag('force'))
      throw new SpecError(`there is a prompt ${name}/${piece}`, '--force replaces it');
    const samples = read(join(source, file), audioOf);
    try {
      reference(piece, samples);
    } catch {
      call.io.stderr.write(`left out ${file}: too short to be told apart\n`);
      continue;
    }
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(`${path}.wav`, writeWav({ rate: 8000, channels: [samples] }));
    writeFileSync(`${path}.yaml`, stringify({ text: wordsOfFile(piece), layer, taken: `${file}, ${from}` }));
    made += 1;
  }
  return made;
}

function read(path: string, audioOf: (bytes: Uint8Array, channel?: number) => Int16Array): Int16Array {
  try {
    return audioOf(readFileSync(path), 0);
  } catch (error) {
    throw new SpecError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
