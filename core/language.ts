/** Reserved step keys: no action has an argument of one of these names. */
export const reserved = {
  id: 'name of the step in its history; give one to each step with a target',
  title: 'how reports tell the step',
  as: 'actor who does it (default: customer)',
  within: 'later than this: failed',
  target: 'later than this: degraded',
  layer: 'layer that is looked at, where it is not the usual one of the action',
  owner: 'who is told, where it is not the owner of the layer',
  save: 'name for the result, or names with a JMESPath into it each',
  soft: 'a failure lets the journey go on',
  optional: 'not seen within `within` is skipped, not failed',
  retry: 'further tries after a failure',
  if: 'JMESPath over the names in scope; false: skipped',
  with: 'inputs of the flow',
  was: 'former name: the histories are joined',
} as const;

/** What `${}` always sees; no saved name may shadow them. */
export const roots = ['customer', 'config', 'vars', 'env', 'run'] as const;

/** What `${run.*}` holds. */
export const runNames = ['id', 'walk', 'journey', 'attempt', 'seed', 'mark'] as const;

/** Keys of a journey file. */
export const journeyKeys = {
  title: 'what the customer wants, in one sentence',
  owner: 'told when the journey breaks; a step may name another',
  tags: 'for --tag',
  schedule: 'when it wants to be run: every or cron, timezone, locations',
  data: 'CSV of customers: file, rows (one: a leased row a walk; all: one walk a row), secret columns',
  actors: 'settings of drivers for an actor, over those of the place',
  vars: 'values for `${vars.*}`',
  variant: 'keeps histories apart: { brand: x, line: y }',
  within: 'limit of the whole journey',
  retry: 'further attempts at the whole journey',
  steps: 'what the customer does, in order',
  whenever: 'expectations without a place in the order',
  finally: 'always run, whatever failed; never retried',
} as const;

/** Keys of a flow file. */
export const flowKeys = {
  title: journeyKeys.title,
  inputs: 'typed inputs',
  outputs: 'what a caller may save',
  steps: journeyKeys.steps,
} as const;

/** A whole driver as one word: `pause: 2s` is `pause.pause: 2s`. */
export function actionOf(key: string): { readonly driver: string; readonly verb: string } {
  const [driver = '', verb = driver] = key.split('.');
  return { driver, verb };
}
