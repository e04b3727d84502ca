import { SpecError } from '../core/errors.ts';
import type { Command } from './command.ts';

/** A completion script for the shell, made of the commands' own definitions. */
export function completion(shell: string, commands: ReadonlyMap<string, Command>, drivers: readonly string[]): string {
  const flags = (command: Command) => Object.keys(command.options ?? {}).map((option) => `--${option}`);
  const names = [...commands.keys(), 'help', 'completion'];
  if (shell === 'bash' || shell === 'zsh') {
    const cases = [...commands].map(([name, command]) => `    ${name}) words="${flags(command).join(' ')}" ;;`);
    cases.push(`    help) words="${[...names, ...drivers].join(' ')}" ;;`);
    const setup =
      shell === 'zsh' ? 'autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n' : '';
    return `${setup}_throughline() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  if [ "$COMP_CWORD" = 1 ]; then words="${names.join(' ')}"; else case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="" ;;
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _throughline throughline
`;
  }
  if (shell === 'fish') {
    const lines = [...commands].flatMap(([name, command]) => [
      `complete -c throughline -n __fish_use_subcommand -a ${name} -d '${command.about.replaceAll("'", '’')}'`,
      ...Object.entries(command.options ?? {}).map(
        ([option, { about }]) =>
          `complete -c throughline -n '__fish_seen_subcommand_from ${name}' -l ${option} -d '${about.replaceAll("'", '’')}'`,
      ),
    ]);
    const topics = [...names, ...drivers].join(' ');
    lines.push(`complete -c throughline -n '__fish_seen_subcommand_from help' -a '${topics}'`);
    return `${lines.join('\n')}\n`;
  }
  throw new SpecError(`no completion for the shell ${shell}`, 'one of bash, zsh, fish');
}
