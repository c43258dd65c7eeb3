/**
 * The Secrets a run needs besides its bucket's credentials: each must exist, hold its key, and be meant for the host it would be used towards (security.md 1).
 *
 * The kubelet would find out as well, but with a pod that hangs; here the Report says what is missing and goes on by itself.
 */
import type { Report } from '../../api/generated/report.ts';
import { isForbidden } from '../../kube/errors.ts';
import type { Secret } from '../../kube/objects.ts';
import { keyOf } from '../../kube/store.ts';
import { anywhereProblem, hostProblem } from '../allowed-hosts.ts';
import { secretText, unreadable } from '../secrets.ts';
import { codeSecrets, credentialKeys, gitDestination } from '../template/code-parts.ts';
import { headerSecrets, httpDestination } from '../template/http-parts.ts';
import { titleOf, type Template } from '../template/template.ts';
import { mysqlDestination } from '../../sql/mysql-url.ts';
import { postgresDestination } from '../../sql/postgres-url.ts';
import type { ReportParts } from './parts.ts';
import type { RunStorages } from './run.ts';
import type { Readiness } from './view.ts';

/** A Secret that something needs. */
export interface Need {
  readonly field: string;
  readonly name: string;
  readonly key: string;
  /** Other sets of keys, each as good as `key`. */
  readonly instead?: readonly (readonly string[])[];
  /** Host and port the Secret would be used towards, which its value may say; undefined = it is sent nowhere (an authority's certificate). */
  readonly hostOf?: (value: string) => string | undefined;
  /** It goes to custom code, which may send it anywhere. */
  readonly anywhere?: true;
}

export async function secretBlocker(
  parts: ReportParts,
  report: Report,
  template: Template,
  storages: RunStorages,
): Promise<Extract<Readiness, { kind: 'waiting' }> | undefined> {
  const key = keyOf(report);
  const waiter = { id: `report/${key}`, wake: () => parts.wake(key) };
  const lack = await firstLack(parts, report.metadata.namespace ?? '', needs(template, storages), waiter);
  return lack && { kind: 'waiting', reason: lack.kind === 'refused' ? 'TemplateNotReady' : 'SecretNotFound', message: lack.message };
}

/** The first Secret that is missing, lacks its key or may not be used; `waiter` is woken when it changes. */
export async function firstLack(
  { secrets, requireAllowedHosts }: Pick<ReportParts, 'secrets' | 'requireAllowedHosts'>,
  namespace: string,
  all: readonly Need[],
  waiter: { readonly id: string; readonly wake: () => void },
): Promise<{ readonly kind: 'missing' | 'refused'; readonly message: string } | undefined> {
  for (const need of all) {
    const secret = await secrets.read(namespace, need.name).catch((error: unknown) => {
      if (isForbidden(error)) return error as Error;
      throw error;
    });
    if (secret instanceof Error) {
      secrets.wakeOnChange(namespace, need.name, undefined, waiter.id, waiter.wake);
      return { kind: 'missing', message: `${need.field}: ${unreadable(secret)}` };
    }
    const value = secretText(secret, need.key) ?? insteadOf(need, secret);
    const refused = secret === undefined || value === undefined ? undefined : refusalOf(need, secret, value, requireAllowedHosts);
    if (value !== undefined && refused === undefined) continue;
    secrets.wakeOnChange(namespace, need.name, secret?.metadata.resourceVersion, waiter.id, waiter.wake);
    if (refused !== undefined) return { kind: 'refused', message: `${need.field}: ${refused}` };
    const missing =
      secret === undefined
        ? `Secret "${need.name}" does not exist in namespace ${namespace}`
        : `Secret "${need.name}" has no key "${need.key}"${(need.instead ?? []).map((keys) => `, and not ${keys.map((name) => `"${name}"`).join(' and ')}`).join('')}`;
    return { kind: 'missing', message: `${need.field}: ${missing}` };
  }
  return undefined;
}

/** A value of the first other set that is there as a whole. */
function insteadOf({ instead = [] }: Need, secret: Secret | undefined): string | undefined {
  const found = instead.find((keys) => keys.every((key) => secretText(secret, key) !== undefined));
  return found?.[0] === undefined ? undefined : secretText(secret, found[0]);
}

function refusalOf(need: Need, secret: Secret, value: string, required: boolean): string | undefined {
  if (need.anywhere) return anywhereProblem(secret, required);
  const host = need.hostOf?.(value);
  return host === undefined ? undefined : hostProblem(secret, host, required);
}

function needs(template: Template, { output, source }: RunStorages): readonly Need[] {
  const { git, http, mysql, postgres } = template.spec.source;
  const of = `of ${titleOf(template)}`;
  return [
    ...sqlNeeds('postgres', postgres, postgresDestination, of),
    ...sqlNeeds('mysql', mysql, mysqlDestination, of),
    ...(http === undefined
      ? []
      : headerSecrets(template).map(({ header, secret }) => ({
          field: `spec.source.http.headers "${header}" ${of}`,
          ...secret,
          hostOf: () => httpDestination(http),
        }))),
    ...(http?.caSecretRef === undefined ? [] : [{ field: `spec.source.http.caSecretRef ${of}`, ...http.caSecretRef }]),
    ...(git?.credentialsSecretRef === undefined
      ? []
      : [
          {
            field: `spec.source.git.credentialsSecretRef ${of}`,
            name: git.credentialsSecretRef.name,
            ...credentialKeys(git),
            hostOf: () => gitDestination(git),
          },
        ]),
    ...(git?.caSecretRef === undefined ? [] : [{ field: `spec.source.git.caSecretRef ${of}`, ...git.caSecretRef }]),
    ...codeSecrets(template).map(({ variable, secret }) => ({
      field: `env "${variable}" of the source ${of}`,
      ...secret,
      anywhere: true as const,
    })),
    ...[output, ...(source === undefined ? [] : [source])].flatMap(({ metadata, spec: { s3 } }) =>
      s3.caSecretRef === undefined ? [] : [{ field: `spec.s3.caSecretRef of ReportStorage "${metadata.name}"`, ...s3.caSecretRef }],
    ),
  ];
}

type SqlSource = NonNullable<Template['spec']['source']['postgres']>;

function sqlNeeds(
  name: 'postgres' | 'mysql',
  source: SqlSource | undefined,
  hostOf: (url: string) => string | undefined,
  of: string,
): readonly Need[] {
  if (source === undefined) return [];
  const field = `spec.source.${name}`;
  return [
    { field: `${field}.urlFrom.secretKeyRef ${of}`, ...source.urlFrom.secretKeyRef, hostOf },
    ...(source.caSecretRef === undefined ? [] : [{ field: `${field}.caSecretRef ${of}`, ...source.caSecretRef }]),
  ];
}
