import { SpecError } from '../../core/errors.ts';
import { exits } from '../../core/verdict.ts';
import type { Command } from '../command.ts';
import { labPort } from '../practice.ts';

const lab: Command = {
  about: 'start the practice contact centre on this machine; `lab faults` lists what can go wrong in it',
  usage: '[faults]',
  example: 'throughline lab --fault crm.slow=4s',
  options: {
    port: { type: 'string', value: 'N', about: `port to listen on (default ${labPort})` },
    fault: { type: 'string', multiple: true, value: 'NAME[=VALUE]', about: 'switch a fault on from the start' },
  },
  run: async (call) => {
    const { io, words } = call;
    const { startLab } = await import('../../lab/lab.ts');
    const { faultTable, valueInWords } = await import('../../lab/faults.ts');
    if (words[0] === 'faults') {
      const width = Math.max(...faultTable.map(({ name }) => name.length)) + 2;
      for (const { name, about, layer, value } of faultTable)
        io.stdout.write(`${name.padEnd(width)}${about}; layer ${layer}, ${valueInWords(value)}\n`);
      return exits.passed;
    }
    if (words.length > 0) throw new SpecError(`lab knows no ${words[0]}`, 'there is `throughline lab faults`');
    const faults = faultsOf(call.texts('fault'));
    await using running = await startLab({
      port: call.count('port', 0) ?? labPort,
      faults,
      log: (line) => io.stdout.write(`${line}\n`),
    });
    io.stdout.write(`practice contact centre at ${running.url}\n`);
    io.stdout.write(
      `  site ${running.url}/site · shop with chat ${running.url}/shop · desk ${running.url}/desk · CRM ${running.url}/crm/cases\n`,
    );
    io.stdout.write(
      `  telephone sip:bank@${new URL(running.url).host} (UDP, TCP, or WebSocket at /sip); agents register there under their names\n`,
    );
    io.stdout.write(
      `  faults: ${Object.keys(faults).join(', ') || 'none'}; switch with curl -X PUT '${running.url}/faults/crm.slow?value=4s'\n`,
    );
    io.stdout.write('  Ctrl-C stops it\n');
    await new Promise((resolve) => io.interrupt.addEventListener('abort', resolve, { once: true }));
    return exits.passed;
  },
};

/** `name=value` or `name` alone. */
export function faultsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => [word.split('=')[0] ?? word, word.includes('=') ? word.slice(word.indexOf('=') + 1) : '']),
  );
}

export default lab;
