import { z } from 'zod';
import type { Judgement, Tail } from '../../judge/judgement.ts';

const moment = z.number().nullable();
const group = z.object({ n: z.int().min(0), median: z.number().nullable() });

const opinion = z.object({
  verdict: z.enum(['regressed', 'improved', 'unchanged', 'undecided', 'too-few']),
  confirmed: z.boolean().describe('only a confirmed regression ends with exit 4; always true outside gates'),
  type: z
    .enum(['step', 'spike', 'trend', 'went-away', 'failures', 'tail'])
    .nullable()
    .describe(
      'tail: the slowest twentieth got worse, the typical value did not; ratio and interval are those of the typical value',
    ),
  before: group,
  after: group,
  ratio: z
    .number()
    .nullable()
    .describe('after / before: 1.05 is +5 %; null on the linear scale, for failures and where infinite'),
  low: z.number().nullable().describe('95 % interval of ratio; of difference where ratio is null by scale'),
  high: z.number().nullable(),
  difference: z
    .number()
    .nullable()
    .describe('after - before in the unit of the values, or in shares for failures; null on the log scale'),
  p: z.number().nullable().describe('one-sided p-value before the family was allowed for'),
  e: z.number().nullable().describe('e-value, for judgements that may be looked at at any time'),
});

/** One line of `analyze --json`. */
export const findingLine = opinion
  .extend({
    series: z.string(),
    kind: z.enum(['gate', 'marker', 'history', 'incident']),
    at: moment.describe(
      'epoch ms, a timestamp of the series: the first sample of the new level; null when nothing changed',
    ),
    detected: moment.describe('epoch ms, the sample at which it was said; never before at'),
    until: moment.describe('epoch ms, the first normal sample again; null while it lasts'),
    scale: z.enum(['log', 'linear']),
    family: z.object({ size: z.int(), flagged: z.int(), rule: z.enum(['BH', 'e-BH', 'alone']), level: z.number() }),
    noise: z.object({ sigma: z.number(), tau: z.number(), inflation: z.number() }),
    floor: z.number(),
    settle: z.object({ runs: z.int(), jobs: z.int(), within: z.number() }).nullable(),
    notes: z.array(z.string()).describe('what was corrected for or left out'),
    tail: z
      .object({
        percentile: z.union([z.literal(95), z.literal(5)]),
        before: z.object({ n: z.int(), value: z.number() }),
        after: z.object({ n: z.int(), value: z.number() }),
        ratio: z.number().nullable(),
        low: z.number().nullable(),
        high: z.number().nullable(),
      })
      .optional()
      .describe('gate, of what is found, from 60 samples a side: the bad end of the series with its 95 % interval'),
    details: z.object({ values: opinion, failures: opinion }).optional(),
    sentence: z.string(),
  })
  .meta({ title: 'finding' });

/** The last line. */
export const summaryLine = z
  .object({
    summary: z.literal(true),
    series: z.int().describe('all series of the file, too short ones too'),
    samples: z.int().describe('rows with a value or an outcome'),
    skipped: z
      .int()
      .describe('rows that were not judged: missing, left out by the log scale, or on neither side of a gate'),
    findings: z.int().describe('lines with regressed or improved'),
    family: z.string().describe('what was held to account together, and at which rate'),
    notes: z.array(z.string()),
  })
  .meta({ title: 'summary' });

/** JSON schema (draft-07) of any line of `analyze --json`, published as docs/guide/analyze.schema.json. */
export function outputSchema() {
  const lines = z.union([findingLine, summaryLine]).meta({ title: 'a line of throughline analyze --json' });
  return z.toJSONSchema(lines, { target: 'draft-7', io: 'input' });
}

export type FindingLine = z.infer<typeof findingLine>;
export type SummaryLine = z.infer<typeof summaryLine>;

const round = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(10)) : 0);
const rounded = (value: number | null): number | null =>
  value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(10));

function opinionOf(one: Judgement) {
  return {
    verdict: one.verdict,
    confirmed: one.confirmed,
    type: one.type,
    before: { n: one.before.n, median: one.before.median },
    after: { n: one.after.n, median: one.after.median },
    ratio: rounded(one.ratio),
    low: rounded(one.low),
    high: rounded(one.high),
    difference: rounded(one.difference),
    p: rounded(one.p),
    e: one.e === null ? null : rounded(Math.min(one.e, Number.MAX_VALUE)),
  };
}

const tailOf = ({ percentile, before, after, ratio, low, high }: Tail) => ({
  percentile,
  before: { ...before },
  after: { ...after },
  ratio: rounded(ratio),
  low: rounded(low),
  high: rounded(high),
});

export function lineOf(one: Judgement, sentence: string): FindingLine {
  const { verdict, type, before, after, ratio, low, high, ...rest } = opinionOf(one);
  return {
    series: one.series,
    kind: one.kind,
    verdict,
    at: one.at,
    detected: one.detected,
    until: one.until,
    type,
    before,
    after,
    ratio,
    low,
    high,
    ...rest,
    scale: one.scale,
    family: { ...one.family },
    noise: { sigma: round(one.noise.sigma), tau: round(one.noise.tau), inflation: round(one.noise.inflation) },
    floor: round(one.floor),
    settle: one.settle && { ...one.settle, within: round(one.settle.within) },
    notes: [...one.notes],
    ...(one.tail ? { tail: tailOf(one.tail) } : {}),
    ...(one.details
      ? { details: { values: opinionOf(one.details.values), failures: opinionOf(one.details.failures) } }
      : {}),
    sentence,
  };
}
