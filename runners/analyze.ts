import { createReadStream } from 'node:fs';
import { problemLine, SpecError } from '../core/errors.ts';
import { exits } from '../core/verdict.ts';
import type { Judgement } from '../judge/judgement.ts';
import { plainVoice, sentence } from '../judge/words.ts';
import { Unreadable } from './analyze/faults.ts';
import { analyzeGate } from './analyze/gate.ts';
import { analyzeHistory } from './analyze/history.ts';
import { analyzeIncidents } from './analyze/incident.ts';
import { lineOf, type SummaryLine } from './analyze/line.ts';
import { analyzeMarker } from './analyze/marker.ts';
import type { Request } from './analyze/request.ts';
import type { Table } from './analyze/rows.ts';
import { readTable } from './analyze/table.ts';
import type { Io } from './io.ts';

/** Judges the numbers of a file or of stdin (`-`). Resolves to 0, 4 when something is confirmed worse, 2 for unreadable input. */
export async function analyze(
  name: string,
  request: Request,
  { io, json }: { readonly io: Io; readonly json: boolean },
): Promise<number> {
  let table: Table;
  try {
    table = await readTable(sourceOf(name, io), {
      file: name === '-' ? '<stdin>' : name,
      progress: (rows) => io.stderr.write(`${rows} rows read\n`),
    });
  } catch (error) {
    if (error instanceof Unreadable) return complain(error, io);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new SpecError(`${name} cannot be read: ${message}`);
  }
  const { judgements, left } = judge(table, request);
  const lines = judgements.map((one) => lineOf(one, sentence(one)));
  const summary = summarize(table, { judgements, left, request });
  if (json) {
    for (const line of lines) io.stdout.write(`${JSON.stringify(line)}\n`);
    io.stdout.write(`${JSON.stringify(summary)}\n`);
  } else tell(judgements, summary, io);
  return judgements.some((one) => one.verdict === 'regressed' && one.confirmed) ? exits.regressed : exits.passed;
}

function sourceOf(name: string, io: Io): AsyncIterable<Uint8Array | string> {
  return name === '-'
    ? (io.stdin as AsyncIterable<Uint8Array | string>)
    : createReadStream(name, { highWaterMark: 1 << 18 });
}

function complain({ problems, more }: Unreadable, io: Io): number {
  for (const problem of problems) io.stderr.write(`${problemLine(problem)}\n`);
  if (more > 0) io.stderr.write(`and ${more} more ${more === 1 ? 'fault' : 'faults'}\n`);
  return exits.usage;
}

interface Judged {
  readonly judgements: readonly Judgement[];
  /** Samples left out. */
  readonly left: number;
}

function judge(table: Table, request: Request): Judged {
  switch (request.kind) {
    case 'gate':
      return analyzeGate(table, request);
    case 'marker':
      return analyzeMarker(table, request);
    case 'history':
      return analyzeHistory(table, request);
    case 'incident':
      return analyzeIncidents(table, request);
  }
}

function summarize(table: Table, { judgements, left, request }: Judged & { readonly request: Request }): SummaryLine {
  const found = judgements.filter(({ verdict }) => verdict === 'regressed' || verdict === 'improved').length;
  const samples = table.rows - table.missing;
  const together = request.kind === 'gate' || request.kind === 'marker';
  const family = together
    ? `${counted(judgements[0]?.family.size ?? 0, 'comparison')} at a false discovery rate of 5 % (${request.kind === 'gate' ? 'BH, confirmed at 1 %' : 'e-BH'})`
    : `each series alone at a false-alarm rate of ${Number((request.alpha * 100).toPrecision(3))} %${request.kind === 'incident' ? ' in 72 samples' : ''}`;
  const notes = [
    ...(table.missing > 0 ? [counted(table.missing, 'missing sample')] : []),
    ...(left > 0 ? [`${counted(left, 'sample')} left out`] : []),
    ...(table.repeats > 0
      ? [
          table.repeats === 1
            ? '1 row repeats another one exactly and counts as a sample of its own'
            : `${table.repeats} rows repeat others exactly and count as samples of their own`,
        ]
      : []),
  ];
  return {
    summary: true,
    series: table.series.length,
    samples,
    skipped: table.missing + left,
    findings: found,
    family,
    notes,
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const marks = { regressed: '✕', improved: '✓', unchanged: '✓', undecided: '○', 'too-few': '○' } as const;
const listed = 20;

/** When an incident ended, for people. */
function over({ kind, until }: Judgement): string {
  return kind === 'incident' && until !== null ? `; over at ${plainVoice.time(until)}` : '';
}

function tell(judgements: readonly Judgement[], summary: SummaryLine, io: Io): void {
  const told = judgements.filter(({ verdict }) => verdict === 'regressed' || verdict === 'improved');
  const rest = judgements.filter(({ verdict }) => verdict !== 'regressed' && verdict !== 'improved');
  for (const one of [...told, ...rest.slice(0, listed)])
    io.stdout.write(`${marks[one.verdict]} ${sentence(one)}${over(one)}\n`);
  if (rest.length > listed) {
    const count = (verdict: string) => rest.slice(listed).filter((one) => one.verdict === verdict).length;
    const words = ['unchanged', 'undecided', 'too-few'].map(
      (verdict) => `${count(verdict)} ${verdict.replace('-', ' ')}`,
    );
    io.stdout.write(`  and ${rest.length - listed} more without a finding: ${words.join(', ')} (--json shows all)\n`);
  }
  const { series, samples, findings } = summary;
  const noted = summary.notes.length > 0 ? `; ${summary.notes.join('; ')}` : '';
  const seen = `${counted(findings, 'finding')} in ${series} series, ${counted(samples, 'sample')}`;
  io.stdout.write(`${seen}; ${summary.family}${noted}\n`);
}
