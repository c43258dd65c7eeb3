/**
 * Starts the object store and the database that Reports of a real cluster use, on this machine, and tells the tests where the cluster is.
 *
 * KUBECONFIG names the cluster, DOSSIER_E2E_HOST an address of this machine that its pods reach, DOSSIER_E2E_OPERATOR_IMAGE, DOSSIER_E2E_RUNNER_IMAGE and
 * DOSSIER_E2E_PYTHON_IMAGE the images, which the nodes have already. `make e2e` sets them all.
 */
import type { TestProject } from 'vitest/node';
import { PostgresServer } from '../../src/local/postgres/postgres-server.ts';
import { S3Server } from '../../src/local/s3-server.ts';
import { provideTools } from '../../src/local/tools/provide.ts';
import { Workspace } from '../../src/local/workspace.ts';
import '../integration/support/servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly e2e: E2eFacts;
  }
}

export interface E2eFacts {
  readonly kubeconfig: string;
  /** Address of this machine, as pods see it. */
  readonly host: string;
  readonly operatorImage: string;
  readonly runnerImage: string;
  readonly pythonImage: string;
  /** Path of Helm. */
  readonly helm: string;
}

function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests by 'make e2e'`);
  return value;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { helm, ...tools } = await provideTools();
  const facts: E2eFacts = {
    kubeconfig: needed('KUBECONFIG'),
    host: needed('DOSSIER_E2E_HOST'),
    operatorImage: needed('DOSSIER_E2E_OPERATOR_IMAGE'),
    runnerImage: needed('DOSSIER_E2E_RUNNER_IMAGE'),
    pythonImage: needed('DOSSIER_E2E_PYTHON_IMAGE'),
    helm,
  };
  const workspace = await Workspace.create();
  try {
    const [s3, postgres] = await Promise.all([S3Server.start(workspace, tools), PostgresServer.start(workspace)]);
    project.provide('tools', tools);
    project.provide('s3', s3.admin);
    project.provide('postgres', postgres.access);
    project.provide('e2e', facts);
  } catch (error) {
    await workspace.close();
    throw error;
  }
  return () => workspace.close();
}
