import { numberWords, ordinalWords } from './spoken.ts';

const days = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');
const months = 'january february march april may june july august september october november december'.split(' ');
/** What a recorded piece says by the name of its file, as PBXes name them: `5`, `hundred`, `day-1` (Monday), `mon-0` (January), `h-3` (third), `oclock`. */
export function wordsOfFile(name: string): string {
  const [, kind, number] = /^(?:(day|mon|h)-)?(\d{1,4})$/.exec(name) ?? [];
  if (number === undefined)
    return name
      .replace(/^oclock$/, "o'clock")
      .replaceAll(/[-_.]+/g, ' ')
      .trim();
  const n = Number(number);
  switch (kind) {
    case 'day':
      return days[n % 7]!;
    case 'mon':
      return months[n % 12]!;
    case 'h':
      return ordinalWords(n);
    default:
      return numberWords(n);
  }
}
