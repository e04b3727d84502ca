import { z } from 'zod';
import { duration } from '../../core/duration.ts';

const request = z.strictObject({
  method: z.string().default('GET'),
  path: z.string().describe('below `base`; {id} and {<field>} are filled'),
  body: z.json().optional(),
});

const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('bearer'), token: z.string() }),
  z.strictObject({ type: z.literal('basic'), user: z.string(), password: z.string() }),
  z.strictObject({ type: z.literal('header'), name: z.string(), value: z.string() }),
]);

/** How records of one kind are found, made and forgotten over REST: settings of the place, so that any system with an API fits. */
export const recordSettings = z.object({
  base: z.string().describe('root of the API'),
  auth: auth.default({ type: 'none' }),
  headers: z.record(z.string(), z.string()).default({}),
  path: z.string().default('/cases').describe('collection of the records'),
  find: request.optional().describe('default: GET path?field=value for each field asked'),
  get: request.optional(),
  create: request.optional(),
  delete: request.optional(),
  items: z.string().default('items').describe('JMESPath to the records in the answer of `find`'),
  id: z.string().default('id').describe('JMESPath to the id of a record'),
  tag: z.string().default('tag').describe('field that carries the mark of synthetic traffic'),
  fields: z.record(z.string(), z.string()).default({}).describe('our name of a field → theirs'),
  poll: duration.prefault('250ms').describe('time between two looks'),
  lag: duration
    .prefault('0ms')
    .describe('how long the search index of this system may be behind: `within` must be longer'),
});

export type RecordSettings = z.infer<typeof recordSettings>;
