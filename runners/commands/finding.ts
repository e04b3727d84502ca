import { SpecError } from '../../core/errors.ts';
import { when } from '../../core/headline.ts';
import { exits } from '../../core/verdict.ts';
import { labels } from '../../store/episodes.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { storeOf } from '../memory.ts';
import { falseShare } from '../remembered/telling.ts';

const finding: Command = {
  about: `list what the judges found, and say what it was: ${labels.join(', ')}`,
  usage: 'list | label ID LABEL',
  example: 'throughline finding label 1a2b3c4d expected',
  options: placeOptions,
  run: async (call) => {
    const { io } = call;
    const [verb = 'list', id, label, more] = call.words;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    if (verb === 'list' && id === undefined) {
      const episodes = await store.episodes.all();
      for (const { closed, opened, sentence, label: said, ...one } of episodes) {
        const state = closed === null ? 'open' : `closed ${when(closed)}`;
        io.stdout.write(`${one.id}  ${when(opened)}  ${state}${said ? `  ${said}` : ''}  ${sentence}\n`);
      }
      const share = falseShare(episodes);
      io.stdout.write(
        episodes.length === 0 ? 'nothing was found; see `throughline judge`\n' : share ? `${share}\n` : '',
      );
      return exits.passed;
    }
    const known = labels.find((one) => one === label);
    if (verb !== 'label' || id === undefined || known === undefined || more !== undefined)
      throw new SpecError(`finding knows list and label ID ${labels.join('|')}`, finding.example);
    if (id.length < 4 || !(await store.episodes.label(id, known)))
      throw new SpecError(`there is no finding ${id}`, 'see `throughline finding list`');
    io.stdout.write(`finding ${id} is ${known}\n`);
    return exits.passed;
  },
};

export default finding;
