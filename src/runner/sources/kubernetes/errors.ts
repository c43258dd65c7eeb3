/**
 * What the apiserver refuses, as one sentence that says what is missing and who can mend it.
 *
 * Its own words are passed on only where it judges the user's selectors; everywhere else the sentence is ours.
 */
import { DossierError } from '../../../errors.ts';
import { foreignText } from '../../../foreign-text.ts';
import { networkFailureKind, type NetworkFailureKind } from '../../../net/failure.ts';

const SERVER_WORDS_LIMIT = 200;

export function failed(clause: string, retryable: boolean): DossierError {
  return new DossierError('SourceFailed', `kubernetes: ${clause}`, { retryable });
}

export function templateFailed(clause: string): DossierError {
  return new DossierError('TemplateFailed', `kubernetes: ${clause}`, { retryable: false });
}

/** An answer that is neither a success nor worth another try. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: number;
  /** The apiserver's own words. */
  readonly message: string;
}

/** Who asked for what. */
export interface Asked {
  /** `namespace/name`. */
  readonly serviceAccount: string;
  /** Plural, e.g. `deployments`. */
  readonly resource: string;
  /** Empty = core. */
  readonly group: string;
  /** Undefined = all of them. */
  readonly namespace: string | undefined;
}

/** A list that was refused. */
export function listRefused({ status, message }: Refusal, { serviceAccount, resource, group, namespace }: Asked): DossierError {
  const what = group === '' ? resource : `${resource}.${group}`;
  const where = namespace === undefined ? 'all namespaces' : `namespace ${namespace}`;
  switch (status) {
    case 400:
      return failed(
        `the apiserver does not understand what is asked of ${what}; check labelSelector and fieldSelector (it says: ${foreignText(message, SERVER_WORDS_LIMIT)})`,
        false,
      );
    case 403: {
      const role = namespace === undefined ? 'ClusterRole and a ClusterRoleBinding' : `Role and a RoleBinding in namespace ${namespace}`;
      return failed(
        `service account ${serviceAccount} may not list ${what} in ${where}; give it a ${role} with the verb list on the resource ${resource} of the apiGroup "${group}"`,
        false,
      );
    }
    case 404:
      return failed(`the apiserver does not serve ${what}`, false);
    case 406:
      return failed(`the apiserver does not offer ${what} in the form that is read here`, false);
    default:
      return refused(status, serviceAccount);
  }
}

/** Any other request that was refused. */
export function refused(status: number, serviceAccount: string): DossierError {
  if (status === 401) return failed(`the apiserver does not accept the token of service account ${serviceAccount}`, false);
  if (status === 403)
    return failed(
      `service account ${serviceAccount} may not look up which kinds the apiserver serves; it lacks the ClusterRole system:discovery`,
      false,
    );
  return failed(`the apiserver answers with status ${status}`, false);
}

/** No answer at all, or one that was cut. */
export function noAnswer(error: unknown): DossierError {
  if (error instanceof DossierError) return error;
  const kind = networkFailureKind(error) ?? 'cut';
  const { text, retryable } = MEANINGS[kind];
  return failed(`the apiserver ${text}`, retryable);
}

const MEANINGS: Readonly<Record<NetworkFailureKind, { readonly text: string; readonly retryable: boolean }>> = {
  addressRefused: { text: 'has an address that may not be reached', retryable: false },
  unresolved: { text: 'has no address: its name is unknown to DNS', retryable: true },
  refused: { text: 'refused the connection', retryable: true },
  timedOut: { text: 'did not answer in time', retryable: true },
  unreachable: { text: 'cannot be reached: there is no route', retryable: true },
  cut: { text: 'closed the connection before the answer was complete', retryable: true },
  unknownAuthority: { text: "has a certificate that the cluster's own authority did not sign", retryable: false },
  certificateInvalid: { text: 'has a certificate that has expired or is for another name', retryable: false },
  notTls: { text: 'does not speak TLS that is accepted (1.2 or later)', retryable: false },
  notHttp: { text: 'does not speak HTTP', retryable: false },
};
