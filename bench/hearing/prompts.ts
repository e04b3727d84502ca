import { Features } from '../../telephony/hearing/features.ts';
import { findEitherWay, summed } from '../../telephony/hearing/match.ts';
import { PromptListener } from '../../telephony/hearing/prompt-listener.ts';
import { sounding } from '../../telephony/hearing/reference.ts';
import { VoiceActivity } from '../../telephony/hearing/voice-activity.ts';
import { join } from '../../telephony/media/tones.ts';
import { addPink, attenuate, carried, clipped, lose, random } from '../../test/kit/sound.ts';
import type { Report } from '../report.ts';
import { at, type Change, draw, line, type Prompt, quiet, same, share } from './corpus.ts';

const lines: Readonly<Record<string, Change>> = {
  'µ-law': (pcm) => pcm,
  'loss 5 %': (pcm, seed) => lose(pcm, { share: 0.05, seed }),
  'loss 10 % in bursts of 3': (pcm, seed) => lose(pcm, { share: 0.1, burst: 3, seed }),
  'pink noise 10 dB': (pcm, seed) => addPink(pcm, { snr: 10, seed }),
  '30 dB softer': (pcm) => attenuate(pcm, 30),
  'clipped by 12 dB': (pcm) => clipped(pcm, 12),
};
/** What is missing there is made up for only by who listens: the plain score knows nothing of it. */
const narrow: Readonly<Record<string, Change>> = {
  'nothing below 600 Hz': (pcm) => carried(pcm, 600),
  '800 to 2500 Hz': (pcm) => carried(pcm, 800, 2500),
};

/** Every query against every prompt at every offset, as audio.md 2.3 has it. */
export function fingerprints(prompts: readonly Prompt[], report: Report): void {
  const features = new Features();
  for (const [name, change] of Object.entries(lines)) {
    const [own, wrong]: [number[], number[]] = [[], []];
    let [first, also, cpu, heardMs] = [0, 0, 0, 0];
    const queries = draw(prompts, 60, 1);
    for (const [n, query] of queries.entries()) {
      const { from, to } = sounding(query.pcm);
      const padded = join([quiet(1000), query.pcm.subarray(from, to), quiet(1000)]);
      const pcm = line(change(padded, n + 1)).subarray(7200, -7200);
      const heard = summed(features.of(pcm));
      const start = process.cpuUsage();
      const scores = prompts.map(({ known }) => findEitherWay(known.patch, heard).score);
      cpu += process.cpuUsage(start).user / 1000;
      heardMs += pcm.length / 8;
      const mine = Math.max(...scores.filter((_, k) => same(prompts[k]!, query)));
      const best = Math.max(...scores.filter((_, k) => !same(prompts[k]!, query)));
      own.push(mine);
      wrong.push(best);
      first += mine > best ? 1 : 0;
      also += best >= 0.88 ? 1 : 0;
    }
    const clean = name === 'µ-law' || name === 'loss 5 %' || name.startsWith('pink');
    const rank = share(first, queries.length);
    report({
      figure: `${name}: right prompt first of ${prompts.length}`,
      value: rank,
      unit: '%',
      ...(clean ? { goal: '100', holds: rank === 100 } : {}),
    });
    report({
      figure: `${name}: own score p5, and accepted at .88 (%)`,
      value: at(own, 0.05),
      unit: '',
      peer: `${share(own.filter((x) => x >= 0.88).length, own.length).toFixed(1)} %`,
    });
    report({
      figure: `${name}: best wrong prompt p95, and queries with one at .88 (%)`,
      value: at(wrong, 0.95),
      unit: '',
      peer: `${share(also, queries.length).toFixed(1)} %`,
    });
    if (name === 'µ-law')
      report({
        figure: 'search among all, CPU for a second heard',
        value: (1000 * cpu) / heardMs,
        unit: 'ms/s',
        goal: '≤ 140',
      });
  }
}

/** `sent` is what went into the line. */
function listen(prompts: readonly Prompt[], expected: readonly Prompt[], pcm: Int16Array, sent = pcm) {
  const listener = new PromptListener(
    expected.map(({ known }) => known),
    prompts.map(({ known }) => known),
  );
  const activity = new VoiceActivity({ hangMs: 300 });
  for (let n = 0; n < pcm.length; n += 800) {
    const samples = new Int16Array(pcm.subarray(n, n + 800));
    const found = listener.push(
      { at: n / 8, samples, holes: holes(samples, sent.subarray(n, n + 800)), voice: activity.push(samples) },
      n / 8 + 100,
    );
    if (found) return found;
  }
  return undefined;
}

/** Packets that did not come, as a leg would tell them. */
function holes(samples: Int16Array, sent: Int16Array): readonly (readonly [number, number])[] {
  const silent = (pcm: Int16Array, from: number) => pcm.subarray(from, from + 160).every((x) => x === 0);
  const starts = [0, 160, 320, 480, 640].filter((from) => silent(samples, from) && !silent(sent, from));
  return starts.map((from) => [from, from + 160] as const);
}

/** As a step listens: expected among all that is enrolled, chunk by chunk. */
export function listening(prompts: readonly Prompt[], report: Report): void {
  for (const [name, change] of Object.entries({ ...lines, ...narrow })) {
    const queries = draw(prompts, 40, 5);
    let [right, falsely] = [0, 0];
    const [onset, known]: [number[], number[]] = [[], []];
    for (const [n, query] of queries.entries()) {
      const sent = join([quiet(1000), query.pcm, quiet(2000)]);
      const heard = line(change(sent, n + 1));
      const found = listen(prompts, [query], heard, name in narrow ? heard : line(sent));
      if (found?.kind !== 'prompt') continue;
      right += 1;
      falsely += found.changed.length > 0 ? 1 : 0;
      onset.push(Math.abs(found.onset - 1000 - query.known.lead));
      known.push(found.knownAt - found.end);
    }
    report({
      figure: `heard while it plays, ${name}: expected prompt verified`,
      value: share(right, queries.length),
      unit: '%',
    });
    report({
      figure: `   unchanged and called changed`,
      value: share(falsely, right),
      unit: '%',
      goal: '≤ 0.2',
      holds: falsely === 0,
    });
    report({
      figure: `   onset error p95; known after its end p50`,
      value: at(onset, 0.95),
      unit: 'ms',
      goal: '≤ 60',
      holds: at(onset, 0.95) <= 60,
      peer: `${at(known, 0.5).toFixed(0)} ms`,
    });
  }
  const wrong = draw(prompts, 40, 9).map((played, n) => ({
    played,
    expected: draw(prompts, 10, 50 + n).filter((one) => !same(one, played)),
  }));
  const accepted = wrong.filter(
    ({ played, expected }) =>
      listen(prompts, expected, line(join([quiet(1000), played.pcm, quiet(2000)])))?.kind === 'prompt',
  );
  report({
    figure: 'another prompt taken for one of 10 expected',
    value: share(accepted.length, wrong.length),
    unit: '%',
    goal: '0',
    holds: accepted.length === 0,
    peer: accepted.map(({ played }) => played.name).join(' '),
  });
}

export function wording(prompts: readonly Prompt[], report: Report): void {
  const long = prompts.filter(({ known }) => known.ms >= 2000 && known.ms <= 15_000);
  const some = draw(prompts, 150, 11);
  for (const ms of [300, 500, 800]) {
    for (const name of ['µ-law', 'pink noise 10 dB', 'loss 5 %', 'nothing below 600 Hz']) {
      const next = random(ms);
      const queries = draw(long, 100, ms);
      let [found, placed] = [0, 0];
      for (const [n, query] of queries.entries()) {
        const other = long[Math.floor(next() * long.length)]!.pcm;
        const pcm = join([quiet(1000), query.pcm, quiet(2000)]);
        const from = Math.floor(next() * (query.known.ms - ms)) + query.known.lead;
        const piece = Math.floor(next() * (other.length - ms * 8));
        pcm.set(other.subarray(piece, piece + ms * 8), 8000 + Math.round(from * 8));
        const came = line((lines[name] ?? narrow[name])!(pcm, n + 1));
        const heard = listen([query, ...some], [query], came, name in narrow ? came : line(pcm));
        if (heard?.kind !== 'prompt' || heard.changed.length === 0) continue;
        found += 1;
        const middle = from - query.known.lead + ms / 2;
        placed += heard.changed.some((region) => middle > region.from - 100 && middle < region.to + 100) ? 1 : 0;
      }
      const value = share(found, queries.length);
      report({
        figure: `${ms} ms of changed wording found, ${name} (and placed)`,
        value,
        unit: '%',
        ...(ms >= 500 ? { goal: '≥ 94', holds: value >= 94 } : {}),
        peer: `${share(placed, found).toFixed(0)} % placed`,
      });
    }
  }
}
