import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { environment } from '../config/config.ts';
import { SpecError } from '../core/errors.ts';
import type { History } from '../core/history.ts';
import { nearest } from '../core/nearest.ts';
import type { Reporter, ReporterPart } from '../core/reporter.ts';
import type { Io } from './io.ts';

const folder = new URL('../reporters/', import.meta.url);

export interface Reporting {
  readonly io: Io;
  /** Folder of store and artefacts. */
  readonly root: string;
  readonly history?: History;
}

/** Opens the reporters named as `name` or `name=path`. Throws SpecError before anything is dialled. */
export async function openReporters(
  wanted: readonly string[],
  { io, root, history }: Reporting,
): Promise<ReadonlyMap<string, Reporter>> {
  const opened = new Map<string, Reporter>();
  try {
    for (const want of wanted) opened.set(want, await openReporter(want, { io, root, history }));
  } catch (error) {
    for (const reporter of opened.values()) await reporter[Symbol.asyncDispose]();
    throw error;
  }
  return opened;
}

async function openReporter(want: string, { io, root, history }: Reporting): Promise<Reporter> {
  const [name = '', ...rest] = want.split('=');
  const part = await partOf(name);
  const given = rest.length > 0 ? resolve(io.cwd, rest.join('=')) : undefined;
  const path = given ?? (part.defaultPath === undefined ? undefined : resolve(root, '..', part.defaultPath));
  return part.open({
    stream: io.stdout,
    tty: io.tty,
    color: io.color,
    columns: io.columns,
    root,
    env: Object.fromEntries((part.env ?? []).map((key) => [key, environment(key)])),
    now: () => Date.now(),
    ...(path === undefined ? {} : { path }),
    ...(history === undefined ? {} : { history }),
  });
}

async function partOf(name: string): Promise<ReporterPart> {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(extension))
    .map((file) => file.slice(0, -3));
  if (!names.includes(name)) {
    const close = nearest(name, names);
    throw new SpecError(
      `unknown reporter ${name}`,
      `${close ? `did you mean ${close}? ` : ''}there are ${names.join(', ')}`,
    );
  }
  return ((await import(new URL(name + extension, folder).href)) as { default: ReporterPart }).default;
}
