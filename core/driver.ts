import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Place, Problem } from './errors.ts';
import type { Note } from './event.ts';
import type { Guard } from './guard.ts';
import type { JsonObject } from './json.ts';
import { memo } from './memo.ts';

/** What a session gets when it is opened for one actor of one attempt. */
export interface Context {
  readonly actor: string;
  readonly run: string;
  readonly walk: string;
  readonly journey: string;
  readonly attempt: number;
  /** True on a try after a failure: keep the dear evidence (video, HAR, screenshots in traces). */
  readonly thorough: boolean;
  /** A step of this attempt has not passed, so far: what is kept on trouble alone asks when its session closes. */
  troubled(): boolean;
  /** W3C trace context of the walk. */
  readonly traceparent: string;
  /** Value for X-Synthetic-Journey: `<journey>; run=<run>; walk=<walk>`. */
  readonly mark: string;
  readonly clock: Clock;
  /** 0..1, seeded for the walk. */
  readonly random: () => number;
  readonly guard: Guard;
  /** Evidence without a step. */
  note(note: Note): void;
  /** Absolute path of a new artefact of the walk; parent folders exist. Note it with its `name` as `path`. */
  artefact(name: string): string;
  /** Replaces every secret value that this walk knows. */
  redact(text: string): string;
  /** Values to redact, for files that are rewritten (traces, HAR). */
  secrets(): readonly string[];
  /** Folder of the project: files that a journey names are relative to it. */
  readonly root: string;
}

/** What an action gets beside its arguments and its session. */
export interface Tools {
  /** Fires at `within`, on interrupt, or when the walk is over. An action ends within 500 ms of it. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** ms left until `within`. */
  readonly left: () => number;
  note(note: Note): void;
  /** Sets the origin of the step's clock, epoch ms. */
  since(at: number): void;
  /** Sets the moment that is judged when it is not the action's return, epoch ms. */
  until(at: number): void;
  /** What ends in time may only be known later (a prompt that has to be heard out): moves the stop signal by ms, not what is judged. */
  longer(ms: number): void;
  /** When the customer's act of this step was done (default: when the step ended); `since: <step>` of a later step counts from it. */
  acted(at: number): void;
  /** The act of an earlier step of this attempt, epoch ms; undefined when that step has not run. */
  actOf(step: string): number | undefined;
  /** The action stands in `whenever`: it looks beside the order of the steps and takes nothing away from them. */
  readonly watching: boolean;
  /** It did the right thing, but poorly (MOS, match confidence): the step is at best degraded. */
  degrade(reason: string): void;
  /** Step target in ms, where the step has one. */
  readonly target?: number;
  readonly layer: string;
}

export interface Action<Args extends z.ZodObject = z.ZodObject, Session = unknown> {
  /** One sentence for help and editor. */
  readonly about: string;
  readonly args: Args;
  /** Argument that a scalar (or list) in YAML stands for. */
  readonly main?: keyof z.infer<Args> & string;
  /** Default layer. */
  readonly layer: string;
  /**
   * May stand in `whenever`. `not`: fails on sight, and returns when its signal fires.
   * `gone`: the same where it watches; as a step it ends when what must not be there is gone.
   */
  readonly watch?: true | 'not' | 'gone';
  /** As a watcher it may take so long after its signal, ms (default 500): to look once more at what is there at the end. */
  readonly grace?: number;
  /** The actor's session opens before the first step (an agent that will answer is registered). */
  readonly early?: true;
  /** Arguments whose literal value the guard checks before anything runs. */
  targets?(args: Readonly<Record<string, unknown>>): readonly string[];
  /** The journey only listens or thinks here: no duration worth judging. */
  readonly quiet?: true;
  /** How the report and console tell the step when it has no title; default: verb and main argument. */
  title?(args: Readonly<Record<string, unknown>>): string;
  /** Resolves to what `save` keeps. Throws `Failure` for them, `SpecError` for you, anything else is broken. */
  run(args: z.infer<Args>, session: Session, tools: Tools): Promise<unknown>;
}

/** One step of a journey, as a driver looks it over before anything runs; `${}` not yet filled. */
export interface Use {
  readonly actor: string;
  readonly verb: string;
  readonly args: JsonObject;
  readonly place: Place;
  /** Stands in `whenever`. */
  readonly watching?: boolean;
}

export interface Driver<Settings extends z.ZodObject = z.ZodObject, Session extends AsyncDisposable = AsyncDisposable> {
  readonly about: string;
  /** Entry of this driver in config/*.yaml and under an actor. */
  readonly settings: Settings;
  /** Heavy imports happen in here. One session per attempt, actor and driver. */
  open(settings: z.infer<Settings>, context: Context): Promise<Session>;
  // biome-ignore lint/suspicious/noExplicitAny: argument types are checked where an action is defined
  readonly actions: Readonly<Record<string, Action<any, Session>>>;
  /** What is wrong with its steps of one journey that only the driver can see; `root` is the folder of the project. */
  check?(uses: readonly Use[], settings: z.infer<Settings>, root: string): Promise<readonly Problem[]>;
  /** Forgets what a crashed walk left behind (`made` notes); throws when it could not. */
  sweep?(record: Readonly<Record<string, unknown>>, settings: z.infer<Settings>): Promise<void>;
}

/** What a journey may write for an action: no argument that it does not know. Made once, as Zod compiles a parser for each schema. */
export const strictArgs = memo((action: Action) => action.args.strict());

/** Ties argument and session types together; returns its argument. */
export function defineDriver<Settings extends z.ZodObject, Session extends AsyncDisposable>(
  driver: Driver<Settings, Session>,
): Driver<Settings, Session> {
  return driver;
}

/** Ties an action's `run` to its `args`; returns its argument. */
export function defineAction<Args extends z.ZodObject, Session>(action: Action<Args, Session>): Action<Args, Session> {
  return action;
}
