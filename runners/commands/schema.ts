import { journeySchema } from '../../core/schema.ts';
import { exits } from '../../core/verdict.ts';
import type { Command } from '../command.ts';
import { driversOf, rootOf } from '../compose.ts';

const schema: Command = {
  about: 'print the JSON schema (draft-07) of journey files, for editors',
  example: 'throughline schema > journeys/journey.schema.json',
  run: async ({ io }) => {
    io.stdout.write(`${JSON.stringify(journeySchema(await driversOf(rootOf(io))), null, 2)}\n`);
    return exits.passed;
  },
};

export default schema;
