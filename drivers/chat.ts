import { z } from 'zod';
import { defineAction, defineDriver, type Tools } from '../core/driver.ts';
import { duration } from '../core/duration.ts';
import { Failure } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { expectation, notOnlySimilar, onlySimilar } from './chat/expectation.ts';
import { expectTidy, hear, notHear } from './chat/hear.ts';
import { ChatSession } from './chat/session.ts';
import { mapOf } from './map/shipped.ts';

const settings = z.object({
  map: z
    .union([z.string(), z.record(z.string(), z.json())])
    .default('plain-ws')
    .describe('a shipped map (plain-ws, plain-http, openai-sse) or one written out'),
  vars: z.record(z.string(), z.json()).default({}).describe('variables of the map: base, user, key'),
});

/** A customer in a chat, over WebSocket, HTTP or SSE, through a declarative map. */
export default defineDriver({
  about: 'chat with a bot or an agent',
  settings,
  open: async ({ map, vars }, context) => new ChatSession(mapOf(map), vars as JsonObject, context),
  actions: {
    open: defineAction({
      about: 'connect, and hear the greeting',
      main: 'as-user',
      layer: 'messaging',
      args: z.object({
        'as-user': z.string().optional().describe('who the customer says to be'),
        phone: z.string().optional().describe('number by which records find the customer'),
        meta: z.record(z.string(), z.json()).default({}).describe('further variables of the map'),
      }),
      title: () => 'open the chat',
      run: ({ 'as-user': user, phone, meta }, session: ChatSession, tools) =>
        session.open(
          {
            ...(meta as JsonObject),
            ...(user === undefined ? {} : { user }),
            ...(phone === undefined ? {} : { phone }),
          },
          tools,
        ),
    }),
    say: defineAction({
      about: 'write a message',
      main: 'text',
      layer: 'messaging',
      args: z.object({ text: z.string() }),
      run: ({ text }, session: ChatSession, tools) => session.say('text', text, tools),
    }),
    choose: defineAction({
      about: 'take one of the choices offered last',
      main: 'choice',
      layer: 'messaging',
      args: z.object({ choice: z.string() }),
      run: async ({ choice }, session: ChatSession, tools) => {
        const offered = session.heard.findLast(({ choices }) => choices.length > 0)?.choices ?? [];
        const found = offered.find((one) => one.toLowerCase() === choice.toLowerCase());
        if (found === undefined)
          throw new Failure(`“${choice}” was not offered`, {
            expected: choice,
            came: offered.join(', ') || 'no choices',
          });
        await session.say('choice', found, tools);
      },
    }),
    hear: defineAction({
      about: 'expect a message; judged is its first word, counted from the last act or the previous match',
      main: 'text',
      layer: 'bot',
      watch: true,
      args: z
        .object({ ...expectation, next: z.boolean().default(false).describe('no other message may come before') })
        .refine(notOnlySimilar, onlySimilar),
      run: (wanted, session: ChatSession, tools) => hear(wanted, session, tools),
    }),
    'not-hear': defineAction({
      about: 'a message that must not come',
      main: 'text',
      layer: 'bot',
      watch: 'not',
      args: z.object(expectation).refine(notOnlySimilar, onlySimilar),
      run: (wanted, session: ChatSession, tools) => notHear(wanted, session, tools),
    }),
    'expect-tidy': defineAction({
      about: 'since the last act nothing was said twice, out of order or lost',
      main: 'quiet',
      layer: 'bot',
      args: z.object({ quiet: duration.prefault('400ms').describe('so long nothing more comes') }),
      title: () => 'expect nothing twice and nothing out of order',
      run: (args, session: ChatSession, tools) => expectTidy(args, session, tools),
    }),
    'expect-typing': defineAction({
      about: 'expect the typing sign',
      layer: 'bot',
      args: z.object({}),
      run: (_, session: ChatSession, tools) => sign('typing', session, tools),
    }),
    'expect-handoff': defineAction({
      about: 'expect to be handed to a person',
      main: 'to',
      layer: 'routing',
      args: z.object({ to: z.string().optional().describe('queue or agent') }),
      run: async ({ to }, session: ChatSession, tools) => {
        const came = await sign('handoff', session, tools);
        const where = String(came.to ?? '');
        if (to !== undefined && where.toLowerCase() !== to.toLowerCase())
          throw new Failure(`handed to ${where || 'nobody named'}`, { expected: to, came: where });
        return came;
      },
    }),
    close: defineAction({
      about: 'end the chat',
      layer: 'messaging',
      args: z.object({}),
      run: (_, session: ChatSession) => session.close(),
    }),
  },
});

/** Waits for a sign of the other side since our last act. */
async function sign(
  kind: 'typing' | 'handoff',
  session: ChatSession,
  { signal, since, until, clock }: Tools,
): Promise<JsonObject> {
  since(session.acted);
  for (;;) {
    const { came } = session.conversation.transcript;
    const found = came.find((one) => one.kind === kind && one.at >= session.acted);
    if (found) {
      until(found.at);
      return found.fields as JsonObject;
    }
    await session.more(signal).catch((error: unknown) => {
      if (error instanceof Failure) throw error;
      const others = came.filter(({ at }) => at >= session.acted).map((one) => one.kind);
      throw new Failure(`no ${kind} came`, {
        expected: kind,
        came: [...new Set(others)].join(', ') || `nothing in ${Math.round(clock.now() - session.acted)} ms`,
      });
    });
  }
}
