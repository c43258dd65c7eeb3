#!/usr/bin/env node
/** `dossier-template`: tries a template's code on one's own machine, and begins a new one. */
import { argv, env, exit, stderr } from 'node:process';
import { describeFolder } from './describe-folder.ts';
import { init } from './init.ts';
import { tryModule } from './try-module.ts';
import { Mistake } from './module-run.ts';

const HELP = `dossier-template run ENTRYPOINT [--parameters FILE] [--template FILE] [--rows FILE] [--time-zone ZONE]
    runs a module as a Report would, and prints its rows
      --parameters FILE   YAML or JSON: values by name, e.g. month: {from: "2026-10-01", to: "2026-11-01"}
      --template FILE     ReportTemplate, or a repository's dossier.yaml: defaults and rules of parameters, and the columns that rows must fit
      --rows FILE         where the rows go; default: standard output
      --time-zone ZONE    the Report's zone; default UTC
dossier-template describe FOLDER
    checks the descriptor of a repository (dossier.yaml or Connect's reports.json) in a folder, and prints the templates that it makes
dossier-template init FOLDER
    makes a folder with a module, parameters and a template to start from
`;

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(new Error(signal)));
const [command, ...args] = argv.slice(2);
// `npm run` starts programs in the package's folder and tells here where it was called.
const folder = env['INIT_CWD'] ?? process.cwd();

// A module that ends the process, or waits for what never comes, makes no rows; without a word that would look like success.
let hasEnded = false;
process.once('exit', () => {
  if (hasEnded) return;
  stderr.write('the module ended the process, or waits for something that never comes: there are no rows\n');
  process.exitCode = 1;
});

try {
  if (command === 'run') await tryModule(args, folder, stop.signal);
  else if (command === 'describe') await describeFolder(args, folder);
  else if (command === 'init') await init(args, folder);
  else if (command === undefined || command === '--help' || command === 'help') stderr.write(HELP);
  else throw new Mistake(`unknown command "${command}"; see dossier-template --help`);
  hasEnded = true;
  exit(0);
} catch (error) {
  hasEnded = true;
  const isTold = error instanceof Mistake || stop.signal.aborted || (error as Error).name === 'DossierError';
  stderr.write(`${isTold ? (error as Error).message : ((error as Error).stack ?? String(error))}\n`);
  exit(error instanceof Mistake ? 64 : 1);
}
