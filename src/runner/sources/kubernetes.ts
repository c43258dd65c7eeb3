/**
 * Rows of the cluster's own objects, read with the service account of the template: of one kind, or of several, one after the other.
 *
 * The list of a kind is of one moment. When the apiserver forgets it before the end, the list begins again as long as no row has been given out; afterwards the run fails
 * and the Job tries again, because a file of two moments would show objects twice or not at all.
 */
import type { JsonValue } from '../../json-stream/json-number.ts';
import { WallTimes } from '../cells/wall-times.ts';
import type { RunPlan } from '../plan.ts';
import type { Cell, Column, RowBatch, RowSource } from '../rows.ts';
import { KubeApi } from './kubernetes/api.ts';
import { findResource } from './kubernetes/discovery.ts';
import { failed, templateFailed } from './kubernetes/errors.ts';
import { Finishing } from './kubernetes/finishing.ts';
import { Groups, type Contribution } from './kubernetes/groups.ts';
import { Join } from './kubernetes/joins.ts';
import { ListExpired, listObjects, type ListRequest } from './kubernetes/pages.ts';
import type { KindPlan, KubernetesPlan } from './kubernetes/plan.ts';
import { compileReading, type KindReading, type Reading } from './kubernetes/reading.ts';
import { RowReader } from './kubernetes/rows.ts';
import { isSecret, readableSecret } from './kubernetes/secrets.ts';

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
  const { columns, report, timeZone, parameters, time } = plan;
  if (columns === undefined) throw templateFailed('the template declares no columns');
  const compiled = compileReading(
    source,
    columns.map(({ name, type }, index) => ({ name, type, ...source.columns[index] })),
    parameters,
  );
  if (!compiled.ok) throw templateFailed(compiled.problems.join('; '));
  const { reading } = compiled;

  const api = new KubeApi(env, firstPauseMs);
  try {
    const requests: ListRequest[] = [];
    for (const kind of reading.kinds) requests.push(await listRequest(api, kind.plan, source, report.namespace, signal));
    const wall = new WallTimes(timeZone);
    const finishing = new Finishing(reading, source.where ?? [], { parameters, wall, time: Date.parse(time) });
    return new KubernetesSource(api, requests, reading, columns, wall, finishing);
  } catch (error) {
    await api.close();
    throw error;
  }
}

async function listRequest(
  api: KubeApi,
  { apiVersion, objectKind, labelSelector, fieldSelector }: KindPlan,
  { allNamespaces, serviceAccountName }: KubernetesPlan,
  namespace: string,
  signal: AbortSignal,
): Promise<ListRequest> {
  const serviceAccount = `${namespace}/${serviceAccountName}`;
  const resource = await findResource(api, apiVersion, objectKind, serviceAccount, signal);
  if (!resource.namespaced && !allNamespaces) {
    throw templateFailed(
      `objects of kind ${objectKind} belong to no namespace; only a ClusterReportTemplate with allNamespaces: true may read them`,
    );
  }
  return {
    resource,
    labelSelector,
    fieldSelector,
    metadataOnly: isSecret(apiVersion, objectKind),
    asked: { serviceAccount, resource: resource.name, group: resource.group, namespace: allNamespaces ? undefined : namespace },
  };
}

class KubernetesSource implements RowSource {
  readonly columns: readonly Column[];
  readonly #api: KubeApi;
  /** In the order of the reading's kinds. */
  readonly #requests: readonly ListRequest[];
  readonly #reading: Reading;
  readonly #wall: WallTimes;
  readonly #finishing: Finishing;

  constructor(
    api: KubeApi,
    requests: readonly ListRequest[],
    reading: Reading,
    columns: readonly Column[],
    wall: WallTimes,
    finishing: Finishing,
  ) {
    this.#api = api;
    this.#requests = requests;
    this.#reading = reading;
    this.columns = columns;
    this.#wall = wall;
    this.#finishing = finishing;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<RowBatch> {
    for (let lists = 1; ; lists += 1) {
      let given = false;
      try {
        for await (const batch of inBatches(this.#rows(signal))) {
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

  /** Rows of the file. */
  async *#rows(signal: AbortSignal): AsyncGenerator<readonly Cell[]> {
    if (!this.#reading.grouped) {
      for await (const row of this.#kept(signal)) yield* this.#finished(row as readonly Cell[]);
      return;
    }
    const groups = new Groups(this.#reading.columns);
    for await (const row of this.#kept(signal)) groups.add(row);
    for (const row of groups.rows()) yield* this.#finished(row);
  }

  *#finished(row: readonly Cell[]): Generator<readonly Cell[]> {
    const finished = this.#finishing.finish(row);
    if (finished !== undefined) yield finished;
  }

  async *#kept(signal: AbortSignal): AsyncGenerator<readonly Contribution[]> {
    const joins = await this.#joins(signal);
    for await (const row of this.#rowsOf(({ joinOn }) => joinOn === undefined, signal)) {
      const begun = this.#finishing.begin(joins.reduce((filled, join) => join.fill(filled), row.cells));
      if (begun !== undefined) yield begun;
    }
  }

  /** What rows are completed with; in memory, because any row may need any of it. */
  async #joins(signal: AbortSignal): Promise<readonly Join[]> {
    const { kinds, columns } = this.#reading;
    const joins = new Map(
      kinds.flatMap(({ joinOn, plan }, kind) => (joinOn === undefined ? [] : [[kind, new Join(plan.objectKind, joinOn, columns)]])),
    );
    if (joins.size > 0) {
      for await (const { kind, cells } of this.#rowsOf(({ joinOn }) => joinOn !== undefined, signal)) joins.get(kind)?.add(cells);
    }
    return [...joins.values()];
  }

  async *#rowsOf(
    which: (kind: KindReading) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly kind: number; readonly cells: readonly Contribution[] }> {
    const reader = new RowReader(this.#reading, this.#wall);
    for (const [kind, request] of this.#requests.entries()) {
      const reading = this.#reading.kinds[kind];
      if (reading === undefined || !which(reading)) continue;
      for await (const object of this.#objects(request, reading.plan, signal)) {
        for (const cells of reader.rowsOf(object, kind)) yield { kind, cells };
      }
    }
  }

  async *#objects(request: ListRequest, { apiVersion, objectKind }: KindPlan, signal: AbortSignal): AsyncGenerator<JsonValue> {
    for await (const objects of listObjects(this.#api, request, signal)) {
      for (const object of objects) {
        // Lists of built-in kinds leave out what each of their objects is; kubectl fills it in too.
        yield request.metadataOnly ? readableSecret(object) : { apiVersion, kind: objectKind, ...(object as object) };
      }
    }
  }
}

async function* inBatches(rows: AsyncIterable<readonly Cell[]>): AsyncGenerator<RowBatch> {
  let batch: (readonly Cell[])[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
