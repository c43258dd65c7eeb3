/** The certificates, keys and kubeconfigs of a control plane, made anew for each and written into its folder. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Authority, generateSigningKey, type Identity } from '../authority.ts';
import { kubeconfig } from './kubeconfig.ts';

/** Groups and users that Kubernetes' own roles are bound to. */
const ADMINISTRATORS = 'system:masters';
const CONTROLLER_MANAGER = 'system:kube-controller-manager';

export interface ControlPlaneFiles {
  readonly folder: string;
  readonly authority: Authority;
  readonly admin: Identity;
  /** What a kubelet serves: for `127.0.0.1` and `localhost`. */
  readonly kubeletServing: Identity;
  readonly paths: {
    readonly ca: string;
    readonly apiserver: { readonly certificate: string; readonly key: string };
    readonly kubeletClient: { readonly certificate: string; readonly key: string };
    readonly serviceAccounts: { readonly publicKey: string; readonly privateKey: string };
    readonly admin: string;
    readonly controllerManager: string;
  };
}

/** `url` is where the apiserver will be. Files are readable for their owner only. */
export async function writeControlPlaneFiles(folder: string, url: string): Promise<ControlPlaneFiles> {
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const writeIdentity = async (name: string, identity: Identity): Promise<{ certificate: string; key: string }> => ({
    certificate: await write(`${name}.crt`, identity.certificate),
    key: await write(`${name}.key`, identity.key),
  });

  const authority = await Authority.create('dossier-local');
  const ca = authority.certificate;
  // 10.96.0.1 is the first address of the service range: the apiserver as pods would see it.
  const apiserver = await authority.issueServer('kube-apiserver', [
    'localhost',
    '127.0.0.1',
    '10.96.0.1',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
  ]);
  const admin = await authority.issueClient('admin', [ADMINISTRATORS]);
  const manager = await authority.issueClient(CONTROLLER_MANAGER);
  const signing = await generateSigningKey();
  return {
    folder,
    authority,
    admin,
    kubeletServing: await authority.issueServer('system:node:local'),
    paths: {
      ca: await write('ca.crt', ca),
      apiserver: await writeIdentity('apiserver', apiserver),
      kubeletClient: await writeIdentity('kubelet-client', await authority.issueClient('kube-apiserver', [ADMINISTRATORS])),
      serviceAccounts: {
        publicKey: await write('service-accounts.pub', signing.publicKey),
        privateKey: await write('service-accounts.key', signing.privateKey),
      },
      admin: await write('admin.kubeconfig', kubeconfig({ url, ca, user: 'admin', credentials: { kind: 'certificate', identity: admin } })),
      controllerManager: await write(
        'controller-manager.kubeconfig',
        kubeconfig({ url, ca, user: CONTROLLER_MANAGER, credentials: { kind: 'certificate', identity: manager } }),
      ),
    },
  };
}
