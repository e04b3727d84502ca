import { InBandReader } from '../../telephony/hearing/in-band.ts';
import { nameTones } from '../../telephony/hearing/tone-name.ts';
import { ToneReader } from '../../telephony/hearing/tone-reader.ts';
import { VoiceActivity } from '../../telephony/hearing/voice-activity.ts';
import { cadence, cadences, join, keyTones } from '../../telephony/media/tones.ts';
import { addNoise, addPink, attenuate, lose, random } from '../../test/kit/sound.ts';
import type { Report } from '../report.ts';
import { at, type Change, draw, line, type Prompt, quiet, share } from './corpus.ts';

export function endpoints(prompts: readonly Prompt[], report: Report): void {
  const rooms: Readonly<Record<string, Change>> = {
    'clean µ-law': (pcm) => pcm,
    'comfort noise −62 dBov': (pcm, seed) => addNoise(pcm, { power: -62, seed }),
    'pink noise 20 dB': (pcm, seed) => addPink(pcm, { snr: 20, seed }),
    'loss 5 %': (pcm, seed) => lose(pcm, { share: 0.05, seed }),
  };
  for (const [name, room] of Object.entries(rooms)) {
    const [start, end, latency]: [number[], number[], number[]] = [[], [], []];
    let [missed, split, cpu, heardMs] = [0, 0, 0, 0];
    const next = random(3);
    for (const [n, { pcm, known }] of draw(prompts, 180, 2).entries()) {
      const before = Math.round(500 + next() * 2000);
      const heard = line(room(join([quiet(before), pcm, quiet(2000)]), n + 1));
      const began = process.cpuUsage();
      const changes = new VoiceActivity().push(heard);
      cpu += process.cpuUsage(began).user / 1000;
      heardMs += heard.length / 8;
      const starts = changes.filter(({ type }) => type === 'start');
      const ends = changes.filter(({ type }) => type === 'end');
      if (starts.length === 0 || ends.length === 0) {
        missed += 1;
        continue;
      }
      split += starts.length - 1;
      const truth = before + known.lead;
      start.push(starts[0]!.at - truth);
      latency.push(starts[0]!.known - truth);
      end.push(ends.at(-1)!.at - truth - known.ms);
    }
    const quantiles = (values: readonly number[]) => [0.05, 0.5, 0.95].map((q) => at(values, q).toFixed(0)).join(' ');
    const easy = name.startsWith('clean') || name.startsWith('comfort');
    report({
      figure: `endpoint, ${name}: start error p5 p50 p95`,
      value: at(start, 0.95),
      unit: 'ms',
      peer: quantiles(start),
      ...(easy ? { goal: '≤ 30', holds: at(start, 0.95) <= 30 } : {}),
    });
    report({
      figure: `   end error p5 p50 p95`,
      value: at(end, 0.95),
      unit: 'ms',
      peer: quantiles(end),
      ...(easy ? { goal: '≤ 150', holds: at(end, 0.95) <= 150 } : {}),
    });
    report({
      figure: `   start known after onset p95; missed, split of 180`,
      value: at(latency, 0.95),
      unit: 'ms',
      peer: `${missed} missed, ${split} split`,
      ...(easy ? { goal: '≤ 60', holds: at(latency, 0.95) <= 60 } : {}),
    });
    if (easy && name.startsWith('clean'))
      report({ figure: '   CPU', value: (1000 * cpu) / heardMs, unit: 'ms/s', goal: '≤ 0.3' });
  }
}

export function digits(prompts: readonly Prompt[], report: Report): void {
  const keys = '0123456789*#ABCD'.repeat(15);
  const cases: Readonly<Record<string, Int16Array>> = {
    '100/100 ms': keyTones(keys),
    '50/50 ms': keyTones(keys, { ms: 50, gapMs: 50 }),
    '40/40 ms': keyTones(keys, { ms: 40, gapMs: 40 }),
    '30 dB softer': attenuate(keyTones(keys), 30),
    'white noise 10 dB': addNoise(keyTones(keys), { snr: 10, seed: 1 }),
    'pink noise 15 dB': addPink(keyTones(keys), { snr: 15, seed: 1 }),
    'loss 2 %': lose(keyTones(keys), { share: 0.02, seed: 1 }),
  };
  const read = (pcm: Int16Array) => new InBandReader().push(line(join([pcm, quiet(200)]))).map(({ digit }) => digit);
  for (const [name, pcm] of Object.entries(cases)) {
    const wrong = distance([...keys], read(pcm));
    report({ figure: `keys as tones, ${name}: errors in 240`, value: wrong, unit: '', goal: '0', holds: wrong === 0 });
  }
  const short = read(keyTones(keys, { ms: 24, gapMs: 100 })).length;
  report({ figure: 'keys of 24 ms taken for digits, of 240', value: short, unit: '', goal: '0', holds: short === 0 });
  const began = process.cpuUsage();
  const talkOff = prompts.reduce((sum, { pcm }) => sum + new InBandReader().push(line(pcm)).length, 0);
  const seconds = prompts.reduce((sum, { pcm }) => sum + pcm.length / 8000, 0);
  report({
    figure: `digits heard in ${(seconds / 3600).toFixed(2)} h of speech`,
    value: talkOff,
    unit: '',
    goal: '0',
    holds: talkOff === 0,
  });
  report({ figure: '   CPU', value: process.cpuUsage(began).user / 1000 / seconds, unit: 'ms/s', goal: '≤ 0.6' });
}

/** Levenshtein. */
function distance(a: readonly string[], b: readonly string[]): number {
  let row = b.map((_, n) => n + 1);
  row.unshift(0);
  for (const [n, x] of a.entries()) {
    const next = [n + 1];
    for (const [m, y] of b.entries()) next.push(Math.min(next[m]! + 1, row[m + 1]! + 1, row[m]! + (x === y ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}

export function tones(prompts: readonly Prompt[], report: Report): void {
  const rooms: Readonly<Record<string, Change>> = {
    clean: (pcm) => pcm,
    'pink noise 20 dB': (pcm, seed) => addPink(pcm, { snr: 20, seed }),
    'white noise 10 dB': (pcm, seed) => addNoise(pcm, { snr: 10, seed }),
    'loss 3 %': (pcm, seed) => lose(pcm, { share: 0.03, seed }),
  };
  const name = (pcm: Int16Array) => {
    const reader = new ToneReader();
    reader.push(line(pcm));
    return nameTones(reader.segments, pcm.length / 8).filter((tone) => tone.name !== 'beep');
  };
  const kinds = Object.entries(cadences).flatMap(([plan, list]) =>
    Object.entries(list).map(([kind, beats]) => ({
      is: plan === 'uk' && kind === 'dial' ? 'unobtainable' : kind,
      plan,
      beats,
    })),
  );
  for (const [room, change] of Object.entries(rooms)) {
    let [right, all] = [0, 0];
    for (const { is, plan, beats } of kinds) {
      for (let n = 0; n < 5; n++) {
        const pcm = attenuate(cadence(beats, is === 'dial' || is === 'unobtainable' ? 4000 : 10_000), n * 5);
        const found = name(change(join([quiet(500), pcm, quiet(500)]), n + 1));
        right += found.length === 1 && found[0]!.name === is && found[0]!.plan === plan ? 1 : 0;
        all += 1;
      }
    }
    report({
      figure: `tones named with their country, ${room}`,
      value: share(right, all),
      unit: '%',
      goal: '100',
      holds: right === all,
    });
  }
  const began = process.cpuUsage();
  const named = prompts.reduce((sum, { pcm }) => sum + name(pcm).length, 0);
  const seconds = prompts.reduce((sum, { pcm }) => sum + pcm.length / 8000, 0);
  report({
    figure: `named tones heard in ${(seconds / 3600).toFixed(2)} h of speech`,
    value: named,
    unit: '',
    goal: '0',
    holds: named === 0,
  });
  report({ figure: '   CPU', value: process.cpuUsage(began).user / 1000 / seconds, unit: 'ms/s', goal: '≤ 2.5' });
}
