/**
 * The environment and the arguments of a container: what the kubelet and the container runtime would give it, with one difference.
 *
 * A local process has no mount namespace. So a variable whose whole value is a path of a volume mount, a path below one, or the path of the termination log gets the real
 * path instead; paths inside longer texts and paths in arguments are left alone (an argument `$(VARIABLE)` sees the real path). A program that should run on a local node
 * therefore takes its paths from its environment.
 *
 * Nothing of the agent's own environment is inherited but PATH.
 */
import type { LocalImage } from './images.ts';
import type { Container, EnvVar, KeySelector, Pod } from './pod.ts';

/** What variables may refer to. */
export interface EnvironmentFacts {
  readonly pod: Pod;
  readonly nodeIp: string;
  /** Data of the Secrets that the container names, decoded. */
  readonly secrets: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly configMaps: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Paths inside the container and where they are in truth. */
export interface PathMap {
  /** Longest first. */
  readonly entries: readonly { readonly inside: string; readonly real: string }[];
  /** The pod's own folder: what lies in it is real already, even where a mount path happens to be a parent of it. */
  readonly root: string;
}

/** What stands in a waiting container's status as CreateContainerConfigError; the kubelet's words. */
export class ContainerConfigError extends Error {}

/** Where the container's mounts and its termination log really are. */
export function pathMap(container: Container, volumes: ReadonlyMap<string, string>, terminationLog: string, root: string): PathMap {
  const mounts = (container.volumeMounts ?? []).map(({ name, mountPath, subPath }) => {
    const real = volumes.get(name) ?? '';
    return { inside: mountPath.replace(/(.)\/+$/, '$1'), real: subPath === undefined || subPath === '' ? real : `${real}/${subPath}` };
  });
  const entries = [...mounts, { inside: container.terminationMessagePath ?? '/dev/termination-log', real: terminationLog }];
  return { entries: entries.toSorted((a, b) => b.inside.length - a.inside.length), root };
}

/** The real path of a value that is a path inside the container; any other value as it is. */
export function realPath(value: string, paths: PathMap): string {
  if (isAtOrBelow(value, paths.root)) return value;
  const mount = paths.entries.find(({ inside }) => isAtOrBelow(value, inside));
  return mount === undefined ? value : mount.real + value.slice(mount.inside.length);
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Names of the Secrets and ConfigMaps that a container's variables need. */
export function referencedNames(container: Container): { readonly secrets: ReadonlySet<string>; readonly configMaps: ReadonlySet<string> } {
  const variables = container.env ?? [];
  return {
    secrets: new Set(variables.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? [])),
    configMaps: new Set(variables.flatMap(({ valueFrom }) => valueFrom?.configMapKeyRef?.name ?? [])),
  };
}

/** Every variable of a container, `base` (image, runtime) first. Throws ContainerConfigError when a reference leads nowhere. */
export function environmentOf(
  container: Container,
  facts: EnvironmentFacts,
  base: Readonly<Record<string, string>>,
  paths: PathMap,
): Readonly<Record<string, string>> {
  const own = new Map<string, string>();
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, facts, own);
    if (value !== undefined) own.set(variable.name, realPath(value, paths));
  }
  return { ...base, ...Object.fromEntries(own) };
}

/** undefined = an optional reference that leads nowhere: the variable is not set. */
function valueOf({ value, valueFrom }: EnvVar, facts: EnvironmentFacts, known: ReadonlyMap<string, string>): string | undefined {
  if (value !== undefined && value !== '') return expand(value, known);
  if (valueFrom === undefined) return '';
  const { namespace } = facts.pod.metadata;
  if (valueFrom.secretKeyRef !== undefined) return keyOf('secret', 'Secret', valueFrom.secretKeyRef, facts.secrets, namespace);
  if (valueFrom.configMapKeyRef !== undefined)
    return keyOf('configmap', 'ConfigMap', valueFrom.configMapKeyRef, facts.configMaps, namespace);
  if (valueFrom.fieldRef !== undefined) return fieldValue(facts.pod, valueFrom.fieldRef.fieldPath, facts.nodeIp);
  throw new ContainerConfigError('a local node resolves only secretKeyRef, configMapKeyRef and fieldRef');
}

function keyOf(
  resource: string,
  kind: string,
  { name, key, optional }: KeySelector,
  objects: ReadonlyMap<string, ReadonlyMap<string, string>>,
  namespace: string,
): string | undefined {
  const data = objects.get(name);
  const value = data?.get(key);
  if (value !== undefined || optional === true) return value;
  throw new ContainerConfigError(
    data === undefined ? `${resource} "${name}" not found` : `couldn't find key ${key} in ${kind} ${namespace}/${name}`,
  );
}

/** A field of the pod as the downward API prints it. Throws ContainerConfigError for a field that it does not have. */
export function fieldValue(pod: Pod, fieldPath: string, nodeIp: string): string {
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (subscript !== null) return pod.metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] ?? ''] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace;
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'metadata.labels':
    case 'metadata.annotations': {
      const entries = Object.entries(pod.metadata[fieldPath === 'metadata.labels' ? 'labels' : 'annotations'] ?? {});
      return entries
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .toSorted()
        .join('\n');
    }
    case 'spec.nodeName':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
    case 'status.podIP':
    case 'status.podIPs':
      return nodeIp;
    default:
      throw new ContainerConfigError(`unsupported fieldPath: ${fieldPath}`);
  }
}

/** `$(NAME)` by the value of NAME where it is known, `$$` by `$`. https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/ */
export function expand(text: string, known: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (known.get(name) ?? whole),
  );
}

/** The command line: `command` replaces the image's entrypoint and its default arguments, `args` only the latter. */
export function commandLine(container: Container, image: LocalImage, environment: Readonly<Record<string, string>>): readonly string[] {
  const known = new Map(Object.entries(environment));
  const given = (words: readonly string[] | undefined): readonly string[] | undefined => words?.map((word) => expand(word, known));
  const command = given(container.command);
  const args = given(container.args);
  if (command !== undefined && command.length > 0) return [...command, ...(args ?? [])];
  return [...image.entrypoint, ...(args !== undefined && args.length > 0 ? args : (image.defaultArgs ?? []))];
}
