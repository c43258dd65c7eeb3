/** What the system templates are tried on: objects of each kind that they read, with quantities written in every way that Kubernetes takes. Nothing of it is ever started. */

export interface Places {
  /** Ends the names of what belongs to no namespace. */
  readonly mark: string;
  readonly shop: string;
  /** A second namespace, with claims and pods of no resources. */
  readonly depot: string;
}

export const DIGEST = `sha256:${'0a'.repeat(32)}`;
const DAY_MS = 86_400_000;
const WEB = 'registry.example.com:5000/team/web:1.2';

export function nodeNames({ mark }: Places): readonly [string, string] {
  return [`node-${mark}`, `spare-${mark}`];
}

export function volumeName({ mark }: Places): string {
  return `volume-${mark}`;
}

/** A cert-manager's kind, as far as it is read. */
export const CERTIFICATES_CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: certificates.cert-manager.io, annotations: { api-approved.kubernetes.io: unapproved } }
spec:
  group: cert-manager.io
  scope: Namespaced
  names: { kind: Certificate, listKind: CertificateList, plural: certificates, singular: certificate }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`;

/** Its status says what Kubernetes itself has added up. */
export const QUOTA = `
apiVersion: v1
kind: ResourceQuota
metadata: { name: all, namespace: SHOP }
spec: { hard: { pods: '99', requests.cpu: '999', limits.cpu: '999', requests.memory: 9Ti, limits.memory: 9Ti, requests.storage: 9Ti } }
`;

/** A scheduler that is not there keeps pods away from nodes. */
export function objects(places: Places): string {
  const [node, spare] = nodeNames(places);
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: SHOP }
spec:
  replicas: 0
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      schedulerName: nobody
      initContainers: [{ name: prepare, image: prepare }]
      containers:
        - { name: app, image: '${WEB}', resources: { requests: { cpu: 250m, memory: 64Mi }, limits: { cpu: '1', memory: 1Gi } } }
        - { name: proxy, image: proxy }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: SHOP }
spec:
  replicas: 0
  serviceName: db
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: db, image: db, resources: { requests: { cpu: '0.1', memory: 1e3 }, limits: { cpu: 2e0, memory: '128974848' } } }] }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: SHOP }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec: { nodeSelector: { nowhere: nothing }, containers: [{ name: agent, image: agent }] }
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: lone, namespace: DEPOT }
spec: { replicas: 0, selector: { matchLabels: { app: lone } }, template: { metadata: { labels: { app: lone } }, spec: { containers: [{ name: lone, image: lone }] } } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly, namespace: SHOP }
spec: { schedule: '0 0 31 2 *', suspend: true, jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: job, image: job }] } } } } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: late, namespace: SHOP }
spec: { activeDeadlineSeconds: 1, parallelism: 0, template: { spec: { restartPolicy: Never, schedulerName: nobody, containers: [{ name: late, image: late }] } } }
---
apiVersion: v1
kind: Node
metadata: { name: ${node} }
---
apiVersion: v1
kind: Node
metadata: { name: ${spare} }
---
apiVersion: v1
kind: Pod
metadata: { name: one, namespace: SHOP }
spec:
  nodeName: ${node}
  initContainers:
    - { name: prepare, image: prepare, resources: { requests: { cpu: 10m, memory: 1Mi }, limits: { cpu: 10m, memory: 1Mi } } }
    - { name: sidecar, image: sidecar, restartPolicy: Always, resources: { requests: { cpu: 33m, memory: 10M }, limits: { cpu: 66m, memory: 20M } } }
  containers:
    - { name: app, image: '${WEB}', resources: { requests: { cpu: 1500m, memory: 1Gi }, limits: { cpu: '2', memory: 2Gi } } }
    - { name: odd, image: odd, resources: { requests: { cpu: 1e-1, memory: 1e3 }, limits: { cpu: '0.3', memory: '128974848' } } }
---
apiVersion: v1
kind: Pod
metadata: { name: two, namespace: SHOP }
spec:
  nodeName: ${node}
  containers:
    - { name: app, image: web, resources: { requests: { cpu: '0.1', memory: 64Mi }, limits: { cpu: 100m, memory: 64Mi } } }
    - { name: least, image: web, resources: { requests: { cpu: 1m, memory: '1' }, limits: { cpu: 1m, memory: 0.5Gi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: three, namespace: SHOP }
spec:
  nodeName: ${node}
  restartPolicy: Never
  containers:
    - { name: app, image: web, resources: { requests: { cpu: '7', memory: 7Gi }, limits: { cpu: '7', memory: 7Gi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: done, namespace: SHOP }
spec:
  nodeName: ${node}
  restartPolicy: Never
  containers: [{ name: app, image: web, resources: { requests: { cpu: '5', memory: 5Gi }, limits: { cpu: '5', memory: 5Gi } } }]
---
apiVersion: v1
kind: Pod
metadata: { name: evicted, namespace: DEPOT }
spec: { nodeName: ${spare}, restartPolicy: Never, containers: [{ name: app, image: web }] }
---
apiVersion: v1
kind: Pod
metadata: { name: long-ago, namespace: DEPOT }
spec: { nodeName: ${spare}, restartPolicy: Never, containers: [{ name: app, image: web }] }
---
apiVersion: v1
kind: Pod
metadata: { name: modest, namespace: DEPOT }
spec: { nodeName: ${node}, containers: [{ name: app, image: modest }] }
---
apiVersion: v1
kind: Pod
metadata: { name: waiting, namespace: DEPOT }
spec: { schedulerName: nobody, containers: [{ name: app, image: modest, resources: { requests: { cpu: 3m, memory: 3k }, limits: { memory: 1Ti } } }] }
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: ${volumeName(places)} }
spec:
  capacity: { storage: 5Gi }
  accessModes: [ReadWriteOnce]
  storageClassName: ''
  persistentVolumeReclaimPolicy: Retain
  claimRef: { name: data, namespace: SHOP }
  csi: { driver: none.example.com, volumeHandle: v }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: SHOP }
spec: { accessModes: [ReadWriteOnce], storageClassName: '', volumeName: ${volumeName(places)}, resources: { requests: { storage: 3Gi } } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: odd, namespace: DEPOT }
spec: { accessModes: [ReadWriteMany, ReadWriteOnce], storageClassName: none, resources: { requests: { storage: 1.5G } } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: huge, namespace: DEPOT }
spec: { accessModes: [ReadWriteOnce], storageClassName: none, resources: { requests: { storage: 4Ei } } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: everything-MARK }
rules: [{ apiGroups: [''], resources: [pods], verbs: [get, list] }, { nonResourceURLs: [/healthz], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: everything-MARK }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything-MARK }
subjects: [{ kind: User, apiGroup: rbac.authorization.k8s.io, name: auditor-MARK }, { kind: Group, apiGroup: rbac.authorization.k8s.io, name: others }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: here, namespace: SHOP }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything-MARK }
subjects: [{ kind: ServiceAccount, namespace: SHOP, name: auditor-MARK }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: own, namespace: SHOP }
rules: [{ apiGroups: [apps], resources: [deployments], verbs: ['*'] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: own, namespace: SHOP }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: own }
subjects: [{ kind: User, apiGroup: rbac.authorization.k8s.io, name: auditor-MARK }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: own, namespace: DEPOT }
rules: [{ apiGroups: [''], resources: [configmaps], resourceNames: [only-this], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: own, namespace: DEPOT }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: own }
subjects: [{ kind: Group, apiGroup: rbac.authorization.k8s.io, name: auditor-MARK }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: dangling, namespace: SHOP }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: gone }
subjects: [{ kind: User, apiGroup: rbac.authorization.k8s.io, name: auditor-MARK }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: nobody, namespace: SHOP }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: own }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: soon, namespace: SHOP }
spec: { secretName: soon-tls, dnsNames: [a.example.com, b.example.com], issuerRef: { kind: ClusterIssuer, name: public } }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: later, namespace: SHOP }
spec: { secretName: later-tls, issuerRef: { kind: Issuer, name: own } }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: ended, namespace: DEPOT }
spec: { secretName: ended-tls, issuerRef: { kind: Issuer, name: own } }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: never, namespace: DEPOT }
spec: { secretName: never-tls, issuerRef: { kind: Issuer, name: own } }
`
    .replaceAll('SHOP', places.shop)
    .replaceAll('DEPOT', places.depot)
    .replaceAll('MARK', places.mark);
}

/** An object's arguments for kubectl, and what its status is to be. */
export function statuses(places: Places): readonly (readonly [object: readonly string[], status: object])[] {
  const { shop, depot } = places;
  const [node, spare] = nodeNames(places);
  const pulled = `registry.example.com:5000/team/web@${DIGEST}`;
  const running = (name: string, image: string, imageID: string): object => ({
    name,
    image,
    imageID,
    ready: true,
    restartCount: 0,
    state: { running: {} },
  });
  const ended = (name: string, exitCode: number, reason: string, daysAgo: number): object => ({
    ...running(name, 'docker.io/library/web:latest', ''),
    state: { terminated: { exitCode, reason, finishedAt: inDays(-daysAgo) } },
  });
  const condition = (type: string, status: string, daysAgo: number): object => ({ type, status, lastTransitionTime: inDays(-daysAgo) });
  return [
    [
      ['node', node],
      {
        capacity: { cpu: '8', memory: '16777216Ki', pods: '110' },
        allocatable: { cpu: '7900m', memory: '16Gi', pods: '100' },
        nodeInfo: NODE_INFO,
        conditions: [condition('Ready', 'True', 1), condition('MemoryPressure', 'False', 1)],
      },
    ],
    [['node', spare], { capacity: { cpu: '3', memory: '7G', pods: '10' }, allocatable: { cpu: '3', memory: '7G', pods: '10' } }],
    [
      ['pod', 'one', '-n', shop],
      {
        phase: 'Running',
        containerStatuses: [running('app', WEB, pulled), running('odd', 'odd', `odd@${DIGEST}`)],
        initContainerStatuses: [running('sidecar', 'docker.io/library/sidecar:latest', `docker.io/library/sidecar@${DIGEST}`)],
      },
    ],
    [
      ['pod', 'two', '-n', shop],
      {
        phase: 'Running',
        containerStatuses: [running('app', WEB, pulled), running('least', `localhost/web@${DIGEST}`, `localhost/web@${DIGEST}`)],
      },
    ],
    [
      ['pod', 'three', '-n', shop],
      {
        phase: 'Failed',
        message: 'memory',
        conditions: [condition('PodScheduled', 'True', 40), condition('ContainersReady', 'False', 0.01)],
        containerStatuses: [ended('app', 137, 'OOMKilled', 0.02)],
      },
    ],
    [['pod', 'done', '-n', shop], { phase: 'Succeeded', containerStatuses: [ended('app', 0, 'Completed', 0.02)] }],
    [
      ['pod', 'evicted', '-n', depot],
      { phase: 'Failed', reason: 'Evicted', message: 'the node was low on memory', conditions: [condition('DisruptionTarget', 'True', 2)] },
    ],
    [
      ['pod', 'long-ago', '-n', depot],
      { phase: 'Failed', conditions: [condition('PodScheduled', 'True', 20)], containerStatuses: [ended('app', 1, 'Error', 20)] },
    ],
    [
      ['certificate.cert-manager.io', 'soon', '-n', shop],
      { notAfter: inDays(29), renewalTime: inDays(10), conditions: [{ type: 'Ready', status: 'True', message: 'fine' }] },
    ],
    [['certificate.cert-manager.io', 'later', '-n', shop], { notAfter: inDays(31) }],
    [
      ['certificate.cert-manager.io', 'ended', '-n', depot],
      { notAfter: inDays(-3), conditions: [{ type: 'Ready', status: 'False', message: 'the issuer is gone' }] },
    ],
  ].map(([object, status]) => [object as readonly string[], { status }] as const);
}

const NODE_INFO = {
  kubeletVersion: 'v1.37.2',
  ...Object.fromEntries(
    ['machineID', 'systemUUID', 'bootID', 'kernelVersion', 'osImage', 'containerRuntimeVersion', 'kubeProxyVersion'].map((name) => [
      name,
      'x',
    ]),
  ),
  operatingSystem: 'linux',
  architecture: 'amd64',
};

export function inDays(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().replace(/\.\d+/, '');
}
