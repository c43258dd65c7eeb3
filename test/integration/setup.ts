/**
 * Starts what every integration test shares, once for all workers: one control plane, one S3 server, one Postgres, one local node. Tests read them through support/servers.ts
 * and support/node-control.ts.
 *
 * If the run is killed, the workspace's guardian stops everything. A failed start names the program and shows the end of its log.
 */
import { join } from 'node:path';
import { env } from 'node:process';
import { pino } from 'pino';
import type { TestProject } from 'vitest/node';
import { installCrds } from '../../src/local/crds.ts';
import type { ControlPlane } from '../../src/local/control-plane/control-plane.ts';
import { startLocalNode, type LocalNode } from '../../src/local/node/node.ts';
import { RUNNER_IMAGE, runnerImage } from '../../src/local/node/runner-image.ts';
import { bundle } from '../../scripts/bundle.ts';
import { startServers } from '../../src/local/servers.ts';
import type { Workspace } from '../../src/local/workspace.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { serveNodeControl } from './support/node-control.ts';
import './support/servers.ts';

const TOOLS_IMAGE = 'dossier/tools:local';

/**
 * Room for everything that tests run at once; missing images and Secrets are looked for often. Its log is `node.log` in the workspace. The runner is bundled as in its image,
 * because each of some hundred starts costs less then.
 */
async function startSharedNode(controlPlane: ControlPlane, { folder }: Workspace): Promise<LocalNode> {
  const programs = join(folder, 'programs');
  await bundle(programs, { runner: 'src/runner/main.ts' });
  const { admin, authority, kubeletServing, url } = controlPlane;
  const tls = { ca: authority.certificate, cert: admin.certificate, key: admin.key, rejectUnauthorized: true };
  return startLocalNode({
    name: 'local',
    cluster: { server: new URL(url), tls, authorization: async () => undefined },
    serving: kubeletServing,
    clientCa: authority.certificate,
    images: {
      [RUNNER_IMAGE]: runnerImage(env['NODE_COMPILE_CACHE'], join(programs, 'runner/runner.mjs')),
      [TOOLS_IMAGE]: { entrypoint: [] },
    },
    capacity: { cpu: '64', memory: '64Gi', 'ephemeral-storage': '64Gi', pods: '500' },
    folder: join(folder, 'node'),
    log: createLogger('debug', pino.destination({ dest: join(folder, 'node.log'), sync: true })),
    backoff: { firstMs: 500, maxMs: 2_000 },
  });
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { workspace, tools, controlPlane, s3, postgres } = await startServers();

  // A workspace that stayed open would keep its servers, and with them this process, alive after a failed start.
  const orClose = async (error: unknown): Promise<never> => {
    await workspace.close();
    throw error;
  };
  await installCrds(tools.kubectl, controlPlane.kubeconfigFile).catch(orClose);
  const localNode = await startSharedNode(controlPlane, workspace).catch(orClose);

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
  project.provide('localNode', { name: localNode.name, controlUrl: await serveNodeControl(localNode), toolsImage: TOOLS_IMAGE });
  return async () => {
    await localNode.stop();
    await workspace.close();
  };
}
