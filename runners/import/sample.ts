import type { RunStarted } from '../../core/event.ts';
import type { Status } from '../../core/verdict.ts';

/** One look at one step, from elsewhere. */
export interface Imported {
  readonly journey: string;
  readonly step: string;
  /** Epoch ms. */
  readonly at: number;
  /** Absent where it failed. */
  readonly ms?: number;
  readonly failed: boolean;
  /** What shares a run: a CI job, an hour. */
  readonly batch: string;
  /** True where the file does not say when it was: the same file is the same run whenever it is read. */
  readonly undated?: boolean;
  /** Where an export of ours has it from. */
  readonly of?: {
    readonly run: string;
    readonly walk: string;
    readonly status: Status;
    readonly environment: string;
    readonly location: string;
    readonly trigger: RunStarted['trigger'];
    readonly variant: Readonly<Record<string, string>>;
    readonly commit: string;
  };
}
