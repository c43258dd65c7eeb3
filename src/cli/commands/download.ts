/** `kubectl dossier download`: asks for a link, fetches the file, checks it, and takes the request back. */
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileNameProblem, WHOLE_NAME_LIMIT_BYTES } from '../../api/file-name.ts';
import type { ReportDownload } from '../../api/generated/reportdownload.ts';
import { findCondition } from '../../api/conditions.ts';
import { foreignText } from '../../foreign-text.ts';
import { humanSize } from '../../operator/report/status.ts';
import { apiVersionOf, REPORT_DOWNLOADS } from '../../kube/resources.ts';
import { CommandError, numberOf, type Command, type World } from '../command.ts';
import { fetchFile } from '../fetch-file.ts';
import { standing, until } from '../follow.ts';

/** The link lives no longer than a slow start of the transfer needs. */
const LINK_SECONDS = 300;
/** `generateName` is cut by nobody but us: names have at most 253 characters, of which the apiserver makes five. */
const STEM_LENGTH = 200;
const FAREWELL_MS = 5_000;

export const download: Command = {
  name: 'download',
  synopsis: 'REPORT [-o FILE]',
  summary: 'Fetches the file of a Ready Report and checks it.',
  help: `
Size and SHA-256 must be those that the Report says; otherwise no file is left behind. Without -o the file gets its own name in this
folder, and one that is there already is not overwritten. -o - writes it to standard output, after it was checked.

  kubectl dossier download invoices-2026-10
  kubectl dossier download invoices-2026-10 -o /tmp/october.xlsx
`,
  options: [
    { name: 'output', short: 'o', value: 'FILE', help: 'where to put it: a file, a folder, or - for standard output' },
    {
      name: 'certificate-authority',
      value: 'FILE',
      help: 'certificates (PEM) of the object store’s authority, when this machine does not know it',
    },
    { name: 'timeout', value: 'SECONDS', help: 'how long to wait for the link; default 60' },
  ],
  words: [1, 1],
  run: async (given, world) => {
    const report = given.words[0] ?? '';
    const seconds = numberOf(given, 'timeout', 60, 1, 3_600);
    const authorityFile = given.text('certificate-authority');
    const authority = authorityFile === undefined ? undefined : await readFile(authorityFile, 'utf8');
    const asked = await ask(world, report);
    try {
      const { url, file } = (await linked(world, asked, seconds)).status;
      if (url === undefined || file === undefined)
        throw new CommandError(`ReportDownload ${asked.metadata.name} has no link although it is Ready`);
      const place = await placeOf(given.text('output'), file.name);
      if (place === undefined) await toOutput(world, url, file, authority);
      else {
        await fetchFile(url, file, place, authority, world.signal);
        world.say(`${place}: ${humanSize(file.sizeBytes)}, SHA-256 ${file.sha256}`);
      }
      return 0;
    } finally {
      await takeBack(world, asked);
    }
  },
};

async function ask({ client, namespace, signal }: World, report: string): Promise<ReportDownload> {
  const generateName = `${report.slice(0, STEM_LENGTH)}-`;
  const spec = { reportRef: { name: report }, expirationSeconds: LINK_SECONDS };
  const manifest = { apiVersion: apiVersionOf(REPORT_DOWNLOADS), kind: REPORT_DOWNLOADS.kind, metadata: { generateName, namespace }, spec };
  return client.create<ReportDownload>(REPORT_DOWNLOADS, manifest, signal);
}

async function linked(world: World, { metadata: { name } }: ReportDownload, seconds: number): Promise<ReportDownload> {
  let told = '';
  const ended = await until<ReportDownload>(world, REPORT_DOWNLOADS, name, seconds, ({ status }) => {
    const line = standing('waiting', findCondition(status.conditions, 'Ready'));
    if (status.phase === undefined && status.conditions !== undefined && line !== told) world.say(line);
    told = line;
    return status.phase !== undefined;
  });
  if (ended.status.phase === 'Ready') return ended;
  const ready = findCondition(ended.status.conditions, 'Ready');
  throw new CommandError(`${ready?.reason ?? 'Failed'}: ${foreignText(ready?.message ?? 'there is no link', 2_048)}`);
}

/** Where the file goes; undefined = standard output. */
export async function placeOf(output: string | undefined, name: string): Promise<string | undefined> {
  if (output === '-') return undefined;
  const problem = fileNameProblem(name, WHOLE_NAME_LIMIT_BYTES);
  const into = output === undefined ? '.' : output;
  const found = await stat(into).catch(() => undefined);
  if (found?.isDirectory() !== true) return into;
  if (problem !== undefined) throw new CommandError(`${problem}: give it another one with -o FILE`);
  const place = join(into, name);
  if ((await stat(place).catch(() => undefined)) !== undefined)
    throw new CommandError(`${place} is there already; -o ${place} overwrites it`);
  return place;
}

async function toOutput(world: World, url: string, file: Parameters<typeof fetchFile>[1], authority: string | undefined): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-dossier-'));
  try {
    const path = join(folder, 'file');
    await fetchFile(url, file, path, authority, world.signal);
    await pipeline(createReadStream(path), world.out, { end: false, signal: world.signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** So that the link is gone at once. Whoever may not delete leaves that to the operator, which does it when the link has expired. */
async function takeBack({ client, namespace }: World, { metadata: { name, uid } }: ReportDownload): Promise<void> {
  try {
    await client.delete(REPORT_DOWNLOADS, namespace, name, { propagation: 'Background', uid }, AbortSignal.timeout(FAREWELL_MS));
  } catch {
    // The file is there, or the reason why not is told already.
  }
}
