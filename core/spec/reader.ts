import type { Place } from '../errors.ts';
import type { ActionStep, FlowStep } from '../journey.ts';
import type { StaticNames } from './names.ts';
import type { Entry, Positioned, Problems } from './positioned.ts';
import type { Reading } from './reading.ts';

/** What every step has, whatever it does. */
export type Common = Omit<ActionStep, 'kind' | 'driver' | 'verb' | 'args' | 'placeOf' | 'name'>;

/** What reading the steps of one scope needs. */
export interface Reader {
  readonly reading: Reading;
  readonly problems: Problems;
  readonly names: StaticNames;
  readonly actors: readonly string[];
  /** In front of step names: `sign-in/` within a flow call. */
  readonly prefix: string;
  /** Names in history so far, and how often each verb was used. */
  readonly taken: Set<string>;
  readonly ordinals: Map<string, number>;
  /** Flow files being read, to find one that uses itself. */
  readonly within: readonly string[];
  readonly advice: { message: string; place: Place }[];
  readonly actor: string;
  /** Reads `finally`. */
  readonly last?: boolean;
  /** Reads `use`: the flow's own file. */
  call(action: Entry, node: Positioned, calling: Calling): FlowStep | undefined;
}

export interface Calling {
  readonly reader: Reader;
  readonly common: Common & { readonly name: string };
}
