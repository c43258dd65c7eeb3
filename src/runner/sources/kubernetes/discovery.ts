/** From the kind that people know to the resource that the apiserver serves: plural name, and whether its objects live in namespaces. */
import { foreignText } from '../../../foreign-text.ts';
import { JsonError } from '../../../json-stream/tokenizer.ts';
import type { JsonValue } from '../../../json-stream/json-number.ts';
import { parseJson } from '../../../json-stream/value-builder.ts';
import { nearest } from '../../../nearest.ts';
import type { KubeApi } from './api.ts';
import { failed, refused } from './errors.ts';

/** The largest groups have some hundred kinds. */
const DISCOVERY_LIMIT_BYTES = 8 * 1024 * 1024;

export interface Resource {
  /** Empty = core. */
  readonly group: string;
  /** Plural, e.g. `deployments`. */
  readonly name: string;
  /** `/api/v1` or `/apis/<group>/<version>`. */
  readonly basePath: string;
  readonly namespaced: boolean;
}

/** @throws DossierError SourceFailed when the cluster has no such kind, or it cannot be listed; or the signal's reason. */
export async function findResource(
  api: KubeApi,
  apiVersion: string,
  kind: string,
  serviceAccount: string,
  signal: AbortSignal,
): Promise<Resource> {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  const basePath = group === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
  const answer = await api.get(basePath, 'application/json', DISCOVERY_LIMIT_BYTES, signal);
  if (answer.kind === 'refused' && answer.status === 404) {
    throw failed(`the cluster does not serve apiVersion ${foreignText(apiVersion, 80)}; kubectl api-versions lists those it does`, false);
  }
  if (answer.kind === 'refused') throw refused(answer.status, serviceAccount);
  if (answer.kind === 'tooLarge') throw failed(`the list of the kinds of ${foreignText(apiVersion, 80)} is too large`, false);
  const served = resourcesOf(answer.pieces);
  const ofKind = served.filter((resource) => resource.kind === kind);
  const found = ofKind.find(({ verbs }) => verbs.includes('list'));
  if (found !== undefined) return { group, name: found.name, basePath, namespaced: found.namespaced };
  if (ofKind.length > 0) throw failed(`objects of kind ${kind} (${foreignText(apiVersion, 80)}) cannot be listed`, false);
  const near = nearest(kind, [...new Set(served.map((resource) => resource.kind))], 1)[0];
  const hint = near === undefined ? 'kubectl api-resources lists those it has' : `did you mean ${foreignText(near, 63)}?`;
  throw failed(`apiVersion ${foreignText(apiVersion, 80)} has no kind ${kind}; ${hint}`, false);
}

interface ServedResource {
  readonly kind: string;
  readonly name: string;
  readonly namespaced: boolean;
  readonly verbs: readonly JsonValue[];
}

/** Of an APIResourceList, without subresources such as `pods/log`. */
function resourcesOf(pieces: readonly Buffer[]): readonly ServedResource[] {
  const document = parse(pieces);
  const resources = member(document, 'resources');
  if (!Array.isArray(resources)) throw failed('the apiserver answers with something else than the list of its kinds', false);
  return (resources as readonly JsonValue[]).flatMap((resource) => {
    const [kind, name, namespaced, verbs] = ['kind', 'name', 'namespaced', 'verbs'].map((field) => member(resource, field));
    // The name becomes a part of a URL.
    if (typeof kind !== 'string' || typeof name !== 'string' || !/^[a-z0-9][a-z0-9.-]*$/.test(name)) return [];
    return [{ kind, name, namespaced: namespaced === true, verbs: Array.isArray(verbs) ? (verbs as readonly JsonValue[]) : [] }];
  });
}

function parse(pieces: readonly Buffer[]): JsonValue {
  try {
    return parseJson(Buffer.concat(pieces));
  } catch (error) {
    if (error instanceof JsonError) throw failed(`the list of the apiserver's kinds ${error.message}`, true);
    throw error;
  }
}

function member(value: JsonValue, name: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, JsonValue>>)[name]
    : undefined;
}
