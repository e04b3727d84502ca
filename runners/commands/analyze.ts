import { SpecError } from '../../core/errors.ts';
import { readRequest } from '../analyze/request.ts';
import { analyze as analyzeFile } from '../analyze.ts';
import type { Command } from '../command.ts';

const analyze: Command = {
  about: 'judge any numbers: did this get worse, since when, and how sure is that',
  usage: 'FILE.csv|-',
  example: 'throughline analyze latency.csv --kind history --json',
  options: {
    kind: {
      type: 'string',
      value: 'KIND',
      about:
        'gate (two sides), marker (a change at --at), history (when did it change), incident (is it bad right now)',
    },
    at: { type: 'string', value: 'TIME', about: 'time of the change, ISO 8601 or epoch ms' },
    floor: { type: 'string', value: 'SHARE', about: 'smallest change worth telling (default: 5%, incident 20%)' },
    scale: { type: 'string', value: 'SCALE', about: 'auto, log or linear (default: log where all values are above 0)' },
    alpha: {
      type: 'string',
      value: 'RATE',
      about: 'false-alarm rate of a series for history and incident (default: 1%)',
    },
    timezone: { type: 'string', value: 'ZONE', about: 'IANA zone of the daily pattern (default: UTC)' },
    both: { type: 'boolean', about: 'incident: tell improvements too' },
    json: { type: 'boolean', about: 'one JSON object a line, the last one a summary' },
  },
  run: async ({ io, words, text, flag }) => {
    const [file, more] = words;
    if (file === undefined || more !== undefined)
      throw new SpecError(
        'analyze takes one CSV file, or - for stdin',
        'throughline analyze latency.csv --kind history',
      );
    return analyzeFile(file, readRequest(text, flag('both')), { io, json: flag('json') });
  },
};

export default analyze;
