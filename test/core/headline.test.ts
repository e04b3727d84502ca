import { expect, test } from 'vitest';
import type { Event, Finding } from '../../core/event.ts';
import { headline } from '../../core/headline.ts';
import { Tale } from '../../core/tale.ts';

const told = (sentence: string): string => {
  const tale = new Tale();
  const head = { v: 1, run: 'run', walk: 'walk', journey: 'calls', at: 0 } as const;
  const finding: Finding = {
    kind: 'step',
    status: 'failed',
    journey: 'calls',
    step: 'one',
    title: 'one',
    layer: 'routing',
    owner: 'voice-ops',
    sentence,
  };
  const walk = { title: 'A call', owner: 'me', file: 'a.yaml', tags: [], hash: '', variant: {}, environment: '' };
  const place = { location: '', tool: '', seed: 1, traceparent: '', mark: '', folder: '', steps: 1 };
  const events = [
    { ...head, ...walk, ...place, seq: 1, type: 'walk.started' },
    { ...head, seq: 2, type: 'finding', finding },
    { ...head, seq: 3, type: 'walk.ended', status: 'failed', ms: 1, flaky: false, attempts: 1 },
    { ...head, seq: 4, type: 'run.ended', status: 'failed', ms: 1, walks: {}, interrupted: false, exit: 1 },
  ];
  for (const event of events) tale.on(event as unknown as Event);
  return headline(tale).story;
};

test('the first line says what happened without its reasons, and whose step it was', () => {
  expect(told('dial bank failed after 1 s: busy; came: 486')).toBe('dial bank failed after 1 s');
  expect(told('agent: transfer messages failed after 9 ms: refused; came: 503')).toBe(
    'agent: transfer messages failed after 9 ms',
  );
});

test('a late step is told by how late it was; the sentence itself comes second', () => {
  const tale = new Tale();
  const head = { v: 1, run: 'run', walk: 'walk', journey: 'calls', at: 0 } as const;
  const step = { attempt: 1, step: 'pop', actor: 'agent', title: 'see who calls' } as const;
  const sentence = 'agent: see who calls took 5.35 s, target 3.00 s';
  const finding = { status: 'degraded', step: 'pop', layer: 'desk', owner: 'desk-team', sentence };
  const events = [
    { ...head, type: 'walk.started', title: 'A call' },
    { ...head, type: 'attempt.started', attempt: 1 },
    { ...head, ...step, type: 'step.started' },
    { ...head, ...step, type: 'step.ended', status: 'degraded', ms: 5350, target: 3000 },
    { ...head, type: 'finding', finding },
    { ...head, type: 'walk.ended', status: 'degraded', ms: 1 },
    { ...head, type: 'run.ended', status: 'degraded' },
  ];
  for (const event of events) tale.on(event as unknown as Event);
  expect(headline(tale)).toEqual({
    status: 'degraded',
    verdict: 'Degraded',
    story: 'agent: see who calls was 2.35 s late',
    detail: `0 of 1 journeys passed. “A call” did not: ${sentence}. Layer desk, owner desk-team.`,
  });
});
