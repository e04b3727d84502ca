import { cadences, type Plan, type Progress } from '../media/tones.ts';
import { sameTone, type ToneSegment } from './tone-reader.ts';

export type ToneName = Progress | 'unobtainable' | 'information' | 'fax' | 'modem' | 'beep';

/** A tone with a name; ms from the first sample. */
export interface NamedTone {
  readonly name: ToneName;
  readonly plan?: Plan;
  readonly from: number;
  /** When it could be told. */
  readonly known: number;
  readonly hz: readonly number[];
}

const near = (ms: number, due: number): boolean => Math.abs(ms - due) <= Math.max(40, due * 0.12);
const continuous = 2600;

/** Names what call progress plays, the newest first to be told; unnamed tones stay unnamed. `heard` is how far was listened, ms. */
export function nameTones(segments: readonly ToneSegment[], heard: number): readonly NamedTone[] {
  const found: NamedTone[] = [];
  for (const [n, segment] of segments.entries()) {
    const tone =
      lasting(segment) ??
      special(segments, n) ??
      fax(segment) ??
      progress(segments, n, heard) ??
      beep(segments, n, heard);
    if (!tone || (tone.name === 'beep' && found.some((one) => isPart(tone, one)))) continue;
    if (breaksOff(segments, n) && found.some((one) => one.name !== tone.name && repeats(one, tone))) continue;
    if (!found.some((one) => one.name === tone.name && samePlan(one, tone) && repeats(one, tone))) found.push(tone);
  }
  return found;
}

/** The same cadence going on is one tone. */
const repeats = (one: NamedTone, again: NamedTone): boolean => one.name !== 'beep' && sameTone(one.hz, again.hz);

const samePlan = ({ plan: one }: NamedTone, { plan: again }: NamedTone): boolean =>
  one === undefined || again === undefined || one === again;

/** One of an even cadence that goes on from before and is cut short, not the uneven beginning of another. */
function breaksOff(segments: readonly ToneSegment[], n: number): boolean {
  const [before, segment, next] = [segments[n - 1], segments[n]!, segments[n + 1]];
  if (!before || !next || segments[n + 2] || !sameTone(before.hz, segment.hz)) return false;
  return near(length(before), length(segment)) && near(segment.from - before.to, next.from - segment.to);
}

/** A piece of something that has a better name. */
const isPart = (beep: NamedTone, one: NamedTone): boolean =>
  one.name !== 'beep' && (sameTone(one.hz, beep.hz) || (one.name === 'information' && beep.from - one.from < 1300));

const named = (name: ToneName, { from, hz }: ToneSegment, known: number, plan?: Plan): NamedTone => ({
  name,
  ...(plan ? { plan } : {}),
  from,
  known,
  hz,
});

function lasting(segment: ToneSegment): NamedTone | undefined {
  if (segment.to - segment.from < continuous) return undefined;
  const known = segment.from + continuous;
  if (sameTone(segment.hz, [350, 440])) return named('dial', segment, known, 'us');
  if (sameTone(segment.hz, [400])) return named('unobtainable', segment, known, 'uk');
  if (sameTone(segment.hz, [425])) return named('dial', segment, known, 'europe');
  return undefined;
}

const rising = [
  [880, 1010],
  [1320, 1480],
  [1730, 1830],
] as const;

/** Three rising tones before an announcement (ITU-T E.180). */
function special(segments: readonly ToneSegment[], n: number): NamedTone | undefined {
  const rises = rising.every(([low, high], k) => {
    const [hz, more] = segments[n + k]?.hz ?? [];
    return hz !== undefined && more === undefined && hz >= low && hz <= high;
  });
  const [first, last] = [segments[n]!, segments[n + 2]];
  return rises && last && last.to - first.from < 1300 ? named('information', first, last.to) : undefined;
}

function fax(segment: ToneSegment): NamedTone | undefined {
  const length = segment.to - segment.from;
  if (!segment.open && near(length, 500) && sameTone(segment.hz, [1100])) return named('fax', segment, segment.to);
  return length >= 2000 && sameTone(segment.hz, [2100]) ? named('modem', segment, segment.from + 2000) : undefined;
}

const patterns = (Object.entries(cadences) as [Plan, (typeof cadences)[Plan]][]).flatMap(([plan, tones]) =>
  (Object.entries(tones) as [Progress, NonNullable<(typeof tones)[Progress]>][])
    .filter(([name]) => name !== 'dial')
    .map(([name, beats]) => ({ plan, name, hz: beats[0]!.hz, beats: beats.map(({ ms }) => ms) })),
);

/** A cadence is told once one tone and the silence after it fit, where that is enough; congestion and busy need two. */
function progress(segments: readonly ToneSegment[], n: number, heard: number): NamedTone | undefined {
  const segment = segments[n]!;
  for (const { plan, name, hz, beats } of patterns) {
    if (!sameTone(segment.hz, hz)) continue;
    const known = fits(segments, n, { beats, heard });
    if (known !== undefined) return named(name, segment, known, plan);
  }
  return elsewhere(segments, n, heard);
}

/** What other countries play: the same kinds of cadence at 330 to 500 Hz, of other lengths (E.180 supplement 2). */
function elsewhere(segments: readonly ToneSegment[], n: number, heard: number): NamedTone | undefined {
  const segment = segments[n]!;
  if (segment.open || segment.hz.length === 0 || segment.hz.some((hz) => hz < 330 || hz > 500)) return undefined;
  const on = length(segment);
  const after = (k: number) => (segments[k + 1]?.from ?? heard) - segments[k]!.to;
  const next = segments[n + 1];
  const again = next && !next.open && sameTone(next.hz, segment.hz) ? next : undefined;
  if (on >= 700 && on <= 2200 && after(n) >= 1800) return named('ringback', segment, segment.to + 1800);
  if (!again) return undefined;
  const bursts = on >= 300 && on <= 500 && near(length(again), on) && after(n) >= 130 && after(n) <= 300;
  if (bursts && after(n + 1) >= 1500) return named('ringback', segment, again.to + 1500);
  // A third is waited for: by then a plan's own cadence would have been told.
  const third = segments[n + 2];
  const even = third && near(length(again), on) && near(after(n), on) && near(after(n + 1), on);
  if (!even || on < 140 || on > 620) return undefined;
  return named(on < 300 ? 'congestion' : 'busy', segment, again.to + on);
}

const length = ({ from, to }: ToneSegment): number => to - from;

function fits(
  segments: readonly ToneSegment[],
  n: number,
  { beats, heard }: { readonly beats: readonly number[]; readonly heard: number },
): number | undefined {
  const wanted = beats.length === 2 && beats[0]! <= 500 ? 2 : beats.length / 2;
  let known = 0;
  for (let k = 0; k < wanted; k++) {
    const segment = segments[n + k];
    const [on, off] = [beats[(2 * k) % beats.length]!, beats[(2 * k + 1) % beats.length]!];
    if (!segment || segment.open || !sameTone(segment.hz, segments[n]!.hz)) return undefined;
    if (!near(length(segment), on)) return undefined;
    const next = segments[n + k + 1];
    const gap = (next?.from ?? heard) - segment.to;
    // A long silence need not be waited for to its end where nothing else is so long.
    const enough = next ? near(gap, off) : k === wanted - 1 ? gap >= Math.min(off * 0.9, 700) : false;
    if (!enough) return undefined;
    known = segment.to + Math.min(off * 0.9, 700);
  }
  return known;
}

/** One pure steady tone with quiet after it: counts only where a journey awaits one. */
function beep(segments: readonly ToneSegment[], n: number, heard: number): NamedTone | undefined {
  const segment = segments[n]!;
  const length = segment.to - segment.from;
  const [hz, ...more] = segment.hz;
  if (segment.open || hz === undefined || more.length > 0 || hz < 350 || hz > 3000 || length < 110 || length > 2500)
    return undefined;
  if (segment.purity <= 0.88 || segment.wander.hz >= 6 || segment.wander.db >= 1.5) return undefined;
  const quiet = (segments[n + 1]?.from ?? heard) - segment.to;
  return quiet >= 100 ? named('beep', segment, segment.to + 100) : undefined;
}
