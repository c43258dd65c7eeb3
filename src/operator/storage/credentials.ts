/**
 * With which keys the operator may speak to a storage, or why it may not. Decided before any request is sent.
 *
 * The operator's own cloud identity is not lent: a storage without credentials works with the operator's identity only where the cluster's owner has listed it.
 */
import type { ReportStorage } from '../../api/generated/reportstorage.ts';
import { quoted } from '../../foreign-text.ts';
import type { StoreCredentials } from '../../s3/client.ts';
import type { StorageReason } from '../../s3/errors.ts';
import { isForbidden } from '../../kube/errors.ts';
import { hostProblem } from '../allowed-hosts.ts';
import { secretText, unreadable, type SecretReader } from '../secrets.ts';
import type { OperatorSettings } from '../settings.ts';

export type CredentialSettings = Pick<OperatorSettings, 'identityStorages' | 'requireAllowedHosts'>;

export type CredentialsOutcome =
  | {
      readonly kind: 'found';
      readonly credentials: StoreCredentials;
      readonly caBundle: string | undefined;
      /** Changes whenever one of the Secrets does. */
      readonly version: string;
    }
  | {
      readonly kind: 'problem';
      readonly reason: Exclude<StorageReason, 'Available'>;
      readonly message: string;
      /** The Secret whose change may mend it, with the resourceVersion that was found wanting. */
      readonly secret?: { readonly name: string; readonly seen: string | undefined };
    };

/** A Secret that nobody lets the operator read is told of like one that is missing; but it may be there, so its files are not given up for it. */
export async function findCredentials(
  secrets: SecretReader,
  storage: ReportStorage,
  settings: CredentialSettings,
): Promise<CredentialsOutcome> {
  try {
    return await readCredentials(secrets, storage, settings);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return { kind: 'problem', reason: 'InvalidCredentials', message: unreadable(error as Error) };
  }
}

async function readCredentials(secrets: SecretReader, storage: ReportStorage, settings: CredentialSettings): Promise<CredentialsOutcome> {
  const { namespace = '' } = storage.metadata;
  const { credentialsSecretRef, caSecretRef } = storage.spec.s3;
  const unreadable = addressProblem(storage);
  if (unreadable !== undefined) return { kind: 'problem', reason: 'Unreachable', message: unreadable };
  const ca = caSecretRef === undefined ? undefined : await secrets.read(namespace, caSecretRef.name);
  const caBundle = caSecretRef === undefined ? undefined : secretText(ca, caSecretRef.key);
  if (caSecretRef !== undefined && caBundle === undefined) {
    const what =
      ca === undefined ? `Secret "${caSecretRef.name}" does not exist` : `Secret "${caSecretRef.name}" has no key "${caSecretRef.key}"`;
    return {
      kind: 'problem',
      reason: 'InvalidCredentials',
      message: `spec.s3.caSecretRef: ${what}`,
      secret: { name: caSecretRef.name, seen: ca?.metadata.resourceVersion },
    };
  }
  const caVersion = ca?.metadata.resourceVersion ?? '';
  if (credentialsSecretRef === undefined) {
    if (mayUseIdentity(storage, settings))
      return { kind: 'found', credentials: { kind: 'pod' }, caBundle, version: `identity/${caVersion}` };
    const message = `spec.s3.credentialsSecretRef is not set, and the operator may not use its own identity for this bucket (flag --identity-storages): name a Secret`;
    return { kind: 'problem', reason: 'IdentityNotAllowed', message };
  }
  const { name } = credentialsSecretRef;
  const secret = await secrets.read(namespace, name);
  const problem = (reason: 'InvalidCredentials' | 'EndpointNotAllowed', message: string): CredentialsOutcome => ({
    kind: 'problem',
    reason,
    message: `spec.s3.credentialsSecretRef: ${message}`,
    secret: { name, seen: secret?.metadata.resourceVersion },
  });
  if (secret === undefined) return problem('InvalidCredentials', `Secret "${name}" does not exist in namespace ${namespace}`);
  const accessKeyId = secretText(secret, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = secretText(secret, 'AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = [
      ...(accessKeyId === undefined ? ['AWS_ACCESS_KEY_ID'] : []),
      ...(secretAccessKey === undefined ? ['AWS_SECRET_ACCESS_KEY'] : []),
    ];
    return problem('InvalidCredentials', `Secret "${name}" has no ${missing.join(' and no ')}`);
  }
  const refused = hostsOf(storage)
    .map((host) => hostProblem(secret, host, settings.requireAllowedHosts))
    .find((found) => found !== undefined);
  if (refused !== undefined) return problem('EndpointNotAllowed', refused);
  const sessionToken = secretText(secret, 'AWS_SESSION_TOKEN');
  const credentials = { kind: 'keys', accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } as const;
  return { kind: 'found', credentials, caBundle, version: `${secret.metadata.resourceVersion}/${caVersion}` };
}

/** What the schema lets pass and no program can ask, e.g. 10.0.0.256. */
function addressProblem({ spec: { s3 } }: ReportStorage): string | undefined {
  const field = (['endpoint', 'publicEndpoint'] as const).find((each) => s3[each] !== undefined && !URL.canParse(s3[each]));
  if (field === undefined) return undefined;
  const remedy = field === 'endpoint' ? '; an endpoint cannot be changed, so make a new ReportStorage' : '';
  return `spec.s3.${field}: ${quoted(s3[field] ?? '')} is no address that can be asked; correct its host${remedy}`;
}

/** security.md 5: listed as `bucket` or `bucket/prefix`, and only towards AWS itself. A prefix `team` covers `team/a` and never `team2`. */
function mayUseIdentity(storage: ReportStorage, { identityStorages }: CredentialSettings): boolean {
  const { bucket, prefix = '', endpoint } = storage.spec.s3;
  if (endpoint !== undefined) return false;
  const place = `${bucket}/${prefix === '' ? '' : `${prefix}/`}`;
  return (identityStorages.get(storage.metadata.namespace ?? '') ?? []).some((listed) => place.startsWith(`${listed.replace(/\/$/, '')}/`));
}

/** Each `host:port` that the keys are used towards: requests go to the first, links are signed for the second. */
function hostsOf({ spec: { s3 } }: ReportStorage): readonly string[] {
  const endpoint = s3.endpoint === undefined ? `s3.${s3.region}.amazonaws.com:443` : hostPortOf(s3.endpoint);
  return s3.publicEndpoint === undefined ? [endpoint] : [endpoint, hostPortOf(s3.publicEndpoint)];
}

function hostPortOf(endpoint: string): string {
  const { hostname, port, protocol } = new URL(endpoint);
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}
