/** The bytes of a template's own workbook: from a ConfigMap that the kubelet shows as a file, or from the checkout of the template's git source. */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { dirname, join, basename, sep } from 'node:path';
import { DossierError } from '../errors.ts';
import { PLAN_ENV, type RunPlan } from './plan.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Longest file in bytes (security.md 18); one more is enough to refuse it. */
const READ_LIMIT_BYTES = 20 * 1024 * 1024 + 1;

/** Undefined = the template has none, or the format is another. @throws DossierError TemplateFailed */
export async function readWorkbookFile({ format, xlsx }: RunPlan, env: Environment): Promise<Buffer | undefined> {
  const { workbook } = xlsx;
  if (format !== 'XLSX' || workbook === undefined) return undefined;
  const path = env[PLAN_ENV.workbook];
  if (path === undefined) throw new TypeError('a plan with a workbook has its path');
  try {
    const isCheckout = workbook.from.kind === 'git';
    return await readBounded(isCheckout ? await withinTree(path, env[PLAN_ENV.workbookTree] ?? '') : path, isCheckout);
  } catch (error) {
    if (error instanceof DossierError) throw error;
    const { from } = workbook;
    const where =
      from.kind === 'git'
        ? `the repository has no file "${from.path}" that can be read below the source's path`
        : `ConfigMap "${from.name}" does not exist, or has no key "${from.key}"; put the workbook under binaryData, e.g. by kubectl create configmap ${from.name} --from-file=${from.key}`;
    throw failed(where);
  }
}

/** A link in the repository must not lead out of it. */
async function withinTree(path: string, tree: string): Promise<string> {
  const [folder, root] = await Promise.all([realpath(dirname(path)), realpath(tree)]);
  if (folder !== root && !folder.startsWith(root + sep)) throw failed('the file lies outside of the repository');
  return join(folder, basename(path));
}

async function readBounded(path: string, isCheckout: boolean): Promise<Buffer> {
  // The kubelet's own files are links to what is there at the moment.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | (isCheckout ? constants.O_NOFOLLOW : 0));
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw failed('the file is no regular one');
    if (facts.size >= READ_LIMIT_BYTES) throw failed('the file has more than 20 MiB');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function failed(clause: string): DossierError {
  return new DossierError('TemplateFailed', `xlsx.workbook: ${clause}`, { retryable: false });
}
