/**
 * The manifests of examples/ and of the system templates for this machine: the address and the bucket of the local S3 server, the address of the local API, real Secrets
 * in place of the placeholders, and the demo's namespace for that of an installation; everything else as it is.
 *
 * An example Secret that the demo does not know is an error, so that a new example cannot be applied with a placeholder in it.
 */
import { parseAllDocuments, visit } from 'yaml';

export interface LocalFacts {
  /** Where system templates may be used, and their service account and examples live. */
  readonly namespace: string;
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  /** Origin of the API that templates with an HTTP source ask. */
  readonly api: string;
  /** Name of a Secret -> its data as text. */
  readonly secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

const INSTALLED_IN = 'dossier-system';
const URL_PATH = ['spec', 'source', 'http', 'url'];

/** The text of a manifest file with its comments; throws when it holds something that the demo does not know. */
export function localManifest(text: string, { namespace, bucket, endpoint, region, api, secrets }: LocalFacts): string {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) throw new Error('a manifest file is empty');
  for (const document of documents) {
    const kind = document.get('kind');
    if (kind === 'ReportStorage') {
      for (const [field, value] of Object.entries({ bucket, endpoint, region })) document.setIn(['spec', 's3', field], value);
    }
    visit(document, {
      Scalar: (_, node) => {
        if (node.value === INSTALLED_IN) node.value = namespace;
      },
    });
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
