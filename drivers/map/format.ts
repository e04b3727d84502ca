import { z } from 'zod';
import { duration } from '../../core/duration.ts';

/** What a frame may mean; `none` swallows it. */
export const kinds = [
  'none',
  'session.open',
  'message',
  'message.delta',
  'message.done',
  'progress',
  'typing',
  'participant.joined',
  'participant.left',
  'handoff',
  'delivered',
  'read',
  'usage',
  'error',
  'session.end',
] as const;

const expression = z.string().describe('JMESPath over the frame; `vars` holds the variables');
const http = z.strictObject({
  method: z.string().default('POST'),
  url: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.json().optional(),
  expect: z.array(z.number()).optional().describe('statuses that are right; default: 2xx'),
});
const ws = z.strictObject({
  url: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  protocols: z.array(z.string()).default([]),
});
const set = z
  .record(z.string(), expression)
  .optional()
  .describe('variable → JMESPath over { body, headers, status } or a frame');

export const move = z.union([
  z.strictObject({ http, set, receive: z.boolean().default(false).describe('the answer is a frame') }),
  z.strictObject({ ws }),
  z.strictObject({ sse: http }),
  z.strictObject({ poll: z.strictObject({ every: duration.prefault('1s'), http, set }) }),
  z.strictObject({ send: z.json().describe('a frame on the WebSocket') }),
  z.strictObject({ await: z.enum(kinds) }),
]);

export const rule = z.strictObject({
  when: expression,
  emit: z.enum(kinds),
  stream: z.enum(['append', 'replace']).optional(),
  map: z.record(z.string(), expression).default({}),
  set,
  respond: z.json().optional().describe('a frame to send back: ping, acknowledgement'),
});

/** Transport, templates and event matchers: what it takes to speak with a chat system, as data. */
export const mapFormat = z.strictObject({
  id: z.string(),
  proved: z.enum(['real server', 'vendor client through our simulator', 'simulator only', 'golden payloads']),
  vars: z.record(z.string(), z.json()).default({}),
  open: z.array(move).default([]),
  send: z.record(z.string(), z.union([move, z.array(move)])).describe('what to do for text, choice, typing'),
  close: z.array(move).default([]),
  keepalive: z.strictObject({ every: duration, send: z.json() }).optional(),
  receive: z.strictObject({
    split: expression.optional(),
    unwrap: z.array(z.string()).default([]).describe('paths of JSON strings inside the frame'),
    drop: expression.optional(),
    id: expression.optional(),
    time: expression.optional(),
    order: expression.optional(),
    rules: z.array(rule),
  }),
});

export type ChatMap = z.infer<typeof mapFormat>;
export type Move = z.infer<typeof move>;
export type Rule = z.infer<typeof rule>;
export type Kind = (typeof kinds)[number];
