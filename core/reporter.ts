import type { Event } from './event.ts';
import type { History } from './history.ts';

/** Listens to the one stream, live or replayed. `on` must not block (5 ms at most); disposing flushes and may take its time. */
export interface Reporter extends AsyncDisposable {
  on(event: Event): void;
}

export interface ReporterPlace {
  /** `--reporter html=PATH`; absent: the part's own default. */
  readonly path?: string;
  /** Standard output of the command. */
  readonly stream: { write(text: string): unknown };
  readonly tty: boolean;
  readonly color: boolean;
  readonly columns: number;
  /** Absolute folder that artefact paths (`walk.started.folder`) are relative to. */
  readonly root: string;
  readonly history?: History;
  /** Environment variables the reporter declared in `env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
}

/** A part in reporters/: one file, one default export; its file name is its name. */
export interface ReporterPart {
  readonly about: string;
  /** File written when `=path` is not given; absent: standard output. */
  readonly defaultPath?: string;
  /** Environment variables it reads (GITHUB_STEP_SUMMARY, ...). */
  readonly env?: readonly string[];
  open(place: ReporterPlace): Reporter | Promise<Reporter>;
}
