import { describe, expect, test } from 'vitest';
import { paths, spokenTable } from './fault-table.ts';
import { blamed, timeout, walked } from './walked.ts';

test.concurrent('a healthy lab: every journey that ships passes, nothing is blamed', { timeout }, async () => {
  const { findings, walks } = await walked({}, []);
  expect(findings).toEqual([]);
  expect(walks).toMatchObject({ passed: 11, degraded: 0, failed: 0, broken: 0 });
});

describe.concurrent('a fault shows where it is, and nobody else is blamed', { timeout }, () => {
  test.each(spokenTable)('%s in %s', async (fault, journey, expected) => {
    const [name = '', value = ''] = fault.split('=');
    const { findings } = await walked({ [name]: value }, [paths[journey]]);
    expect(blamed(findings), findings.map(({ sentence }) => sentence).join('\n')).toEqual(expected);
    expect(findings.every(({ owner, sentence }) => owner !== '' && sentence !== '')).toBe(true);
  });
});
