/** Times are epoch ms, durations ms, in every table. A run row is there from the run's start, its walks each from their own end. */
export interface Tables {
  readonly meta: { readonly key: string; readonly value: string };
  readonly run: {
    readonly id: string;
    readonly at: number;
    readonly tool: string;
    readonly environment: string;
    readonly location: string;
    readonly trigger: string;
    readonly batch: string;
    readonly commit_id: string | null;
    readonly branch: string | null;
    readonly subject: string | null;
    /** Null until the run has ended: a partial run is never a baseline. */
    readonly status: string | null;
    readonly ms: number | null;
    readonly exit: number | null;
    readonly interrupted: number;
    /** IANA zone of the place. */
    readonly zone: string | null;
    /** What it ran on: platform, architecture, processors. */
    readonly runner: string | null;
    /** When its evidence was deleted. */
    readonly pruned: number | null;
  };
  readonly walk: {
    readonly id: string;
    readonly run: string;
    readonly journey: string;
    readonly title: string;
    readonly owner: string;
    readonly at: number;
    readonly hash: string;
    readonly status: string;
    readonly ms: number;
    readonly attempts: number;
    readonly flaky: number;
    readonly variant: string | null;
    readonly seed: number | null;
  };
  readonly attempt: {
    readonly walk: string;
    readonly attempt: number;
    readonly at: number;
    readonly status: string;
    readonly ms: number;
  };
  /** A step of which the sample does not say all: not passed, of a later attempt, tried again, or in `finally`. */
  readonly step: {
    readonly walk: string;
    readonly seq: number;
    readonly attempt: number;
    readonly step: string;
    readonly actor: string;
    readonly at: number;
    readonly status: string;
    readonly ms: number | null;
    readonly first_ms: number | null;
    readonly tries: number;
    readonly phase: string;
    readonly layer: string;
    readonly owner: string;
    readonly within_ms: number | null;
    readonly target_ms: number | null;
    /** What went wrong, or why it was skipped: a quarantine names owner, reason and end. */
    readonly said: string | null;
  };
  /** What is compared with what: one id for each step of a journey at a place; see `seriesId`. */
  readonly series: {
    readonly id: number;
    readonly journey: string;
    readonly step: string;
    readonly environment: string;
    readonly location: string;
    readonly trigger: string;
    readonly variant: string;
  };
  /** The first attempt's look at a step. `ms` only where its first try passed: a flaky pass counts as a failure without a duration. */
  readonly sample: {
    readonly series: number;
    readonly at: number;
    readonly walk: string;
    readonly run: string;
    readonly status: string;
    readonly ms: number | null;
    /** Limit at which it would have been cut off. */
    readonly within_ms: number | null;
  };
  readonly metric: {
    readonly series: number;
    readonly at: number;
    readonly walk: string;
    readonly run: string;
    readonly name: string;
    readonly unit: string;
    readonly value: number;
    readonly better: 'lower' | 'higher' | null;
  };
  readonly artefact: {
    readonly walk: string;
    readonly step: string;
    readonly path: string;
    readonly mime: string;
  };
  readonly finding: {
    readonly run: string;
    readonly walk: string | null;
    readonly seq: number;
    readonly at: number;
    readonly kind: string;
    readonly status: string;
    readonly journey: string;
    readonly step: string;
    readonly json: string;
    readonly label: string | null;
  };
  /** Runs on trial at a step that a gate found worse: no baseline until somebody labels the finding. */
  readonly flagged: {
    readonly run: string;
    readonly journey: string;
    readonly step: string;
    readonly finding_run: string;
    readonly finding_seq: number;
  };
  /** Runs that people left out of history, and why; lifted, never deleted. A null journey: all of the run. */
  readonly exclusion: {
    readonly id: string;
    readonly run: string;
    readonly journey: string | null;
    readonly reason: string;
    readonly by: string | null;
    readonly at: number;
    readonly lifted: number | null;
  };
  /** Baselines that people chose: the runs, as JSON. */
  readonly pin: {
    readonly id: string;
    readonly journey: string;
    readonly runs: string;
    readonly reason: string;
    readonly by: string | null;
    readonly at: number;
    readonly lifted: number | null;
  };
  /** A figure of a series that hours and days are kept of, by the id of its cells. */
  readonly figure: { readonly id: number; readonly series: number; readonly name: string; readonly unit: string };
  /** An hour or a day of a series or figure: see store/histogram.ts. */
  readonly rollup: {
    readonly series: number;
    readonly grain: 'h' | 'd';
    /** Start of the bucket, UTC. */
    readonly at: number;
    /** Tries; those without a duration among them; those later than their target. */
    readonly n: number;
    readonly failed: number;
    readonly late: number;
    readonly sum: number;
    readonly min: number | null;
    readonly max: number | null;
    /** Null where min and max say it all. */
    readonly hist: Uint8Array | null;
  };
  /** Ended runs whose samples are not rolled up yet, or have to be again. */
  readonly unrolled: { readonly run: string };
  /** Batches that this moment's writers may ask for again. */
  readonly receipt: { readonly id: string };
  /** Made elsewhere and not yet forgotten. */
  readonly made: {
    readonly run: string;
    readonly driver: string;
    readonly record: string;
    readonly environment: string;
    readonly at: number;
  };
  readonly lease: { readonly kind: string; readonly name: string; readonly holder: string; readonly until: number };
  readonly counter: { readonly kind: string; readonly day: string; readonly n: number };
  readonly change: {
    readonly id: string;
    readonly name: string;
    readonly at: number;
    readonly until: number | null;
    readonly by: string | null;
    readonly scope: string;
    readonly rolls_back: string | null;
    /** Its name where it comes from: a release, a ticket. */
    readonly external: string | null;
  };
  /** Something that got worse (or better) at one step and has a life: opened, strengthened, closed. */
  readonly episode: {
    readonly id: string;
    readonly series: number;
    readonly direction: 'regressed' | 'improved';
    /** First sample of the new level. */
    readonly at: number;
    readonly opened: number;
    /** Null while it lasts. */
    readonly closed: number | null;
    /** After / before when it was last told; null where there is no ratio. */
    readonly ratio: number | null;
    readonly sentence: string;
    readonly label: string | null;
  };
  /** One opinion, kept for ever: enough to compute it again and to explain it. */
  readonly verdict: {
    readonly series: number;
    readonly at: number;
    readonly kind: string;
    /** Version of the tool. */
    readonly method: string;
    /** SHA-256 of the samples that went in. */
    readonly inputs: string;
    readonly json: string;
  };
}
