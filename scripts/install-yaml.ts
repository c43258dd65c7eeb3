/**
 * `npm run install-yaml -- [flags of helm template]`: makes dist/install.yaml, the chart as one flat file for those who do not use Helm.
 *
 * It is made, not committed: the chart is the one source of it.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { provideTools } from '../src/local/tools/provide.ts';

const ROOT = join(import.meta.dirname, '..');
const NAMESPACE = 'dossier-system';

/** Where flags of helm put everything: the last one counts. */
export function namespaceOf(flags: readonly string[]): string {
  let namespace = NAMESPACE;
  flags.forEach((flag, index) => {
    const match = /^(?:--namespace|-n)(?:=(?<value>.*))?$/.exec(flag) ?? /^-n(?<value>[^=].*)$/.exec(flag);
    if (match !== null) namespace = match.groups?.['value'] ?? flags[index + 1] ?? namespace;
  });
  return namespace;
}

/** The manifests with their namespace, without what only Helm understands. */
export async function installYaml(flags: readonly string[]): Promise<string> {
  const { helm } = await provideTools({}, ['helm']);
  const namespace = namespaceOf(flags);
  const args = [
    'template',
    'dossier',
    join(ROOT, 'charts/dossier'),
    '--namespace',
    namespace,
    '--no-hooks',
    '--set',
    'crds.keep=false',
    ...flags,
  ];
  const { stdout } = await promisify(execFile)(helm, args, { maxBuffer: 16 << 20 });
  const lines = stdout.split('\n').filter((line) => !/^ *(helm\.sh\/chart|app\.kubernetes\.io\/managed-by): /.test(line));
  return `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${namespace}\n  labels:\n    pod-security.kubernetes.io/enforce: restricted\n${lines.join('\n')}`;
}

if (import.meta.main) {
  const path = join(ROOT, 'dist/install.yaml');
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  await writeFile(path, await installYaml(process.argv.slice(2)));
  console.log(path);
}
