/** The verbs on single objects of a fake apiserver: names are taken once, a resource version or UID that is not the present one is a conflict. */
import type { ServerResponse } from 'node:http';
import type { ObjectPath, ReceivedRequest } from './fake-apiserver.ts';
import type { Draft, ObjectTable } from './object-table.ts';

export function serveObject(objects: ObjectTable, request: ReceivedRequest, path: ObjectPath, response: ServerResponse): void {
  const body = request.body === '' ? undefined : (JSON.parse(request.body) as Draft);
  const name = path.name ?? body?.metadata.name ?? '';
  const key = path.namespace === undefined ? name : `${path.namespace}/${name}`;
  const present = objects.get(path.collection, key);
  if (request.method === 'POST' && body !== undefined) {
    if (present !== undefined) return serveStatus(response, 409, 'AlreadyExists');
    return serveJson(response, 201, objects.put(path.collection, body));
  }
  if (present === undefined) return serveStatus(response, 404, 'NotFound');
  switch (request.method) {
    case 'GET':
      return serveJson(response, 200, present);
    case 'PUT': {
      if (body === undefined) return serveStatus(response, 400, 'BadRequest');
      const { resourceVersion, uid } = body.metadata;
      const stale = resourceVersion !== undefined && resourceVersion !== present.metadata.resourceVersion;
      if (stale || (uid !== undefined && uid !== present.metadata.uid)) return serveStatus(response, 409, 'Conflict');
      return serveJson(response, 200, objects.put(path.collection, body));
    }
    case 'PATCH':
      return serveJson(response, 200, objects.put(path.collection, patched(present, body)));
    case 'DELETE':
      return serveJson(response, 200, objects.remove(path.collection, key));
    default:
      return serveStatus(response, 405, 'MethodNotAllowed');
  }
}

/** JSON patches that add one top-level field, and merges of top-level fields: all that the code under test sends to this server. */
function patched(present: object, patch: unknown): Draft {
  const fields = Array.isArray(patch)
    ? Object.fromEntries((patch as { path: string; value: unknown }[]).map(({ path, value }) => [path.slice(1), value]))
    : (patch as object);
  return { ...present, ...fields } as Draft;
}

/** A metav1.Status, as every refusal of the real one. */
export function serveStatus(
  response: ServerResponse,
  code: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
  message = `the fake says ${reason}`,
): void {
  serveJson(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }, headers);
}

function serveJson(response: ServerResponse, code: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}
