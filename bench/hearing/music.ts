import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { MusicReader } from '../../telephony/hearing/music-reader.ts';
import { audioOf } from '../../telephony/media/resample.ts';
import { addPink, lose } from '../../test/kit/sound.ts';
import type { Report } from '../report.ts';
import { at, type Change, line, type Prompt, share } from './corpus.ts';

/** Debian's asterisk-moh-opsound-wav, or any folder of WAV files in THROUGHLINE_MUSIC. */
const folder = process.env.THROUGHLINE_MUSIC ?? '/usr/share/asterisk/moh';

const rooms: Readonly<Record<string, Change>> = {
  'µ-law': (pcm) => pcm,
  'pink noise 10 dB': (pcm, seed) => addPink(pcm, { snr: 10, seed }),
  'loss 5 %': (pcm, seed) => lose(pcm, { share: 0.05, seed }),
};

/** ms until it is known that this is music. */
function known(pcm: Int16Array): number | undefined {
  const reader = new MusicReader();
  for (let n = 0; n < pcm.length; n += 800) {
    reader.push(pcm.subarray(n, n + 800));
    if (reader.from !== undefined) return (n + 800) / 8;
  }
  return undefined;
}

/** Hold music from every tenth second on, and all that is spoken. */
export function music(prompts: readonly Prompt[], report: Report): void {
  if (existsSync(folder)) {
    const parts = readdirSync(folder)
      .filter((file) => file.endsWith('.wav'))
      .flatMap((file) => {
        const pcm = audioOf(readFileSync(`${folder}/${file}`));
        return Array.from({ length: Math.floor(pcm.length / 80_000) }, (_, n) =>
          pcm.subarray(n * 80_000, (n + 1) * 80_000),
        );
      });
    for (const [room, change] of Object.entries(rooms)) {
      const found = parts.flatMap((pcm, n) => known(line(change(pcm, n + 1))) ?? []);
      const value = share(found.length, parts.length);
      report({
        figure: `music on hold told within 10 s, ${room}; after p50 and p95`,
        value,
        unit: '%',
        goal: '≥ 95',
        holds: value >= 95,
        peer: `${at(found, 0.5)} ${at(found, 0.95)} ms of ${parts.length}`,
      });
    }
  }
  const began = process.cpuUsage();
  const taken = prompts.filter(({ pcm }) => known(line(pcm)) !== undefined).length;
  const seconds = prompts.reduce((sum, { pcm }) => sum + pcm.length / 8000, 0);
  report({
    figure: `prompts taken for music in ${(seconds / 3600).toFixed(2)} h of speech`,
    value: taken,
    unit: '',
    goal: '0',
    holds: taken === 0,
  });
  report({ figure: '   CPU', value: process.cpuUsage(began).user / 1000 / seconds, unit: 'ms/s' });
}
