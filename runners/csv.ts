/** A field of a CSV as RFC 4180 §2 has it. */
export const field = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export const row = (fields: readonly (string | number | null | undefined)[]) =>
  `${fields.map((one) => field(one === null || one === undefined ? '' : String(one))).join(',')}\n`;

/** What `history --csv` and `export` write of a look at a step: `analyze` reads the first five, `import` all. Columns are only ever added. */
export const sampleColumns = [
  'series',
  'timestamp',
  'value',
  'batch',
  'outcome',
  'journey',
  'step',
  'environment',
  'location',
  'trigger',
  'variant',
  'run',
  'walk',
  'status',
  'commit',
] as const;

export interface Look {
  /** Of the file: places of one step apart. */
  readonly series: string;
  readonly journey: string;
  readonly step: string;
  readonly environment: string;
  readonly location: string;
  readonly trigger: string;
  /** As the store has it: JSON of pairs. */
  readonly variant: string;
  readonly at: number;
  readonly ms: number | null;
  readonly batch: string;
  readonly run: string;
  readonly walk: string;
  readonly status: string;
  readonly commit: string | null;
}

export function sampleRow({ at, ms, status, ...look }: Look): string {
  const { series, batch, journey, step, environment, location, trigger, variant, run, walk, commit } = look;
  const outcome = ms === null ? 'failed' : 'passed';
  const place = [journey, step, environment, location, trigger, variant === '[]' ? '' : variant];
  return row([series, at, ms, batch, outcome, ...place, run, walk, status, commit]);
}

interface Of {
  readonly journey: string;
  readonly step: string;
  readonly environment: string;
  readonly location: string;
  readonly trigger: string;
  readonly variant: string;
}

/** `journey step`; with its place where the file holds several of them. */
export function seriesNames<S extends Of>(all: readonly S[]): ReadonlyMap<S, string> {
  const many = Map.groupBy(all, ({ journey, step }) => `${journey} ${step}`);
  return new Map(
    [...many].flatMap(([name, some]) =>
      some.map((one): [S, string] => {
        const { environment, location, trigger, variant } = one;
        const place = [environment, location, trigger, ...(variant === '[]' ? [] : [variant])].join(' ');
        return [one, some.length > 1 ? `${name} @ ${place}` : name];
      }),
    ),
  );
}
