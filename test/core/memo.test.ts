import { expect, test } from 'vitest';
import { memo } from '../../core/memo.ts';

test('what was made is kept, undefined too, until there are too many', () => {
  const made: string[] = [];
  const length = memo((text: string) => {
    made.push(text);
    return text === '' ? undefined : text.length;
  }, 2);
  expect(['', 'ab', '', 'ab'].map(length)).toEqual([undefined, 2, undefined, 2]);
  expect(made).toEqual(['', 'ab']);
  expect(['abc', 'ab', 'abc'].map(length)).toEqual([3, 2, 3]);
  expect(made).toEqual(['', 'ab', 'abc', 'ab']);
});
