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
  };
  readonly metric: {
    readonly series: number;
    readonly at: number;
    readonly walk: string;
    readonly run: string;
    readonly name: string;
    readonly unit: string;
    readonly value: number;
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
