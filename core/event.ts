import type { Place } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import type { Status } from './verdict.ts';

/** Notes are what an action saw or made while it ran. `metric`: one a second and name at most. */
export type Note =
  | {
      readonly type: 'metric';
      readonly name: string;
      readonly value: number;
      readonly unit: string;
      readonly better?: 'lower' | 'higher';
    }
  | {
      readonly type: 'talk';
      readonly who: string;
      readonly text: string;
      readonly ours: boolean;
      readonly at: number;
      readonly about?: string;
    }
  /** `path` is relative to the walk's folder; `title` is what people read; `at`: when a recording begins. */
  | {
      readonly type: 'file';
      readonly path: string;
      readonly mime: string;
      readonly title?: string;
      readonly at?: number;
    }
  | { readonly type: 'ref'; readonly system: string; readonly id: string; readonly url?: string }
  /** Something made elsewhere: `sweep` forgets it by `driver` and `record` after a crash. */
  | { readonly type: 'made'; readonly driver: string; readonly record: JsonObject }
  | { readonly type: 'forgotten'; readonly driver: string; readonly record: JsonObject };

/** Why a step did not pass. `failure`: they; `spec`: you; `broken`: us. */
export interface Trouble {
  readonly kind: 'failure' | 'spec' | 'broken';
  readonly message: string;
  readonly expected?: string;
  readonly came?: string;
  readonly hint?: string;
  readonly details?: Json;
  readonly stack?: string;
}

export interface LayerInfo {
  readonly name: string;
  readonly owner: string;
  readonly dependsOn: readonly string[];
  readonly runbook?: string;
}

export interface Change {
  readonly name: string;
  readonly at: number;
  readonly until?: number;
  readonly by?: string;
  readonly scope?: readonly string[];
}

/** One thing worth telling. `sentence` is the same in console, JUnit, HTML and alert. */
export interface Finding {
  readonly kind: 'step' | 'gate' | 'band' | 'marker' | 'incident' | 'history';
  readonly status: Status | 'regressed' | 'improved' | 'undecided' | 'too-few';
  readonly journey: string;
  readonly step: string;
  readonly title: string;
  readonly layer: string;
  readonly owner: string;
  readonly sentence: string;
  /** Whose fault a failed or broken step is. */
  readonly trouble?: Trouble['kind'];
  /** What whoever found the trouble says to do about it. */
  readonly hint?: string;
  readonly lastGood?: { readonly run: string; readonly at: number };
  readonly changes?: readonly Change[];
  readonly runbook?: string;
  /** Numbers behind the sentence, and what a chart needs. */
  readonly details?: JsonObject;
}

interface Head {
  readonly v: 1;
  /** Epoch ms. */
  readonly at: number;
  readonly run: string;
  /** Counts within the run, from 1. */
  readonly seq: number;
}
interface OfWalk extends Head {
  readonly walk: string;
  readonly journey: string;
}
interface OfAttempt extends OfWalk {
  /** From 1. */
  readonly attempt: number;
}
interface OfStep extends OfAttempt {
  /** The step's name in history; unique within the journey. */
  readonly step: string;
  /** The flow call or `together` it stands in. */
  readonly parent?: string;
  readonly actor: string;
}

export interface RunStarted extends Head {
  readonly type: 'run.started';
  readonly tool: string;
  readonly environment: string;
  readonly location: string;
  readonly trigger: 'manual' | 'ci' | 'canary' | 'load';
  /** Samples that share machine and hour; see docs/guide on judgement. */
  readonly batch: string;
  readonly commit?: string;
  readonly branch?: string;
  readonly subject?: string;
  /** IANA zone of the place. */
  readonly zone?: string;
  /** Platform, architecture and processors of the machine: what makes runs comparable. */
  readonly runner?: string;
  readonly seed: number;
  readonly journeys: readonly {
    readonly id: string;
    readonly title: string;
    readonly owner: string;
    readonly walks: number;
  }[];
  readonly layers: readonly LayerInfo[];
}
export interface WalkStarted extends OfWalk {
  readonly type: 'walk.started';
  readonly title: string;
  readonly owner: string;
  readonly file: string;
  readonly tags: readonly string[];
  /** Of the journey and its flows: only like is compared with like. */
  readonly hash: string;
  readonly variant: Readonly<Record<string, string>>;
  readonly environment: string;
  readonly location: string;
  readonly tool: string;
  readonly commit?: string;
  readonly seed: number;
  /** Data row, from 1. */
  readonly row?: number;
  /** W3C trace context handed to every driver. */
  readonly traceparent: string;
  /** Value of X-Synthetic-Journey. */
  readonly mark: string;
  /** Folder of artefacts, relative to the store's root. */
  readonly folder: string;
  /** Steps expected, for progress. */
  readonly steps: number;
}
export interface AttemptStarted extends OfAttempt {
  readonly type: 'attempt.started';
}
export interface StepStarted extends OfStep {
  readonly type: 'step.started';
  readonly title: string;
  /** `driver.verb`, `use` or `together`. */
  readonly action: string;
  readonly phase: 'steps' | 'finally' | 'whenever';
  readonly layer: string;
  readonly owner: string;
  /** ms */
  readonly within?: number;
  /** ms */
  readonly target?: number;
  readonly place: Place;
}
export interface StepNoted extends OfAttempt {
  readonly type: 'step.noted';
  readonly actor: string;
  /** Absent for evidence that is finished when a session closes. */
  readonly step?: string;
  readonly note: Note;
}
export interface StepEnded extends OfStep {
  readonly type: 'step.ended';
  readonly status: Status;
  readonly title: string;
  readonly action: string;
  readonly phase: 'steps' | 'finally' | 'whenever';
  readonly layer: string;
  readonly owner: string;
  readonly within?: number;
  readonly target?: number;
  /** What is judged: end − origin. */
  readonly ms: number;
  /** Origin of the step's clock, epoch ms. */
  readonly origin: number;
  /** ms of the first try when there were several; that one is judged against `target`. */
  readonly firstMs?: number;
  readonly tries: number;
  readonly flaky: boolean;
  readonly soft?: boolean;
  readonly trouble?: Trouble;
  /** Why degraded or skipped, in words. */
  readonly reason?: string;
  /** One sentence for people; present when not passed. */
  readonly sentence?: string;
  readonly place: Place;
}
export interface AttemptEnded extends OfAttempt {
  readonly type: 'attempt.ended';
  readonly status: Status;
  readonly ms: number;
}
export interface WalkEnded extends OfWalk {
  readonly type: 'walk.ended';
  readonly status: Status;
  readonly ms: number;
  readonly attempts: number;
  readonly flaky: boolean;
}
export interface FindingEvent extends Head {
  readonly type: 'finding';
  readonly walk?: string;
  readonly finding: Finding;
}
/** Something of ours went wrong outside any step: a session that would not close, a reporter, a note refused. */
export interface RunFault extends Head {
  readonly type: 'run.fault';
  readonly walk?: string;
  readonly message: string;
  readonly stack?: string;
}
export interface RunEnded extends Head {
  readonly type: 'run.ended';
  readonly status: Status;
  readonly ms: number;
  readonly walks: Readonly<Record<Status, number>>;
  readonly interrupted: boolean;
  readonly exit: number;
}

/** The one stream: plain JSON, additive for ever. Listeners ignore types and fields they do not know. */
export type Event =
  | RunStarted
  | WalkStarted
  | AttemptStarted
  | StepStarted
  | StepNoted
  | StepEnded
  | AttemptEnded
  | WalkEnded
  | FindingEvent
  | RunFault
  | RunEnded;

type Distribute<E> = E extends Event ? Omit<E, 'v' | 'at' | 'run' | 'seq'> & { readonly at?: number } : never;
/** What the engine says; the stream adds v, at, run and seq. */
export type Said = Distribute<Event>;
export type Emit = (said: Said) => void;
