import type { MessagePort } from 'node:worker_threads';
import type { Passband } from './features.ts';
import type { Hearing, Summary, Wanted } from './listener.ts';
import type { Reference } from './reference.ts';

/** What the hearing worker is told. */
export type Command =
  | { readonly do: 'learn'; readonly references: readonly Reference[] }
  | { readonly do: 'forget'; readonly names: readonly string[] }
  | {
      readonly do: 'listen';
      readonly id: number;
      readonly wanted: Wanted;
      readonly tap: MessagePort;
      /** What this line was found to carry before. */
      readonly passband?: Passband;
    }
  /** `after`: not before the sound until that moment was looked at, or there is no more, epoch ms. */
  | { readonly do: 'stop'; readonly id: number; readonly after?: number };

/** What it tells. */
export type Told =
  | { readonly tell: 'heard'; readonly id: number; readonly hearing: Hearing; readonly passband?: Passband }
  | { readonly tell: 'ended'; readonly id: number }
  | { readonly tell: 'broken'; readonly id: number; readonly message: string }
  | { readonly tell: 'summary'; readonly id: number; readonly summary: Summary; readonly passband?: Passband };

export interface WorkerSettings {
  readonly epochOffset: number;
}
