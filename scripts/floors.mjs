// Runs dependency-cruiser over the house and fails when it saw fewer files than there are: a checker that checks nothing is worse than none.
import { globSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const floors = ['core', 'drivers', 'telephony', 'store', 'config', 'judge', 'reporters', 'lab', 'runners'];
const root = process.argv[2] ?? process.cwd();
process.chdir(root);
const present = floors.filter((floor) => globSync(`${floor}/**/*.ts`).length > 0);
const files = present.flatMap((floor) => globSync(`${floor}/**/*.ts`));
const options = await extractOptions(new URL('../.dependency-cruiser.cjs', import.meta.url).pathname);
const { output } = await cruise(present, { ...options, baseDir: root }, undefined, {
  tsConfig: extractTSConfig(new URL('../tsconfig.json', import.meta.url).pathname),
});
const seen = new Set(output.modules.map((module) => module.source));
const missed = files.filter((file) => !seen.has(file.split('\\').join('/')));
for (const { rule, from, to, cycle } of output.summary.violations)
  console.error(
    `${rule.severity} ${rule.name}: ${from} → ${cycle ? cycle.map((step) => step.name ?? step).join(' → ') : to}`,
  );
for (const file of missed) console.error(`error not cruised: ${file}`);
console.log(
  `${files.length - missed.length} of ${files.length} source files cruised, ${output.summary.violations.length} violations`,
);
process.exitCode = missed.length > 0 || output.summary.error > 0 || files.length === 0 ? 1 : 0;
