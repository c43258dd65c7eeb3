/**
 * Rows of the cluster's own objects, read with the service account of the template.
 *
 * The list is of one moment. When the apiserver forgets it before the end, the list begins again as long as no row has been given out; afterwards the run fails
 * and the Job tries again, because a file of two moments would show objects twice or not at all.
 */
import type { JsonValue } from '../../json-stream/json-number.ts';
import { WallTimes } from '../cells/wall-times.ts';
import type { RunPlan, SourcePlan } from '../plan.ts';
import type { Cell, Column, RowBatch, RowSource } from '../rows.ts';
import { KubeApi } from './kubernetes/api.ts';
import { findResource } from './kubernetes/discovery.ts';
import { failed, templateFailed } from './kubernetes/errors.ts';
import { Groups } from './kubernetes/groups.ts';
import { ListExpired, listObjects, type ListRequest } from './kubernetes/pages.ts';
import { compileReading, type Reading } from './kubernetes/reading.ts';
import { RowReader } from './kubernetes/rows.ts';
import { isSecret, readableSecret } from './kubernetes/secrets.ts';

type KubernetesPlan = Extract<SourcePlan, { kind: 'kubernetes' }>;
type Environment = Readonly<Record<string, string | undefined>>;

const BATCH_ROWS = 250;
/** How often a list may begin. */
const LISTS = 3;
/** Before the second try of a request; doubles with each. */
const FIRST_PAUSE_MS = 500;

/** Finds the kind in the cluster; the objects are read with the batches. @throws DossierError, or the signal's reason. */
export async function openKubernetes(
  source: KubernetesPlan,
  plan: RunPlan,
  env: Environment,
  signal: AbortSignal,
  firstPauseMs: number = FIRST_PAUSE_MS,
): Promise<RowSource> {
  const { columns, report, timeZone } = plan;
  if (columns === undefined) throw templateFailed('the template declares no columns');
  const compiled = compileReading(
    source,
    columns.map(({ name, type }, index) => ({ name, type, ...source.columns[index] })),
  );
  if (!compiled.ok) throw templateFailed(compiled.problems.join('; '));

  const api = new KubeApi(env, firstPauseMs);
  try {
    const serviceAccount = `${report.namespace}/${source.serviceAccountName}`;
    const resource = await findResource(api, source.apiVersion, source.objectKind, serviceAccount, signal);
    if (!resource.namespaced && !source.allNamespaces) {
      throw templateFailed(
        `objects of kind ${source.objectKind} belong to no namespace; only a ClusterReportTemplate with allNamespaces: true may read them`,
      );
    }
    const request: ListRequest = {
      resource,
      labelSelector: source.labelSelector,
      fieldSelector: source.fieldSelector,
      metadataOnly: isSecret(source.apiVersion, source.objectKind),
      asked: {
        serviceAccount,
        resource: resource.name,
        group: resource.group,
        namespace: source.allNamespaces ? undefined : report.namespace,
      },
    };
    return new KubernetesSource(api, source, request, compiled.reading, columns, new WallTimes(timeZone));
  } catch (error) {
    await api.close();
    throw error;
  }
}

class KubernetesSource implements RowSource {
  readonly columns: readonly Column[];
  readonly #api: KubeApi;
  readonly #source: KubernetesPlan;
  readonly #request: ListRequest;
  readonly #reading: Reading;
  readonly #wall: WallTimes;

  constructor(api: KubeApi, source: KubernetesPlan, request: ListRequest, reading: Reading, columns: readonly Column[], wall: WallTimes) {
    this.#api = api;
    this.#source = source;
    this.#request = request;
    this.#reading = reading;
    this.columns = columns;
    this.#wall = wall;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<RowBatch> {
    for (let lists = 1; ; lists += 1) {
      let given = false;
      try {
        for await (const batch of this.#reading.grouped ? this.#groups(signal) : this.#rows(signal)) {
          given = true;
          yield batch;
        }
        return;
      } catch (error) {
        if (!(error instanceof ListExpired)) throw error;
        if (given || lists === LISTS)
          throw failed(
            'the apiserver no longer knows the moment that the list is of (410): reading it took too long; select fewer objects',
            true,
          );
      }
    }
  }

  close(): Promise<void> {
    return this.#api.close();
  }

  async *#rows(signal: AbortSignal): AsyncGenerator<RowBatch> {
    const reader = new RowReader(this.#reading, this.#wall);
    let batch: (readonly Cell[])[] = [];
    for await (const object of this.#objects(signal)) {
      for (const row of reader.rowsOf(object)) {
        batch.push(row as readonly Cell[]);
        if (batch.length < BATCH_ROWS) continue;
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  }

  async *#groups(signal: AbortSignal): AsyncGenerator<RowBatch> {
    const reader = new RowReader(this.#reading, this.#wall);
    const groups = new Groups(this.#reading.columns);
    for await (const object of this.#objects(signal)) for (const row of reader.rowsOf(object)) groups.add(row);
    yield* groups.batches();
  }

  async *#objects(signal: AbortSignal): AsyncGenerator<JsonValue> {
    const { apiVersion, objectKind } = this.#source;
    for await (const objects of listObjects(this.#api, this.#request, signal)) {
      for (const object of objects) {
        // Lists of built-in kinds leave out what each of their objects is; kubectl fills it in too.
        yield this.#request.metadataOnly ? readableSecret(object) : { apiVersion, kind: objectKind, ...(object as object) };
      }
    }
  }
}
