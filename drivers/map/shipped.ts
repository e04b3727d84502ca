import { SpecError } from '../../core/errors.ts';
import { memo } from '../../core/memo.ts';
import { nearest } from '../../core/nearest.ts';
import { type ChatMap, mapFormat } from './format.ts';

const receiveMessages = [
  {
    when: "type=='message'",
    emit: 'message',
    map: { text: 'text', choices: 'quick_replies', by: 'by', from: 'name', replyTo: 'reply_to' },
  },
  { when: "type=='delta'", emit: 'message.delta', stream: 'append', map: { text: 'text' } },
  { when: "type=='typing'", emit: 'typing' },
  { when: "type=='handoff'", emit: 'handoff', map: { to: 'to' } },
  { when: "type=='joined'", emit: 'participant.joined', map: { from: 'name', by: 'by' } },
  { when: "type=='bye'", emit: 'session.end' },
  { when: "type=='error'", emit: 'error', map: { text: 'message' } },
];

const definitions = [
  {
    id: 'plain-ws',
    proved: 'real server',
    vars: { user: '${uuid}' },
    open: [
      { ws: { url: '${base}' } },
      {
        send: {
          type: 'hello',
          user: '${user}',
          meta: { phone: '${phone}', mark: '${mark}', traceparent: '${traceparent}' },
        },
      },
      { await: 'message' },
    ],
    send: {
      text: { send: { type: 'message', id: '${uuid}', text: '${text}', user: '${user}' } },
      choice: { send: { type: 'message', id: '${uuid}', text: '${text}', user: '${user}' } },
    },
    close: [{ send: { type: 'bye' } }],
    receive: { id: 'id', time: 'time', order: 'seq', rules: receiveMessages },
  },
  {
    id: 'plain-http',
    proved: 'real server',
    vars: { user: '${uuid}' },
    send: {
      text: {
        http: {
          url: '${base}',
          headers: {
            'content-type': 'application/json',
            'x-synthetic-journey': '${mark}',
            traceparent: '${traceparent}',
          },
          body: { user: '${user}', phone: '${phone}', text: '${text}' },
        },
        receive: true,
      },
    },
    receive: {
      split: 'messages',
      id: 'id',
      time: 'time',
      rules: [{ when: 'text', emit: 'message', map: { text: 'text', choices: 'quick_replies', by: 'by' } }],
    },
  },
  {
    id: 'openai-sse',
    proved: 'real server',
    vars: { model: 'default', key: 'none' },
    send: {
      text: {
        sse: {
          url: '${base}/chat/completions',
          headers: {
            authorization: 'Bearer ${key}',
            'content-type': 'application/json',
            'x-synthetic-journey': '${mark}',
            traceparent: '${traceparent}',
          },
          body: { model: '${model}', stream: true, user: '${phone}', messages: [{ role: 'user', content: '${text}' }] },
        },
      },
    },
    receive: {
      rules: [
        { when: "value=='[DONE]'", emit: 'message.done' },
        {
          when: 'choices[0].delta.content',
          emit: 'message.delta',
          stream: 'append',
          map: { text: 'choices[0].delta.content' },
        },
        { when: 'usage', emit: 'usage', map: { tokens: 'usage.total_tokens' } },
        { when: 'error', emit: 'error', map: { text: 'error.message' } },
        { when: '`true`', emit: 'none' },
      ],
    },
  },
];

const shipped = memo((name: string) => mapFrom(definitions.find(({ id }) => id === name)));

/** A shipped map by name, or one written out in the settings. Throws SpecError. */
export function mapOf(wanted: unknown): ChatMap {
  if (typeof wanted !== 'string') return mapFrom(wanted);
  if (definitions.some(({ id }) => id === wanted)) return shipped(wanted);
  const names = definitions.map(({ id }) => id);
  const close = nearest(wanted, names);
  throw new SpecError(
    `no chat map ${wanted}`,
    `${close ? `did you mean ${close}? ` : ''}there are ${names.join(', ')}; or write the map out`,
  );
}

function mapFrom(definition: unknown): ChatMap {
  const read = mapFormat.safeParse(definition);
  if (read.success) return read.data;
  throw new SpecError(
    read.error.issues.map((issue) => ({ message: `chat map: ${issue.path.join('.')}: ${issue.message}` })),
  );
}
