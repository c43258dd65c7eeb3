/** How etcd, the apiserver and the controller manager are started: everything on the loopback address, durability traded for speed because the data lives as long as the run. */
import { join } from 'node:path';
import type { ServerSpec } from '../process/server-process.ts';
import type { ToolPaths } from '../tools/catalog.ts';
import type { ControlPlaneFiles } from './files.ts';

const LOOPBACK = '127.0.0.1';

export interface Ports {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly apiserver: number;
  readonly controllerManager: number;
}

export function etcdSpec(tools: ToolPaths, ports: Ports, folder: string): ServerSpec {
  const client = `http://${LOOPBACK}:${ports.etcdClient}`;
  const peer = `http://${LOOPBACK}:${ports.etcdPeer}`;
  return {
    ...named('etcd', folder),
    command: tools.etcd,
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
    ],
  };
}

/** Admission is the default set: Pod Security, ResourceQuota, LimitRanger, ServiceAccount and the admission policies are in it. */
export function apiserverSpec(tools: ToolPaths, ports: Ports, { folder, paths }: ControlPlaneFiles): ServerSpec {
  return {
    ...named('kube-apiserver', folder),
    command: tools['kube-apiserver'],
    // It would wait a minute for the watches of its clients to end.
    stopGraceMs: 1_000,
    args: [
      `--etcd-servers=http://${LOOPBACK}:${ports.etcdClient}`,
      `--bind-address=${LOOPBACK}`,
      `--advertise-address=${LOOPBACK}`,
      `--secure-port=${ports.apiserver}`,
      // The Endpoints of the service `kubernetes` may not hold a loopback address.
      '--endpoint-reconciler-type=none',
      '--service-cluster-ip-range=10.96.0.0/16',
      `--tls-cert-file=${paths.apiserver.certificate}`,
      `--tls-private-key-file=${paths.apiserver.key}`,
      `--client-ca-file=${paths.ca}`,
      '--authorization-mode=Node,RBAC',
      '--allow-privileged=false',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${paths.serviceAccounts.publicKey}`,
      `--service-account-signing-key-file=${paths.serviceAccounts.privateKey}`,
      // So that pods/log reaches the local node.
      `--kubelet-client-certificate=${paths.kubeletClient.certificate}`,
      `--kubelet-client-key=${paths.kubeletClient.key}`,
      `--kubelet-certificate-authority=${paths.ca}`,
      '--kubelet-preferred-address-types=InternalIP',
    ],
  };
}

/** All controllers that are on by default, each with its own service account as in a real cluster. */
export function controllerManagerSpec(tools: ToolPaths, ports: Ports, { folder, paths }: ControlPlaneFiles): ServerSpec {
  return {
    ...named('kube-controller-manager', folder),
    command: tools['kube-controller-manager'],
    args: [
      `--kubeconfig=${paths.controllerManager}`,
      `--authorization-kubeconfig=${paths.controllerManager}`,
      // Its own port asks nobody who a caller is; looking up an aggregation layer that is not there would delay its start by seconds.
      '--authentication-skip-lookup=true',
      `--client-ca-file=${paths.ca}`,
      `--bind-address=${LOOPBACK}`,
      `--secure-port=${ports.controllerManager}`,
      `--service-account-private-key-file=${paths.serviceAccounts.privateKey}`,
      `--root-ca-file=${paths.ca}`,
      '--use-service-account-credentials=true',
      '--leader-elect=false',
      // With the default of 20 requests a second it spends five seconds on making its controllers' service accounts.
      '--kube-api-qps=200',
      '--kube-api-burst=400',
    ],
  };
}

function named(name: string, folder: string): Pick<ServerSpec, 'name' | 'logFile'> {
  return { name, logFile: join(folder, `${name}.log`) };
}
