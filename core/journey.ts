import type { Place } from './errors.ts';
import type { Json, JsonObject } from './json.ts';

interface StepCommon {
  /** Name in history: `id`, else verb and ordinal in its scope (`crm.expect#2`), prefixed by the flow call (`sign-in/web.fill`). Unique within the journey. */
  readonly name: string;
  readonly title?: string;
  /** Own `as`, else that of the branch, else `customer`. */
  readonly actor: string;
  /** ms */
  readonly within?: number;
  /** ms */
  readonly target?: number;
  readonly layer?: string;
  readonly owner?: string;
  /** One name for the whole result, or new name → JMESPath into the result. */
  readonly save?: string | Readonly<Record<string, string>>;
  readonly soft: boolean;
  readonly optional: boolean;
  /** Further tries after a failure. */
  readonly retry: number;
  /** JMESPath over the names in scope. */
  readonly if?: string;
  /** Former name: histories are joined. */
  readonly was?: string;
  readonly place: Place;
}

export interface ActionStep extends StepCommon {
  readonly kind: 'action';
  readonly driver: string;
  readonly verb: string;
  /** Shorthand already expanded; `${}` not yet filled. */
  readonly args: JsonObject;
  /** Where the argument at a path stands; the step's place where unknown. */
  placeOf(path: readonly (string | number)[]): Place;
}

export interface FlowStep extends StepCommon {
  readonly kind: 'use';
  readonly flow: string;
  /** Checked and defaulted inputs, `${}` not yet filled. */
  readonly with: JsonObject;
  /** Output name → template, filled in the flow's scope. */
  readonly outputs: Readonly<Record<string, Json>>;
  readonly steps: readonly Step[];
}

export interface Branch {
  readonly actor: string;
  readonly steps: readonly Step[];
}

export interface TogetherStep extends StepCommon {
  readonly kind: 'together';
  readonly branches: readonly Branch[];
}

export type Step = ActionStep | FlowStep | TogetherStep;

export interface Schedule {
  /** ms */
  readonly every?: number;
  readonly cron?: string;
  readonly timezone?: string;
  readonly locations: readonly string[];
}

export interface DataSource {
  /** Absolute path of the CSV. */
  readonly file: string;
  /** `one`: a leased row a walk; `all`: one walk a row. */
  readonly rows: 'one' | 'all';
  readonly secret: readonly string[];
  readonly columns: readonly string[];
  readonly place: Place;
}

/** Frozen data; results never live here. */
export interface Journey {
  /** Path below journeys/ without its ending. */
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly owner: string;
  readonly tags: readonly string[];
  readonly schedule?: Schedule;
  readonly data?: DataSource;
  /** Actor → driver → settings over those of the place. */
  readonly actors: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  readonly vars: JsonObject;
  readonly variant: Readonly<Record<string, string>>;
  /** Whole walk, ms. */
  readonly within?: number;
  readonly retry: number;
  readonly steps: readonly Step[];
  readonly whenever: readonly ActionStep[];
  readonly finally: readonly Step[];
  /** sha-256 (16 hex) of the journey and its flows, comments and layout left out. */
  readonly hash: string;
  /** Not wrong, but worth saying at `check`. */
  readonly advice: readonly { readonly message: string; readonly place: Place }[];
}
