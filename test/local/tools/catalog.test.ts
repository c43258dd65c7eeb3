import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SITES, TOOL_NAMES, TOOLS, type Platform, type ToolName } from '../../../src/local/tools/catalog.ts';

const LINUX: Platform = { os: 'linux', arch: 'x64' };
const MAC: Platform = { os: 'darwin', arch: 'arm64' };

test.each<[ToolName, Platform, string | undefined]>([
  ['kube-apiserver', LINUX, 'https://dl.k8s.io/v1.37.2/bin/linux/amd64/kube-apiserver'],
  ['kube-controller-manager', { os: 'linux', arch: 'arm64' }, 'https://dl.k8s.io/v1.37.2/bin/linux/arm64/kube-controller-manager'],
  ['kubectl', { os: 'linux', arch: 's390x' }, 'https://dl.k8s.io/v1.37.2/bin/linux/s390x/kubectl'],
  ['kubectl', MAC, 'https://dl.k8s.io/v1.37.2/bin/darwin/arm64/kubectl'],
  ['kubectl', { os: 'darwin', arch: 's390x' }, undefined],
  ['kube-apiserver', MAC, undefined],
  ['kube-controller-manager', MAC, undefined],
  ['etcd', LINUX, 'https://github.com/etcd-io/etcd/releases/download/v3.6.8/etcd-v3.6.8-linux-amd64.tar.gz'],
  ['etcd', MAC, 'https://github.com/etcd-io/etcd/releases/download/v3.6.8/etcd-v3.6.8-darwin-arm64.zip'],
  ['etcd', { os: 'freebsd', arch: 'x64' }, undefined],
  ['versitygw', LINUX, 'https://github.com/versity/versitygw/releases/download/v1.8.0/versitygw_v1.8.0_Linux_x86_64.tar.gz'],
  ['versitygw', MAC, 'https://github.com/versity/versitygw/releases/download/v1.8.0/versitygw_v1.8.0_Darwin_arm64.tar.gz'],
  ['versitygw', { os: 'linux', arch: 'riscv64' }, undefined],
  ['helm', LINUX, 'https://get.helm.sh/helm-v4.3.1-linux-amd64.tar.gz'],
  ['helm', MAC, 'https://get.helm.sh/helm-v4.3.1-darwin-arm64.tar.gz'],
  ['helm', { os: 'win32', arch: 'x64' }, undefined],
])('%s on %o comes from %s', (name, platform, url) => {
  const release = TOOLS[name].release(platform);
  expect(release && SITES[TOOLS[name].site].url + release.path).toBe(url);
});

describe('the version of a download is that of the pinned module', () => {
  const modules: Readonly<Record<ToolName, string>> = {
    etcd: 'go.etcd.io/etcd/server/v3',
    'kube-apiserver': 'k8s.io/kubernetes',
    'kube-controller-manager': 'k8s.io/kubernetes',
    kubectl: 'k8s.io/kubernetes',
    versitygw: 'github.com/versity/versitygw',
    helm: 'helm.sh/helm/v4',
  };

  test.each(TOOL_NAMES)('%s', (name) => {
    const { module, version } = TOOLS[name];
    const pinned = readFileSync(new URL(`../../../tools/${module}/go.mod`, import.meta.url), 'utf8')
      .split('\n')
      .map((line) => line.trim().replace(/^require /, '').split(' '))
      .find(([path]) => path === modules[name]);
    expect(pinned?.[1]).toBe(version);
  });
});
