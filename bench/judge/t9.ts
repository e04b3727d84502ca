import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commonMode, layerEnrichment } from '../../judge/attribution.ts';
import { judgeGate } from '../../judge/gate.ts';
import { judgeHistory } from '../../judge/history.ts';
import { LevelWatch } from '../../judge/level-watch.ts';
import { judgeMarker } from '../../judge/marker.ts';
import type { Pair } from '../../judge/pair.ts';
import { wallOf } from '../../judge/season.ts';
import { judgeTail } from '../../judge/tail.ts';
import { sentence } from '../../judge/words.ts';
import type { Report } from '../report.ts';
import { type Course, course, dice } from './world.ts';

const hour = 3_600_000;
const start = Date.UTC(2026, 0, 5);
const samples = 300;
const at = 228;

function made(seed: number, count: number, world: Pick<Course, 'ar' | 'season'>) {
  const throws = dice(seed);
  return Array.from({ length: count }, (_, i) => ({
    series: `s${i}`,
    better: 'lower' as const,
    scale: 'log' as const,
    times: Float64Array.from({ length: samples }, (_, k) => start + k * hour),
    values: course(throws, { n: samples, sigma: 0.15, ...world, changes: i % 10 === 0 ? [{ at, size: 0.5 }] : [] }),
  }));
}

/** A full report over steps: gate with tails, marker, history, common mode, layers and every sentence. */
function everything(courses: ReturnType<typeof made>): number {
  const options = { at: start + at * hour, floor: 0.05, wall: wallOf('UTC') };
  const batch = (k: number) => `h${Math.floor(k / 5)}`;
  const pairs = courses.map(({ series, scale, better, values }): Pair => {
    const [old, fresh] = [values.subarray(0, at), values.subarray(at)];
    const side = (part: Float64Array, from: number) => ({
      values: part,
      batches: Array.from(part, (_, k) => batch(k + from)),
    });
    return { series, scale, better, baseline: side(old, 0), candidate: side(fresh, at), from: 0, to: 1 };
  });
  const judged = [
    ...judgeGate(pairs, options),
    ...judgeMarker(
      courses.map((one) => new LevelWatch(one, options)),
      options,
    ),
    ...courses.flatMap((one) => judgeHistory(one, { alpha: 0.01, floor: 0.05 })),
  ];
  const tails = pairs.map(judgeTail);
  const gate = judged.slice(0, courses.length);
  commonMode(gate, 0.05);
  layerEnrichment(gate.map(({ series, verdict }, i) => ({ step: series, verdict, layers: [`l${i % 7}`] })));
  return judged.map((one) => sentence(one)).length + tails.length;
}

/** T9: what judging costs, on one core. */
export async function speed(report: Report): Promise<void> {
  const courses = made(900, 200, { ar: 0.4, season: 0.2 });
  const begun = performance.now();
  everything(courses);
  const seconds = (performance.now() - begun) / 1000;
  report({
    figure: `T9 gate, tails, marker, history, layers and words of 200 steps × ${samples} samples`,
    value: seconds,
    unit: 's',
    goal: '< 2',
    holds: seconds < 2,
  });
  const folder = await mkdtemp(join(tmpdir(), 'analyze-'));
  const file = join(folder, 'series.csv');
  const rows = made(901, 1000, { ar: 0.2 }).flatMap(({ series, times, values }) =>
    Array.from(values, (value, i) => `${series},${times[i]},${value}`),
  );
  await writeFile(file, `series,timestamp,value\n${rows.join('\n')}\n`);
  const asked = performance.now();
  const bin = fileURLToPath(new URL('../../bin/throughline.mjs', import.meta.url));
  const out = await new Promise<string>((resolve) => {
    const words = [bin, 'analyze', file, '--kind', 'history', '--json'];
    execFile(process.execPath, words, { maxBuffer: 1 << 26 }, (_, stdout) => resolve(stdout));
  });
  const whole = (performance.now() - asked) / 1000;
  await rm(folder, { recursive: true });
  const { series } = JSON.parse(out.trimEnd().split('\n').at(-1) || '{}');
  report({
    figure: `analyze --kind history over 1,000 series of ${samples} samples, process and all`,
    value: whole,
    unit: 's',
    goal: '< 20',
    holds: series === 1000 && whole < 20,
  });
}
