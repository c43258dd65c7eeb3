/**
 * The system templates' rows as whoever has only kubectl would work them out: from `kubectl get -o json`, by arithmetic of its own on whole numbers.
 *
 * Nothing here is shared with the program: what both say has been found twice.
 */
export type Row = Readonly<Record<string, string>>;

interface Container {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string>>; readonly limits?: Readonly<Record<string, string>> };
}

interface PodSpec {
  readonly nodeName?: string;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface ContainerStatus {
  readonly image: string;
  readonly imageID: string;
  readonly state?: { readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly finishedAt?: string } };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** As much of any object as is read here. */
export interface Item {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly controller?: boolean }[];
  };
  readonly spec?: PodSpec & {
    readonly replicas?: number;
    readonly parallelism?: number;
    readonly template?: { readonly spec: PodSpec };
    readonly jobTemplate?: { readonly spec: { readonly template: { readonly spec: PodSpec } } };
    readonly capacity?: Readonly<Record<string, string>>;
    readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
    readonly claimRef?: { readonly name: string; readonly namespace: string };
    readonly volumeName?: string;
    readonly storageClassName?: string;
    readonly accessModes?: readonly string[];
    readonly persistentVolumeReclaimPolicy?: string;
    readonly secretName?: string;
    readonly dnsNames?: readonly string[];
    readonly issuerRef?: { readonly kind: string; readonly name: string };
    readonly templateRef?: { readonly name: string };
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly readyReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly numberReady?: number;
    readonly ready?: number;
    readonly capacity?: Readonly<Record<string, string>>;
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly nodeInfo?: { readonly kubeletVersion: string };
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly notAfter?: string;
    readonly renewalTime?: string;
    readonly startTime?: string;
    readonly completionTime?: string;
    readonly duration?: string;
    readonly file?: Readonly<Record<string, string | number>>;
  };
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
  readonly rules?: unknown;
}

const NANO = 1_000_000_000n;
const FACTORS: Readonly<Record<string, bigint>> = {
  n: 1n,
  u: 1000n,
  m: 1_000_000n,
  '': NANO,
  ...Object.fromEntries(['k', 'M', 'G', 'T', 'P', 'E'].map((suffix, index) => [suffix, NANO * 1000n ** BigInt(index + 1)])),
  ...Object.fromEntries(['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, index) => [suffix, NANO * 1024n ** BigInt(index + 1)])),
};

/** In billionths, which is as fine as Kubernetes goes. */
export function nano(quantity: string | undefined): bigint {
  if (quantity === undefined) return 0n;
  const parts = /^(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+)|([a-zA-Z]*))$/.exec(quantity);
  if (parts === null) throw new Error(`${quantity} is no quantity`);
  const [, whole = '', fraction = '', exponent = '0', suffix = ''] = parts;
  const factor = (FACTORS[suffix] ?? 0n) * 10n ** BigInt(Math.max(0, Number(exponent)));
  return (BigInt(whole + fraction) * factor) / 10n ** BigInt(fraction.length + Math.max(0, -Number(exponent)));
}

/** All digits of billionths, and no more. */
export function digits(value: bigint): string {
  const fraction = String(value % NANO)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${value / NANO}${fraction === '' ? '' : `.${fraction}`}`;
}

/** A fraction with so many decimals, halves up. */
function rounded(numerator: bigint, denominator: bigint, decimals: number): string {
  const scaled = (2n * numerator * 10n ** BigInt(decimals) + denominator) / (2n * denominator);
  const text = String(scaled).padStart(decimals + 1, '0');
  return `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
}

const amount = (quantity: string | undefined): string => (quantity === undefined ? '' : digits(nano(quantity)));
const text = (value: string | number | undefined): string => (value === undefined ? '' : String(value));
const total = (quantities: readonly (string | undefined)[]): bigint => quantities.reduce((sum, each) => sum + nano(each), 0n);
const controllerOf = ({ metadata }: Item): { readonly kind: string; readonly name: string } | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true);
const conditionOf = ({ status }: Item, type: string): Condition | undefined => status?.conditions?.find((each) => each.type === type);
const hasEnded = ({ status }: Item): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';
const statusesOf = ({ status }: Item): readonly ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** Containers that run as long as the pod does. */
function lasting({ spec }: Item): readonly Container[] {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')];
}

const OWN_WORKLOADS = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job'];

export function workloads(items: readonly Item[]): readonly Row[] {
  return items
    .filter((item) => !OWN_WORKLOADS.includes(controllerOf(item)?.kind ?? ''))
    .flatMap((item) => {
      const { kind, metadata, spec, status } = item;
      const pod = spec?.jobTemplate?.spec.template.spec ?? spec?.template?.spec ?? spec;
      return (pod?.containers ?? []).map(({ name, image, resources }) => ({
        Kind: kind,
        Namespace: text(metadata.namespace),
        Workload: metadata.name,
        'Controlled by': text(controllerOf(item)?.kind),
        Replicas: text(kind === 'DaemonSet' ? status?.desiredNumberScheduled : kind === 'Job' ? spec?.parallelism : spec?.replicas),
        Ready: text(kind === 'DaemonSet' ? status?.numberReady : kind === 'Job' ? status?.ready : status?.readyReplicas),
        Container: name,
        Image: image,
        'CPU request (cores)': amount(resources?.requests?.['cpu']),
        'CPU limit (cores)': amount(resources?.limits?.['cpu']),
        'Memory request (bytes)': amount(resources?.requests?.['memory']),
        'Memory limit (bytes)': amount(resources?.limits?.['memory']),
        Created: metadata.creationTimestamp,
      }));
    });
}

export function images(pods: readonly Item[]): readonly Row[] {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    for (const { image, imageID } of statusesOf(pod)) {
      const [name = ''] = image.split('@');
      const parts = name.split('/');
      const first = parts[0] ?? '';
      const hasHost = parts.length > 1 && (first === 'localhost' || /[.:]/.test(first));
      const [repository = '', tag = ''] = (hasHost ? parts.slice(1) : parts).join('/').split(':');
      const digest = imageID.includes('sha256:') ? imageID.slice(imageID.indexOf('sha256:')) : '';
      const key = JSON.stringify([hasHost ? first : 'docker.io', repository, tag, digest, pod.metadata.namespace]);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts].map(([key, count]) => {
    const [Registry = '', Repository = '', Tag = '', Digest = '', Namespace = ''] = JSON.parse(key) as readonly string[];
    return { Registry, Repository, Tag, Digest, Namespace, Containers: String(count) };
  });
}

/** Prices in cents for a core, and for a GiB of memory and of storage. */
export function resources(pods: readonly Item[], claims: readonly Item[], prices: readonly [bigint, bigint, bigint]): readonly Row[] {
  const living = pods.filter((pod) => !hasEnded(pod));
  const namespaces = [...new Set([...living, ...claims].map(({ metadata }) => text(metadata.namespace)))];
  return namespaces.map((namespace) => {
    const here = living.filter(({ metadata }) => metadata.namespace === namespace);
    const sum = (of: 'requests' | 'limits', what: string): bigint =>
      total(here.flatMap(lasting).map((container) => container.resources?.[of]?.[what]));
    const storage = total(
      claims.filter(({ metadata }) => metadata.namespace === namespace).map(({ spec }) => spec?.resources?.requests?.['storage']),
    );
    const gib = NANO * 1024n ** 3n * 100n;
    const costs = [
      rounded(sum('requests', 'cpu') * prices[0], NANO * 100n, 2),
      rounded(sum('requests', 'memory') * prices[1], gib, 2),
      rounded(storage * prices[2], gib, 2),
    ];
    const cents = costs.reduce((all, cost) => all + BigInt(cost.replace('.', '')), 0n);
    return {
      Namespace: namespace,
      Pods: String(here.length),
      'CPU requests (cores)': digits(sum('requests', 'cpu')),
      'CPU limits (cores)': digits(sum('limits', 'cpu')),
      'Memory requests (bytes)': digits(sum('requests', 'memory')),
      'Memory limits (bytes)': digits(sum('limits', 'memory')),
      'Storage requests (bytes)': digits(storage),
      'CPU cost': text(costs[0]),
      'Memory cost': text(costs[1]),
      'Storage cost': text(costs[2]),
      'Total cost': rounded(cents, 100n, 2),
    };
  });
}

export function volumes(claims: readonly Item[], persistent: readonly Item[]): readonly Row[] {
  return [...claims, ...persistent].map(({ kind, metadata, spec, status }) => {
    const isClaim = kind === 'PersistentVolumeClaim';
    return {
      Kind: kind,
      Namespace: text(isClaim ? metadata.namespace : spec?.claimRef?.namespace),
      Claim: text(isClaim ? metadata.name : spec?.claimRef?.name),
      Volume: text(isClaim ? spec?.volumeName : metadata.name),
      Phase: text(status?.phase),
      'Storage class': text(spec?.storageClassName),
      'Access modes': JSON.stringify(spec?.accessModes),
      'Requested (bytes)': amount(spec?.resources?.requests?.['storage']),
      'Capacity (bytes)': amount((isClaim ? status : spec)?.capacity?.['storage']),
      'Reclaim policy': text(spec?.persistentVolumeReclaimPolicy),
      Created: metadata.creationTimestamp,
    };
  });
}

export function nodes(all: readonly Item[], pods: readonly Item[]): readonly Row[] {
  return all.map((node) => {
    const { capacity = {}, allocatable = {}, nodeInfo } = node.status ?? {};
    const on = pods.filter((pod) => pod.spec?.nodeName === node.metadata.name && !hasEnded(pod));
    const sum = (of: 'requests' | 'limits', what: string): bigint =>
      total(on.flatMap(lasting).map((container) => container.resources?.[of]?.[what]));
    const share = (what: string): string => rounded(sum('requests', what) * 100n, nano(allocatable[what]), 1);
    return {
      Node: node.metadata.name,
      Ready: text(conditionOf(node, 'Ready')?.status),
      Kubelet: text(nodeInfo?.kubeletVersion),
      'CPU capacity (cores)': amount(capacity['cpu']),
      'CPU allocatable (cores)': amount(allocatable['cpu']),
      'CPU requests (cores)': digits(sum('requests', 'cpu')),
      'CPU limits (cores)': digits(sum('limits', 'cpu')),
      'CPU requests (%)': share('cpu'),
      'Memory capacity (bytes)': amount(capacity['memory']),
      'Memory allocatable (bytes)': amount(allocatable['memory']),
      'Memory requests (bytes)': digits(sum('requests', 'memory')),
      'Memory limits (bytes)': digits(sum('limits', 'memory')),
      'Memory requests (%)': share('memory'),
      'Pods allocatable': amount(allocatable['pods']),
      Pods: String(on.length),
    };
  });
}

/** `Rules` as it stands, for comparisons of JSON. */
export function access(bindings: readonly Item[], roles: readonly Item[]): readonly Readonly<Record<string, unknown>>[] {
  return bindings.flatMap(({ kind, metadata, roleRef, subjects = [] }) => {
    const roleNamespace = roleRef?.kind === 'Role' ? metadata.namespace : undefined;
    const role = roles.find(
      (each) => each.kind === roleRef?.kind && each.metadata.name === roleRef.name && each.metadata.namespace === roleNamespace,
    );
    return subjects.map((subject) => ({
      'Subject kind': subject.kind,
      'Subject namespace': text(subject.namespace),
      Subject: subject.name,
      'In namespace': text(metadata.namespace),
      'Role kind': text(roleRef?.kind),
      'Role namespace': text(roleNamespace),
      Role: text(roleRef?.name),
      'Binding kind': kind,
      Binding: metadata.name,
      Rules: role?.rules ?? undefined,
    }));
  });
}

export function certificates(items: readonly Item[], within: number): readonly Row[] {
  return items
    .filter(({ status }) => Date.parse(status?.notAfter ?? '') < within)
    .map((item) => ({
      Namespace: text(item.metadata.namespace),
      Certificate: item.metadata.name,
      Ends: text(item.status?.notAfter),
      'To be renewed': text(item.status?.renewalTime),
      Ready: text(conditionOf(item, 'Ready')?.status),
      Message: text(conditionOf(item, 'Ready')?.message),
      'DNS names': item.spec?.dnsNames === undefined ? '' : JSON.stringify(item.spec.dnsNames),
      'Issuer kind': text(item.spec?.issuerRef?.kind),
      Issuer: text(item.spec?.issuerRef?.name),
      Secret: text(item.spec?.secretName),
    }));
}

/** Of those that failed in the half-open period, in epoch milliseconds. */
export function failures(jobs: readonly Item[], pods: readonly Item[], [from, to]: readonly [number, number]): readonly Row[] {
  const rows = [
    ...jobs.flatMap((job) => {
      const failed = conditionOf(job, 'Failed');
      if (failed?.status !== 'True') return [];
      return [
        { item: job, Failed: text(failed.lastTransitionTime), Reason: text(failed.reason), Message: text(failed.message), codes: [] },
      ];
    }),
    ...pods
      .filter(({ status }) => status?.phase === 'Failed')
      .map((pod) => {
        const ended = statusesOf(pod).flatMap(({ state }) => (state?.terminated === undefined ? [] : [state.terminated]));
        const moments = [
          ...ended.map(({ finishedAt }) => finishedAt),
          ...(pod.status?.conditions ?? []).map((each) => each.lastTransitionTime),
        ];
        const bad = ended.filter(({ exitCode }) => exitCode !== 0);
        return {
          item: pod,
          Failed: text(moments.map(text).toSorted().at(-1)),
          Reason: text([pod.status?.reason, ...bad.map(({ reason }) => reason)].map(text).toSorted().at(-1)),
          Message: text(pod.status?.message),
          codes: bad.map(({ exitCode }) => exitCode),
        };
      }),
  ];
  return rows
    .filter(({ Failed }) => Date.parse(Failed) >= from && Date.parse(Failed) < to)
    .map(({ item, Failed, Reason, Message, codes }) => ({
      Namespace: text(item.metadata.namespace),
      Kind: item.kind,
      Name: item.metadata.name,
      'Controller kind': text(controllerOf(item)?.kind),
      Controller: text(controllerOf(item)?.name),
      Failed,
      Reason,
      Message,
      'Exit codes': JSON.stringify(codes),
    }));
}

export function reports(items: readonly Item[]): readonly Row[] {
  return items.map((item) => {
    const { startTime, completionTime, duration, phase, file = {} } = item.status ?? {};
    return {
      Namespace: text(item.metadata.namespace),
      Report: item.metadata.name,
      Schedule: text(item.metadata.labels?.['dossier.dev/schedule']),
      Template: text(item.spec?.templateRef?.name),
      Phase: text(phase),
      Reason: text(conditionOf(item, 'Ready')?.reason),
      Started: text(startTime),
      Ended: text(completionTime),
      Duration: text(duration),
      Format: text(file['format']),
      Rows: text(file['rows']),
      'Size (bytes)': text(file['sizeBytes']),
      'SHA-256': text(file['sha256']),
      File: text(file['uri']),
      Message: text(conditionOf(item, 'Ready')?.message),
    };
  });
}
