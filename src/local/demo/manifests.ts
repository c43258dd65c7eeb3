/**
 * The manifests of examples/ for this machine: the address and the bucket of the local S3 server, the address of the local API, and real Secrets in place of the
 * placeholders; everything else as it is.
 *
 * An example Secret that the demo does not know is an error, so that a new example cannot be applied with a placeholder in it.
 */
import { parseAllDocuments } from 'yaml';

export interface LocalFacts {
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  /** Origin of the API that templates with an HTTP source ask. */
  readonly api: string;
  /** Name of a Secret -> its data as text. */
  readonly secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

const URL_PATH = ['spec', 'source', 'http', 'url'];

/** The text of a manifest file with its comments; throws when it holds something that the demo does not know. */
export function localManifest(text: string, { bucket, endpoint, region, api, secrets }: LocalFacts): string {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) throw new Error('a manifest file is empty');
  for (const document of documents) {
    const kind = document.get('kind');
    if (kind === 'ReportStorage') {
      for (const [field, value] of Object.entries({ bucket, endpoint, region })) document.setIn(['spec', 's3', field], value);
    }
    if (document.hasIn(URL_PATH)) document.setIn(URL_PATH, `${api}${new URL(String(document.getIn(URL_PATH))).pathname}`);
    if (kind === 'Secret') {
      const name = String(document.getIn(['metadata', 'name']));
      const data = secrets.get(name);
      if (data === undefined) throw new Error(`the demo has nothing to put into the Secret ${name}`);
      document.set('stringData', data);
    }
  }
  return documents.map(String).join('');
}
