/** The plugin's command line: which command, with what, or which help. */
import { parseArgs } from 'node:util';
import { nearest } from '../nearest.ts';
import { UsageError, type Command, type Given, type Option } from './command.ts';

export const COMMON_OPTIONS: readonly Option[] = [
  { name: 'namespace', short: 'n', value: 'NAMESPACE', help: 'namespace; default: that of the kubeconfig’s context' },
  { name: 'context', value: 'NAME', help: 'context of the kubeconfig' },
  { name: 'kubeconfig', value: 'FILE', help: 'kubeconfig; default: KUBECONFIG, or ~/.kube/config' },
  { name: 'help', short: 'h', help: 'show this help' },
];

export type Parsed =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly command: Command; readonly given: Given };

/** Throws UsageError. */
export function parseCommandLine(args: readonly string[], commands: readonly Command[]): Parsed {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const about = commands.find((command) => command.name === rest[0]);
    return { kind: 'help', text: about === undefined ? overview(commands) : helpOf(about) };
  }
  if (name === '--version' || name === 'version') return { kind: 'version' };
  const command = commands.find((each) => each.name === name);
  if (command === undefined) throw new UsageError(unknown(name, commands));
  const given = read(command, rest);
  return given.has('help') ? { kind: 'help', text: helpOf(command) } : { kind: 'run', command, given: checked(command, given) };
}

function unknown(name: string, commands: readonly Command[]): string {
  if (name.startsWith('-')) return `the command comes first: kubectl dossier COMMAND ${name} (--help lists the commands)`;
  const names = commands.map((command) => command.name);
  const [close] = nearest(name, names, 1);
  return `"${name}" is not a command${close === undefined ? '' : `; did you mean "${close}"?`} There are: ${names.join(', ')}`;
}

function read(command: Command, args: readonly string[]): Given {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string; multiple: boolean }> = {};
  for (const { name, short, value, multiple = false } of [...command.options, ...COMMON_OPTIONS]) {
    options[name] = { type: value === undefined ? 'boolean' : 'string', multiple, ...(short === undefined ? {} : { short }) };
  }
  let parsed: { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)} (kubectl dossier ${command.name} --help)`);
  }
  const { values, positionals } = parsed;
  return {
    words: positionals,
    text: (name) => {
      const value = values[name];
      return typeof value === 'string' ? value : undefined;
    },
    list: (name) => {
      const value = values[name];
      return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
    },
    has: (name) => values[name] === true,
  };
}

function checked(command: Command, given: Given): Given {
  const [least, most] = command.words;
  const { length } = given.words;
  if (length < least || length > most) {
    const what = length < least ? 'something is missing' : `"${given.words[most] ?? ''}" is too much`;
    throw new UsageError(`${what}: kubectl dossier ${command.name} ${command.synopsis} (--help tells more)`);
  }
  return given;
}

function overview(commands: readonly Command[]): string {
  return [
    'Makes, follows and fetches reports of Dossier.',
    '',
    'kubectl dossier COMMAND ...',
    '',
    ...commands.map(({ name, synopsis, summary }) => `  ${name} ${synopsis}\n      ${summary}`),
    '',
    'kubectl dossier COMMAND --help tells more. Exit code: 0 done; 1 it did not work; 2 the command line is wrong; 130 interrupted.',
    '',
  ].join('\n');
}

function helpOf({ name, synopsis, summary, help, options }: Command): string {
  const lines = [...options, ...COMMON_OPTIONS].map(
    (option) =>
      `  ${option.short === undefined ? '' : `-${option.short}, `}--${option.name}${option.value === undefined ? '' : ` ${option.value}`}\n      ${option.help}`,
  );
  return [`kubectl dossier ${name} ${synopsis}`, '', summary, '', help.trim(), '', ...lines, ''].join('\n');
}
