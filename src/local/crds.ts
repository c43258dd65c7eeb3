/** Registers the CRDs of this checkout with a control plane, as `kubectl apply --server-side -f crds/` would, and waits until they are served. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const CRDS = join(import.meta.dirname, '../../crds');

export async function installCrds(kubectl: string, kubeconfig: string, signal?: AbortSignal): Promise<void> {
  const run = promisify(execFile);
  await run(kubectl, ['--kubeconfig', kubeconfig, 'apply', '--server-side', '--force-conflicts', '-f', CRDS], { signal });
  await run(kubectl, ['--kubeconfig', kubeconfig, 'wait', '--for=condition=Established', '--timeout=30s', '-f', CRDS], { signal });
}
