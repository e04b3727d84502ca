import type { Part } from '../../telephony/hearing/lattice.ts';
import { sounding } from '../../telephony/hearing/reference.ts';
import { SequenceListener } from '../../telephony/hearing/sequence-listener.ts';
import { VoiceActivity } from '../../telephony/hearing/voice-activity.ts';
import { join } from '../../telephony/media/tones.ts';
import { addPink, lose, random } from '../../test/kit/sound.ts';
import type { Report } from '../report.ts';
import { type Change, line, type Prompt, quiet, share } from './corpus.ts';

const rooms: Readonly<Record<string, Change>> = {
  'µ-law': (pcm) => pcm,
  'pink noise 12 dB': (pcm, seed) => addPink(pcm, { snr: 12, seed }),
  'loss 3 %': (pcm, seed) => lose(pcm, { share: 0.03, seed }),
};

/** "You have" 4 to 7 digits "messages", of an Asterisk set of sounds: every digit right, as audio.md 3.2b counts. */
export function sequences(prompts: readonly Prompt[], report: Report): void {
  const named = (name: string) => prompts.find((one) => one.name === `${name}.wav`);
  const digits = [...'0123456789'].flatMap((digit) => named(`digits/${digit}`) ?? []);
  const [first, last] = [named('vm-youhave'), named('vm-messages')];
  if (digits.length < 10 || !first || !last) return;
  const known = new Map([...digits, first, last].map((one) => [one.name, { ...one.known, name: one.name }]));
  const parts: readonly Part[] = [
    { kind: 'fixed', names: [first.name] },
    { kind: 'slot', names: digits.map(({ name }) => name) },
    { kind: 'fixed', names: [last.name] },
  ];
  for (const [name, change] of Object.entries(rooms)) {
    const next = random(7);
    let [right, cpu, heardMs] = [0, 0, 0];
    for (let n = 0; n < 40; n++) {
      const said = Array.from({ length: 4 + Math.floor(next() * 4) }, () => digits[Math.floor(next() * 10)]!);
      const pieces = [first, ...said, last].flatMap(({ pcm }) => {
        const { from, to } = sounding(pcm);
        return [pcm.subarray(from, to), quiet(20 + Math.floor(next() * 90))];
      });
      const heard = line(change(join([quiet(1000), ...pieces, quiet(2000)]), n + 1));
      const began = process.cpuUsage();
      right += listen(parts, known, heard)?.join() === said.map((one) => one.name).join() ? 1 : 0;
      cpu += process.cpuUsage(began).user / 1000;
      heardMs += heard.length / 8;
    }
    const value = share(right, 40);
    report({ figure: `sequences of digits right, ${name}`, value, unit: '%', goal: '≥ 98.3', holds: value >= 98.3 });
    if (name === 'µ-law') report({ figure: '   CPU', value: (1000 * cpu) / heardMs, unit: 'ms/s', goal: '≤ 6' });
  }
}

function listen(parts: readonly Part[], known: ConstructorParameters<typeof SequenceListener>[1], pcm: Int16Array) {
  const listener = new SequenceListener(parts, known);
  const activity = new VoiceActivity({ hangMs: 300 });
  for (let n = 0; n < pcm.length; n += 800) {
    const samples = new Int16Array(pcm.subarray(n, n + 800));
    const found = listener.push({ at: n / 8, samples, holes: [], voice: activity.push(samples) }, n / 8);
    if (found) return found.pieces.filter(({ part }) => part === 1).map(({ name }) => name);
  }
  return undefined;
}
