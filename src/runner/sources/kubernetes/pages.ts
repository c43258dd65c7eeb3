/**
 * All objects of a kind, page by page, as they were at one moment.
 *
 * The first page fixes the moment and each continue token carries it, so objects that come, go or change meanwhile make no row twice and leave none out. The
 * apiserver forgets such a moment after some minutes (410): then the list has to begin again, which is the caller's decision, because rows may be written already.
 * Memory is bounded by a page: one that is too large is asked for again with fewer objects.
 */
import type { JsonValue } from '../../../json-stream/json-number.ts';
import { JsonError } from '../../../json-stream/tokenizer.ts';
import { count } from '../../cells/misfit.ts';
import type { Body, KubeApi } from './api.ts';
import type { Resource } from './discovery.ts';
import { failed, listRefused, type Asked } from './errors.ts';
import { readPage, type PageEnd } from './list-page.ts';

const PAGE_OBJECTS = 500;
export const PAGE_LIMIT_BYTES = 16 * 1024 * 1024;

const OBJECTS = 'application/json';
/** Secrets are asked for in no other form: a server that does not know this one refuses. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** The moment of the list is no longer known to the apiserver; a new list would be of another moment. */
export class ListExpired extends Error {}

export interface ListRequest {
  readonly resource: Resource;
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly metadataOnly: boolean;
  readonly asked: Asked;
}

/** @throws ListExpired, DossierError SourceFailed, or the signal's reason. */
export async function* listObjects(api: KubeApi, request: ListRequest, signal: AbortSignal): AsyncGenerator<readonly JsonValue[], void> {
  let limit = PAGE_OBJECTS;
  let from: PageEnd | undefined;
  do {
    const answer = await api.get(pathOf(request, limit, from), request.metadataOnly ? METADATA_ONLY : OBJECTS, PAGE_LIMIT_BYTES, signal);
    switch (answer.kind) {
      case 'tooLarge':
        if (limit === 1) throw failed(`an object is larger than ${PAGE_LIMIT_BYTES / 1024 / 1024} MiB`, false);
        limit = Math.ceil(limit / 8);
        continue;
      case 'refused':
        throw answer.status === 410 ? new ListExpired() : listRefused(answer, request.asked);
      case 'body':
        from = yield* page(answer, from);
    }
  } while (from === undefined || from.continueToken !== '');
}

/** Yields the objects; returns where the next page begins. */
function* page({ pieces }: Body, before: PageEnd | undefined): Generator<readonly JsonValue[], PageEnd> {
  let end: PageEnd;
  try {
    end = yield* readPage(pieces);
  } catch (error) {
    if (error instanceof JsonError) throw failed(`a page of the list ${error.message}`, error.cut);
    throw error;
  }
  if (before !== undefined && end.resourceVersion !== before.resourceVersion)
    throw failed('the pages of the list are not of one moment', true);
  if (before !== undefined && end.continueToken !== '' && end.continueToken === before.continueToken)
    throw failed(`the list does not go on after ${count(PAGE_OBJECTS)} objects: a page leads to itself`, false);
  return end;
}

function pathOf({ resource, labelSelector, fieldSelector, asked }: ListRequest, limit: number, from: PageEnd | undefined): string {
  const { basePath, name } = resource;
  const place = asked.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(asked.namespace)}`;
  const query = new URLSearchParams({
    limit: String(limit),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(from === undefined ? {} : { continue: from.continueToken }),
  });
  return `${basePath}${place}/${name}?${query.toString()}`;
}
