import { existsSync } from 'node:fs';
import { load } from './hearing/corpus.ts';
import { music } from './hearing/music.ts';
import { fingerprints, listening, wording } from './hearing/prompts.ts';
import { sequences } from './hearing/sequences.ts';
import { digits, endpoints, tones } from './hearing/sounds.ts';
import type { Report } from './report.ts';

/** The corpus is not committed: Debian's asterisk-core-sounds-en-wav, or any folder of WAV files in THROUGHLINE_SOUNDS. */
const debian = '/usr/share/asterisk/sounds/en_US_f_Allison';

export default async function hearing(report: Report): Promise<void> {
  const folder = process.env.THROUGHLINE_SOUNDS ?? debian;
  if (!existsSync(folder)) {
    report({
      figure: `no sounds in ${folder}: apt-get install asterisk-core-sounds-en-wav`,
      value: 0,
      unit: '',
      holds: false,
    });
    return;
  }
  const prompts = load(folder);
  report({ figure: `prompts in ${folder.split('/').at(-1)}`, value: prompts.length, unit: '' });
  for (const part of [fingerprints, listening, wording, sequences, endpoints, digits, tones, music])
    part(prompts, report);
}
