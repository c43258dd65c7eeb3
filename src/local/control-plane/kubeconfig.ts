/** Kubeconfig documents: one cluster, one user, one context. Written as JSON, which is YAML; certificates stand inside, so that the file works from anywhere. */
import type { Identity } from '../authority.ts';

export type Credentials =
  { readonly kind: 'certificate'; readonly identity: Identity } | { readonly kind: 'token'; readonly token: string };

export interface KubeconfigInput {
  readonly url: string;
  /** PEM of the authority that signed the apiserver's certificate. */
  readonly ca: string;
  readonly user: string;
  readonly credentials: Credentials;
  /** Namespace of commands that name none; default `default`. */
  readonly namespace?: string;
}

export function kubeconfig({ url, ca, user, credentials, namespace }: KubeconfigInput): string {
  const name = 'dossier-local';
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': base64(ca) } }],
    users: [{ name: user, user: entry(credentials) }],
    contexts: [{ name, context: { cluster: name, user, ...(namespace === undefined ? {} : { namespace }) } }],
    'current-context': name,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function entry(credentials: Credentials): Readonly<Record<string, string>> {
  switch (credentials.kind) {
    case 'certificate':
      return { 'client-certificate-data': base64(credentials.identity.certificate), 'client-key-data': base64(credentials.identity.key) };
    case 'token':
      return { token: credentials.token };
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
