/**
 * Starts what every integration test shares, once for all workers: one control plane, one S3 server, one Postgres. Tests read them through support/servers.ts.
 *
 * If the run is killed, the workspace's guardian stops everything. A failed start names the program and shows the end of its log.
 */
import type { TestProject } from 'vitest/node';
import { startServers } from '../../src/local/servers.ts';
import './support/servers.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { workspace, tools, controlPlane, s3, postgres } = await startServers();

  // The local node (src/local/node/) starts here.

  project.provide('tools', tools);
  project.provide('controlPlane', {
    url: controlPlane.url,
    admin: controlPlane.admin,
    kubeconfigFile: controlPlane.kubeconfigFile,
    ca: controlPlane.authority.certificate,
    kubeletServing: controlPlane.kubeletServing,
  });
  project.provide('s3', s3.admin);
  project.provide('postgres', postgres.access);
  return () => workspace.close();
}
