import { expect, test } from 'vitest';
import { z } from 'zod';
import { act } from '../../../core/act.ts';
import { systemClock } from '../../../core/clock.ts';
import { defineAction } from '../../../core/driver.ts';
import { agreed, prepared } from '../../../drivers/voice/agreed.ts';

const acted = async (run: Parameters<typeof defineAction>[0]['run']) => {
  const { status, trouble } = await act({
    action: defineAction({ about: 'x', layer: 'sip', args: z.object({}), run }) as never,
    args: {},
    within: 500,
    layer: 'sip',
    retry: 0,
    clock: systemClock,
    session: async () => ({ [Symbol.asyncDispose]: async () => undefined }),
    stop: new AbortController().signal,
    note: () => undefined,
    acted: () => undefined,
    actOf: () => undefined,
  });
  return trouble === undefined ? status : `${status}: ${trouble.message}`;
};

test('a phone of ours that is slow to open takes nothing of the time that the other side has', async () => {
  expect(await acted(async (_, __, tools) => prepared(tools.clock.sleep(700), tools))).toBe('passed');
});

test('a registrar that does not answer has the limit of the step, from when our phone is open', async () => {
  const asked = async (_: unknown, __: unknown, tools: Parameters<typeof prepared>[1]) => {
    await prepared(tools.clock.sleep(700), tools);
    await agreed(new Promise(() => undefined), { signal: tools.signal, to: 'the registration' });
  };
  expect(await acted(asked)).toBe('failed: the other side did not answer the registration');
});
