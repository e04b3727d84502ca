import type { Judgement, Tail } from './judgement.ts';

/** How numbers are said. */
export interface Voice {
  /** A value with its unit; three significant digits without one. */
  readonly value: (value: number) => string;
  /** A moment, epoch ms; ISO 8601 in UTC. */
  readonly time: (at: number) => string;
  /** What one series is called: series, step. */
  readonly noun: string;
}

export const plainVoice: Voice = { value: significant, time: isoTime, noun: 'series' };

export const milliseconds: Voice = {
  value: (ms) => (Math.abs(ms) >= 1000 ? `${significant(ms / 1000)} s` : `${significant(ms)} ms`),
  time: isoTime,
  noun: 'step',
};

/** Figures with their unit behind; a MOS is a number. */
export const figures = (unit: string): Voice => ({
  ...plainVoice,
  value: (value) => `${significant(value)}${unit && unit !== 'MOS' ? ` ${unit}` : ''}`,
  noun: 'step',
});

function isoTime(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

function significant(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(2);
  return size >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Signed, with a real minus; what is said as 0 has no sign. */
export function signed(value: number, text: (size: number) => string): string {
  const size = text(Math.abs(value));
  return size === '0' ? size : `${value < 0 ? '−' : '+'}${size}`;
}

/** From so many times on a ratio is said as such: +70364 % is read by nobody. */
const manyTimes = 11;

export function percent(share: number): string {
  const size = Math.abs(share) * 100;
  return size >= 9.95 ? String(Math.round(size)) : String(Number(size.toFixed(1)));
}

/** One plain sentence with numbers, interval, sample sizes and how many were looked at. An incident’s end is not in it: what was said when it began stays said. */
export function sentence(one: Judgement, voice: Voice = plainVoice): string {
  const tail = one.tail && one.type !== 'tail' ? `; ${movedTail(one.tail, voice)}` : '';
  return `${claim(one, voice)}${tail}; ${counts(one, voice)}`;
}

/** The percentile's way, with its interval, and how many lie beyond the old one. */
function movedTail({ percentile, before, after, ratio, low, high, beyond }: Tail, voice: Voice, of = ''): string {
  const moved = after.value > before.value ? 'rose' : after.value < before.value ? 'fell' : 'stayed';
  const ends =
    moved === 'stayed'
      ? `at ${voice.value(after.value)}`
      : `from ${voice.value(before.value)} to ${voice.value(after.value)}`;
  const size =
    ratio === null || low === null || high === null
      ? ''
      : ` (${signed(ratio - 1, percent)} %, 95 % CI ${signed(low - 1, percent)} to ${signed(high - 1, percent)} %)`;
  const past = beyond
    ? `, beyond the old p${percentile}: ${beyond.after.failures} of ${beyond.after.tries}, before ${beyond.before.failures} of ${beyond.before.tries}`
    : '';
  return `p${percentile}${of} ${moved} ${ends}${size}${past}`;
}

function claim(one: Judgement, voice: Voice): string {
  const name = `“${one.series.replaceAll('“', '‘').replaceAll('”', '’')}”`;
  switch (one.verdict) {
    case 'regressed':
    case 'improved':
      if (one.type === 'tail' && one.tail)
        return `${movedTail(one.tail, voice, ` of ${name}`)}, which is worse${sureness(one)}; ${effect(one, voice)}`;
      return `${name} ${movement(one, voice)}, which is ${one.verdict === 'regressed' ? 'worse' : 'better'}${sureness(one)}${settling(one, voice)}`;
    case 'unchanged':
      return one.before.median === 0 && one.difference === 0
        ? `${name} did not fail before or after`
        : `${name} stayed within ±${floorText(one, voice)}: ${effect(one, voice)}`;
    case 'undecided':
      return `undecided for ${name}: ${couldBe(one, voice)}${settling(one, voice)}`;
    case 'too-few':
      return `too few samples to tell for ${name}${settling(one, voice)}`;
  }
}

function sureness(one: Judgement): string {
  if (one.kind !== 'gate' || one.confirmed) return '';
  return one.verdict === 'regressed' ? ' (likely, not confirmed: does not fail the gate)' : ' (likely, not confirmed)';
}

function movement(one: Judgement, voice: Voice): string {
  const { before, after, at, until, type } = one;
  const since =
    at === null || one.kind === 'gate'
      ? ''
      : type === 'trend'
        ? ` in a trend from ${voice.time(at)} on`
        : ` since ${voice.time(at)}`;
  const ended = until === null || one.kind === 'incident' ? '' : ` until ${voice.time(until)}`;
  const when = `${since}${ended} (${effect(one, voice)})`;
  if (type === 'failures') {
    const share = (value: number | null) => `${percent(value ?? 0)} %`;
    const more = (one.difference ?? 0) > 0 ? 'more' : 'less';
    return `failed ${more} often, in ${share(after.median)} of tries instead of ${share(before.median)}${when}`;
  }
  const up = one.ratio === null ? (one.difference ?? 0) > 0 : one.ratio > 1;
  const from = before.median === null ? '' : ` from ${voice.value(before.median)}`;
  const to = after.median === null ? '' : ` to ${voice.value(after.median)}`;
  return `${up ? 'rose' : 'fell'}${from}${to}${when}`;
}

/** Typical value with its interval. */
function effect(one: Judgement, voice: Voice): string {
  const share = one.ratio !== null;
  const value = share ? one.ratio - 1 : one.difference;
  if (value === null) return 'no estimate';
  const { text, unit } = textOf(one, voice);
  const range = one.low === null || one.high === null ? 'interval unbounded' : `95 % CI ${between(one, voice)}`;
  if (share && one.ratio >= manyTimes) return `typical value ×${significant(one.ratio)}, ${range}`;
  return `${share ? 'typical value ' : ''}${signed(value, text)}${unit}, ${range}`;
}

/** A number, and the unit that is said once behind it. */
function textOf(one: Judgement, voice: Voice): { readonly text: (size: number) => string; readonly unit: string } {
  if (one.ratio !== null) return { text: percent, unit: ' %' };
  return one.type === 'failures' || one.after.median === null
    ? { text: percent, unit: ' points' }
    : { text: voice.value, unit: '' };
}

function between(one: Judgement, voice: Voice): string {
  if (one.ratio !== null && one.ratio >= manyTimes) return `×${significant(one.low!)} to ×${significant(one.high!)}`;
  const { text, unit } = textOf(one, voice);
  const offset = one.ratio !== null ? 1 : 0;
  return `${signed(one.low! - offset, text)} to ${signed(one.high! - offset, text)}${unit}`;
}

/** Where the truth may lie of what is undecided. */
export function couldBe(one: Judgement, voice: Voice): string {
  if (one.low === null || one.high === null) return 'the interval is unbounded';
  return `could be ${between(one, voice)}`;
}

function settling({ settle, ratio }: Judgement, voice: Voice): string {
  if (!settle) return '';
  const width = ratio !== null ? `${percent(settle.within)} %` : voice.value(settle.within);
  const jobs = settle.jobs === 1 ? '1 job' : `${settle.jobs} jobs`;
  return `; about ${settle.runs} runs in ${jobs} would settle ±${width}`;
}

function floorText(one: Judgement, voice: Voice): string {
  return one.ratio !== null ? `${percent(one.floor)} %` : voice.value(one.floor);
}

function counts(one: Judgement, voice: Voice): string {
  const { size, flagged, rule, level } = one.family;
  const groups = `${one.before.n}${one.type === 'failures' ? ' tries' : ''} before, ${one.after.n} after`;
  const noted = one.notes.length > 0 ? `; ${one.notes.join('; ')}` : '';
  if (rule === 'alone') return `${groups}; judged alone at a false-alarm rate of ${percent(level)} %${noted}`;
  const many = size === 1 ? `1 comparison` : `${flagged} of ${size} comparisons`;
  const told = size === 1 ? 'looked at 1 comparison' : `${many} flagged`;
  return `${groups}; ${told} at a false discovery rate of ${percent(level)} % (${rule})${noted}`.replace(
    'comparisons',
    voice.noun === 'step' ? 'comparisons of steps' : 'comparisons',
  );
}
