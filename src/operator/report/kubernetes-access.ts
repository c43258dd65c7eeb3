/**
 * How the runner of a kubernetes source reaches the apiserver: a token of the template's service account and the certificate of the cluster's authority, as files.
 *
 * The token is bound to the pod and renewed by the kubelet; it lies in a volume of its own, which only the container `runner` mounts, and no other source gets one
 * (security.md 2). The usual place of such tokens stays empty, so that no library picks it up unasked.
 */
import { PLAN_ENV } from '../../runner/plan.ts';
import type { Template } from '../template/template.ts';

/** The longest that a token is good for. */
const TOKEN_SECONDS = 3600;
const VOLUME = 'kubernetes';
const FOLDER = '/var/run/dossier/kubernetes';

interface PodParts {
  readonly env: readonly unknown[];
  readonly volumeMounts: readonly unknown[];
  readonly volumes: readonly unknown[];
}

const NOTHING: PodParts = { env: [], volumeMounts: [], volumes: [] };

/** What the pod has more for this template. */
export function kubernetesAccess({ spec }: Template): PodParts {
  if (spec.source.kubernetes === undefined) return NOTHING;
  return {
    env: [
      { name: PLAN_ENV.kubeToken, value: `${FOLDER}/token` },
      { name: PLAN_ENV.kubeCa, value: `${FOLDER}/ca.crt` },
    ],
    volumeMounts: [{ name: VOLUME, mountPath: FOLDER, readOnly: true }],
    volumes: [
      {
        name: VOLUME,
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
            // Kubernetes keeps this ConfigMap in every namespace.
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          ],
        },
      },
    ],
  };
}
