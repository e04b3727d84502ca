import type { Clock } from './clock.ts';
import type { Driver } from './driver.ts';
import type { Emit, Finding, StepEnded } from './event.ts';
import type { Guard } from './guard.ts';
import type { JsonObject } from './json.ts';
import type { Secrets } from './secrets.ts';

/** All that a walk needs and does not own; made once a run by the composer. */
export interface World {
  readonly run: string;
  readonly tool: string;
  readonly environment: string;
  readonly location: string;
  readonly commit?: string;
  readonly seed: number;
  /** Folder that holds `runs/<run>/<walk>/`. */
  readonly root: string;
  /** Folder of the project. */
  readonly project: string;
  readonly drivers: ReadonlyMap<string, Driver>;
  /** Settings of a driver at this place, not yet merged with an actor's. */
  settings(driver: string): JsonObject;
  owner(layer: string): string | undefined;
  /** Link for the person on call. */
  readonly runbook?: (layer: string) => string | undefined;
  readonly config: JsonObject;
  /** Allow-listed environment variables. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly guard: Guard;
  readonly secrets: Secrets;
  /** Why a step is not to be run just now, or undefined. */
  quarantined(journey: string, step: string): string | undefined;
  /** First Ctrl-C: no further step starts, `finally` still runs. */
  readonly interrupt: AbortSignal;
  /** Second Ctrl-C: `finally` is abandoned too. */
  readonly abandon: AbortSignal;
  /** Why what is walked against is not there, through our own doing; asked when a step failed. Never rejects. */
  readonly gone?: () => Promise<string | undefined>;
  /** Limits where the journey names none, ms. */
  readonly within: { readonly step: number; readonly walk: number; readonly finally: number };
  /** Adds what the past knows to a finding; absent when there is no store. */
  judge?(finding: Finding, ended: StepEnded): Promise<Finding>;
}

/** What differs between two walks of one journey. */
export interface Leg {
  readonly walk: string;
  readonly customer: JsonObject;
  readonly row?: number;
  readonly secret: readonly string[];
}
