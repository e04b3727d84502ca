import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../drivers/voice/layout.ts';
import { wordsOfFile } from '../../drivers/voice/pieces.ts';
import { meaningOf, readValue, series, stretches } from '../../drivers/voice/slots.ts';
import { likeness, numberWords, spokenWords } from '../../drivers/voice/spoken.ts';

const prompt = (text: string, more = {}) => ({ name: text.replaceAll(' ', '-'), text, wav: `${text}.wav`, ...more });

test.each([
  ['That is $5.20, 7% more', 'that is five dollars twenty cents seven percent more'],
  ['Press # or *, E-mail & voice mail are O.K.', 'press pound or star email and voicemail are okay'],
  ["I can't; they're at 1,250", 'i cannot they are at one thousand two hundred fifty'],
  [
    'account 007, call 02079460018',
    'account zero zero seven call zero two zero seven nine four six zero zero one eight',
  ],
  ['the 3rd of the 21st, 40th, 12th', 'the third of the twenty first fortieth twelfth'],
  ['Ça coûte 5 €', 'ça coûte five'],
])('%s is spoken as %s', (text, words) => {
  expect(spokenWords(text).join(' ')).toBe(words);
});

test('other languages keep their letters and digits', () => {
  expect(spokenWords('Ça coûte 5 €', 'fr')).toEqual(['ça', 'coûte', '5']);
  expect(numberWords(9999)).toBe('nine thousand nine hundred ninety nine');
});

describe('likeness', () => {
  test.each([
    ['Thank you for calling Acme Bank', 'thank you four calling acme bank', 'said'],
    ['Thank you for calling', 'hello and thank you for calling, please wait', 'said'],
    ['For sales press one', 'for sails press won', 'said'],
    ['For sales press one', 'for sales press nine', 'not'],
    ['Your payment was accepted', 'your payment was not accepted', 'not'],
    ['Your balance is 42 dollars', 'your balance is forty two dollars', 'said'],
    ['Your call is important to us', 'all our agents are busy', 'not'],
    ['Thank you for calling', '', 'not'],
  ])('“%s” in “%s”: %s', (expected, transcript, verdict) => {
    const { score, otherwise } = likeness(expected, transcript);
    expect(score >= 0.7 && otherwise.length === 0 ? 'said' : 'not').toBe(verdict);
  });
});

describe('slots', () => {
  test('a text is cut at them', () => {
    expect(stretches('You have {amount = 42.50} in account {digits}, <any>.')).toEqual([
      { kind: 'words', text: 'You have' },
      { kind: 'slot', slot: 'amount', expected: '42.50' },
      { kind: 'words', text: 'in account' },
      { kind: 'slot', slot: 'digits' },
      { kind: 'any' },
    ]);
  });

  test.each([
    ['digits', ['one', 'two', 'double', 'seven', 'oh'], '12770'],
    ['number', ['two', 'hundred', 'and', 'seventeen'], '217'],
    ['number', ['three', 'thousand', 'forty', 'two', 'point', 'five'], '3042.5'],
    ['amount', ['forty', 'two', 'dollars', 'and', 'fifty', 'cents'], '42.50'],
    ['amount', ['ninety nine', 'pence'], '0.99'],
    ['day', ['Monday'], 'monday'],
  ] as const)('{%s} of %j is %s', (slot, said, value) => {
    expect(
      meaningOf(
        slot,
        said.map((text) => ({ text })),
      ),
    ).toBe(value);
  });

  test('a value of a journey is read like one that was heard', () => {
    expect(readValue('amount', '$42.50')).toBe('42.50');
    expect(readValue('amount', '42.5')).toBe('42.50');
    expect(readValue('digits', '001234')).toBe('001234');
    expect(readValue('number', '1,250')).toBe('1250');
  });

  test('words are made of the fewest prompts; what is missing is named with the way out', () => {
    const prompts = ['you have', 'you', 'have', 'new messages', 'five', 'Monday'].map((text) => prompt(text));
    expect(series('You have new messages', prompts)).toEqual([['you-have'], ['new-messages']]);
    expect(layoutOf('you have {number} new messages', prompts)).toMatchObject({
      parts: [{ kind: 'fixed' }, { kind: 'slot', names: ['five'] }, { kind: 'fixed' }],
    });
    expect(layoutOf('you have {month}', prompts)).toMatchObject({ missing: 'there is no slot {month}' });
    expect(layoutOf('you have {amount} left', prompts)).toMatchObject({
      missing: 'no prompts are enrolled that make “left”',
    });
    expect(layoutOf('<any>', prompts)).toMatchObject({ missing: 'there is nothing to recognise' });
    const german = [prompt('fünf', { piece: ['digits'], value: '5' }), prompt('Ihr Konto')];
    expect(layoutOf('Ihr Konto {digits}', german)).toMatchObject({ parts: [{}, { names: ['fünf'] }] });
  });

  test.each([
    ['7', 'seven'],
    ['day-1', 'monday'],
    ['mon-0', 'january'],
    ['h-3', 'third'],
    ['h-40', 'fortieth'],
    ['oclock', "o'clock"],
    ['a-m', 'a m'],
  ])('a file %s says %s', (file, words) => expect(wordsOfFile(file)).toBe(words));
});
