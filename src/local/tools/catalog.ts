/**
 * The programs that demo and tests run, and where each is published.
 *
 * Versions are pinned here and in tools/<module>/go.mod (a test keeps them equal), so a download and a build give the same program. A platform that has no official binary
 * (kube-apiserver on macOS, say) has no release here and is built instead.
 */

/** What the servers of demo and tests consist of. */
export const SERVER_TOOLS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl', 'versitygw'] as const;
/** Those, and what only tests need. */
export const TOOL_NAMES = [...SERVER_TOOLS, 'helm'] as const;
export type ToolName = (typeof TOOL_NAMES)[number];
export type Paths<Name extends ToolName> = Readonly<Record<Name, string>>;
export type ToolPaths = Paths<(typeof SERVER_TOOLS)[number]>;

export const KUBERNETES_VERSION = 'v1.37.2';
export const ETCD_VERSION = 'v3.6.8';
export const VERSITYGW_VERSION = 'v1.8.0';
export const HELM_VERSION = 'v4.3.1';

/** As Node names them (process.platform, process.arch). */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

/** Sites that publish binaries; each can be replaced by a mirror through its variable. */
export const SITES = {
  kubernetes: { variable: 'DOSSIER_KUBERNETES_DOWNLOADS', url: 'https://dl.k8s.io' },
  github: { variable: 'DOSSIER_GITHUB_DOWNLOADS', url: 'https://github.com' },
  helm: { variable: 'DOSSIER_HELM_DOWNLOADS', url: 'https://get.helm.sh' },
} as const;

export interface Release {
  /** Path of the file on the tool's site. */
  readonly path: string;
  /** Path of the file with its SHA-256: one lone digest, or lines of digest and file name. */
  readonly checksumPath: string;
  /** Path of the program inside the archive; absent when the file is the program itself. */
  readonly member?: string;
}

export interface Tool {
  readonly name: ToolName;
  readonly version: string;
  /** Environment variable that names the program's path. */
  readonly variable: string;
  /** Arguments that make it print its version. */
  readonly versionArguments: readonly string[];
  /** How many leading numbers of a version must agree for a program found in KUBEBUILDER_ASSETS: 2 = major and minor. */
  readonly agreeing: 1 | 2;
  /** How it is built: `package` in the module tools/<module>. */
  readonly module: string;
  readonly package: string;
  readonly linkerFlags: readonly string[];
  /** Where its binaries are published, and which one is for a platform. */
  readonly site: keyof typeof SITES;
  readonly release: (platform: Platform) => Release | undefined;
}

export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  etcd: {
    name: 'etcd',
    version: ETCD_VERSION,
    variable: 'DOSSIER_ETCD',
    versionArguments: ['--version'],
    agreeing: 1,
    module: 'etcd',
    package: 'go.etcd.io/etcd/server/v3',
    linkerFlags: [],
    site: 'github',
    release: etcdRelease,
  },
  'kube-apiserver': kubernetesTool('kube-apiserver', 'DOSSIER_KUBE_APISERVER', ['linux']),
  'kube-controller-manager': kubernetesTool('kube-controller-manager', 'DOSSIER_KUBE_CONTROLLER_MANAGER', ['linux']),
  kubectl: kubernetesTool('kubectl', 'DOSSIER_KUBECTL', ['linux', 'darwin']),
  versitygw: {
    name: 'versitygw',
    version: VERSITYGW_VERSION,
    variable: 'DOSSIER_VERSITYGW',
    versionArguments: ['--version'],
    agreeing: 1,
    module: 'versitygw',
    package: 'github.com/versity/versitygw/cmd/versitygw',
    linkerFlags: [`-X main.Version=${VERSITYGW_VERSION}`],
    site: 'github',
    release: versitygwRelease,
  },
  helm: {
    name: 'helm',
    version: HELM_VERSION,
    variable: 'DOSSIER_HELM',
    versionArguments: ['version', '--short'],
    agreeing: 1,
    module: 'helm',
    package: 'helm.sh/helm/v4/cmd/helm',
    linkerFlags: [`-X helm.sh/helm/v4/internal/version.version=${HELM_VERSION}`],
    site: 'helm',
    release: helmRelease,
  },
};

/** Go's name of a processor for which binaries are published. */
function goArch({ arch }: Platform): string | undefined {
  return new Map([
    ['x64', 'amd64'],
    ['arm64', 'arm64'],
    ['ppc64', 'ppc64le'],
    ['s390x', 's390x'],
  ]).get(arch);
}

function kubernetesTool(name: ToolName, variable: string, published: readonly string[]): Tool {
  const version = 'k8s.io/component-base/version';
  const [major, minor] = KUBERNETES_VERSION.slice(1).split('.');
  return {
    name,
    version: KUBERNETES_VERSION,
    variable,
    versionArguments: name === 'kubectl' ? ['version', '--client'] : ['--version'],
    agreeing: 2,
    module: 'kubernetes',
    package: `k8s.io/kubernetes/cmd/${name}`,
    // Without these a built kubectl believes in a version 0 and warns about skew.
    linkerFlags: [
      `-X ${version}.gitVersion=${KUBERNETES_VERSION}`,
      `-X ${version}.gitMajor=${major}`,
      `-X ${version}.gitMinor=${minor}`,
      `-X ${version}.gitTreeState=clean`,
    ],
    site: 'kubernetes',
    release: (platform) => {
      const arch = goArch(platform);
      const exists = published.includes(platform.os) && (platform.os === 'linux' || arch === 'amd64' || arch === 'arm64');
      if (arch === undefined || !exists) return undefined;
      const path = `/${KUBERNETES_VERSION}/bin/${platform.os}/${arch}/${name}`;
      return { path, checksumPath: `${path}.sha256` };
    },
  };
}

/** Archives for Linux are tar files, those for macOS are zip files, which the tar of macOS unpacks too. */
function etcdRelease(platform: Platform): Release | undefined {
  const arch = goArch(platform);
  const linux = platform.os === 'linux';
  if (arch === undefined || !(linux || (platform.os === 'darwin' && (arch === 'amd64' || arch === 'arm64')))) return undefined;
  const folder = `etcd-${ETCD_VERSION}-${platform.os}-${arch}`;
  const base = `/etcd-io/etcd/releases/download/${ETCD_VERSION}`;
  return { path: `${base}/${folder}${linux ? '.tar.gz' : '.zip'}`, checksumPath: `${base}/SHA256SUMS`, member: `${folder}/etcd` };
}

/** Its archives are named as uname names systems and processors. */
function versitygwRelease({ os, arch }: Platform): Release | undefined {
  const system = new Map([
    ['linux', 'Linux'],
    ['darwin', 'Darwin'],
  ]).get(os);
  const machine = new Map([
    ['x64', 'x86_64'],
    ['arm64', 'arm64'],
  ]).get(arch);
  if (system === undefined || machine === undefined) return undefined;
  const folder = `versitygw_${VERSITYGW_VERSION}_${system}_${machine}`;
  const base = `/versity/versitygw/releases/download/${VERSITYGW_VERSION}`;
  return { path: `${base}/${folder}.tar.gz`, checksumPath: `${base}/checksums.txt`, member: `${folder}/versitygw` };
}

function helmRelease(platform: Platform): Release | undefined {
  const arch = goArch(platform);
  const exists = platform.os === 'linux' || (platform.os === 'darwin' && (arch === 'amd64' || arch === 'arm64'));
  if (arch === undefined || !exists) return undefined;
  const folder = `${platform.os}-${arch}`;
  const path = `/helm-${HELM_VERSION}-${folder}.tar.gz`;
  return { path, checksumPath: `${path}.sha256sum`, member: `${folder}/helm` };
}
