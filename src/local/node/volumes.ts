/**
 * The volumes of a pod as folders: emptyDir, secret, configMap, downwardAPI and projected (with service account tokens).
 *
 * They are written once, before the first container starts: a pod on a local node lives for minutes, so neither changed Secrets nor tokens about to expire are followed.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NodeApi, ObjectData } from './api.ts';
import { ContainerConfigError, fieldValue } from './environment.ts';
import type { DownwardFile, KeyToPath, Pod, PodSpec, ProjectedSource, Volume } from './pod.ts';

const DEFAULT_MODE = 0o644;
const DEFAULT_TOKEN_SECONDS = 3600;

interface VolumeFile {
  readonly path: string;
  readonly content: Buffer | string;
  readonly mode: number;
}

export interface VolumeFacts {
  readonly pod: Pod;
  readonly nodeIp: string;
  readonly api: NodeApi;
}

/** Makes every volume of the pod below `folder`; its result says where each is. Throws ContainerConfigError, and has made nothing, when something that a volume needs is missing. */
export async function prepareVolumes(facts: VolumeFacts, folder: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const { spec } = facts.pod;
  const contents = (spec.volumes ?? []).map(async (volume) => [join(folder, volume.name), await filesOf(volume, facts, signal)] as const);
  for (const [path, files] of await Promise.all(contents)) {
    await mkdir(path, { recursive: true });
    for (const file of files) {
      const target = join(path, file.path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, file.content, { mode: file.mode });
    }
  }
  await makeSubPaths(spec, folder);
  return new Map((spec.volumes ?? []).map(({ name }) => [name, join(folder, name)]));
}

/** Parts of emptyDirs that are mounted by themselves exist from the beginning. */
async function makeSubPaths({ volumes, initContainers, containers }: PodSpec, folder: string): Promise<void> {
  const empty = new Set((volumes ?? []).filter(({ emptyDir }) => emptyDir !== undefined).map(({ name }) => name));
  const mounts = [...(initContainers ?? []), ...containers].flatMap(({ volumeMounts }) => volumeMounts ?? []);
  for (const { name, subPath } of mounts)
    if (subPath !== undefined && empty.has(name)) await mkdir(join(folder, name, subPath), { recursive: true });
}

async function filesOf(volume: Volume, facts: VolumeFacts, signal: AbortSignal): Promise<readonly VolumeFile[]> {
  const { secret, configMap, downwardAPI, projected } = volume;
  if (secret !== undefined) return sourceFiles({ secret: { ...secret, name: secret.secretName } }, secret.defaultMode, facts, signal);
  if (configMap !== undefined) return sourceFiles({ configMap }, configMap.defaultMode, facts, signal);
  if (downwardAPI !== undefined) return sourceFiles({ downwardAPI }, downwardAPI.defaultMode, facts, signal);
  const files = (projected?.sources ?? []).map((source) => sourceFiles(source, projected?.defaultMode, facts, signal));
  return (await Promise.all(files)).flat();
}

async function sourceFiles(
  source: ProjectedSource,
  mode: number = DEFAULT_MODE,
  { pod, nodeIp, api }: VolumeFacts,
  signal: AbortSignal,
): Promise<readonly VolumeFile[]> {
  const { secret, configMap, downwardAPI, serviceAccountToken } = source;
  const { namespace } = pod.metadata;
  if (secret !== undefined) return dataFiles('secret', secret, await api.secret(namespace, secret.name, signal), mode);
  if (configMap !== undefined) return dataFiles('configmap', configMap, await api.configMap(namespace, configMap.name, signal), mode);
  if (serviceAccountToken !== undefined) {
    const { audience, expirationSeconds = DEFAULT_TOKEN_SECONDS, path } = serviceAccountToken;
    return [{ path, content: await api.token(pod, audience, expirationSeconds, signal), mode: 0o600 }];
  }
  return (downwardAPI?.items ?? []).map((item) => downwardFile(item, pod, nodeIp, mode));
}

function dataFiles(
  resource: 'secret' | 'configmap',
  { name, items, optional }: { readonly name: string; readonly items?: readonly KeyToPath[]; readonly optional?: boolean },
  data: ObjectData | undefined,
  mode: number,
): readonly VolumeFile[] {
  if (data === undefined) {
    if (optional === true) return [];
    throw new ContainerConfigError(`${resource} "${name}" not found`);
  }
  if (items === undefined) return [...data].map(([path, content]) => ({ path, content, mode }));
  return items.flatMap((item) => {
    const content = data.get(item.key);
    if (content !== undefined) return [{ path: item.path, content, mode: item.mode ?? mode }];
    if (optional === true) return [];
    const kind = resource === 'secret' ? 'secret' : 'config';
    throw new ContainerConfigError(`references non-existent ${kind} key: ${item.key}`);
  });
}

function downwardFile({ path, fieldRef, mode }: DownwardFile, pod: Pod, nodeIp: string, defaultMode: number): VolumeFile {
  if (fieldRef === undefined) throw new ContainerConfigError('a local node projects only fields of the pod, not its resources');
  return { path, content: fieldValue(pod, fieldRef.fieldPath, nodeIp), mode: mode ?? defaultMode };
}
