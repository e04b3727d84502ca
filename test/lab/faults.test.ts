import { describe, expect, test } from 'vitest';
import { faultTable } from '../../lab/faults.ts';
import { paths, spokenTable, writtenTable } from './fault-table.ts';
import { blamed, timeout, walked } from './walked.ts';

describe.concurrent('a fault shows where it is, and nobody else is blamed', { timeout }, () => {
  test.each(writtenTable)('%s in %s', async (fault, journey, expected) => {
    const [name = '', value = ''] = fault.split('=');
    const { findings } = await walked({ [name]: value }, [paths[journey]]);
    expect(blamed(findings)).toEqual(expected);
    expect(findings.every(({ owner, sentence }) => owner !== '' && sentence !== '')).toBe(true);
  });
});

test('every fault stands in the table, with the layer that the lab says', () => {
  const layers = faultTable.map(({ name, layer }) => [name, layer]);
  const told = new Map(
    [...writtenTable, ...spokenTable].flatMap(([fault, , steps]) =>
      steps.map((step) => [fault.split('=')[0], step.split(' ')[1]]),
    ),
  );
  expect([...told].toSorted()).toEqual(layers.toSorted());
});
