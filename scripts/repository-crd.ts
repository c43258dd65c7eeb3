/**
 * What a ReportRepository has in common with a ReportTemplate, copied from the latter's CRD: pure, YAML in and out, not yet formatted.
 *
 * The address of a repository, its credentials, variables and the settings of Jobs mean the same in both; a part that no longer finds its place is an error, so that an edit
 * of the one file cannot quietly leave the other behind.
 */
import { isMap, parse, parseDocument } from 'yaml';

type Json = Record<string, unknown>;

const SPEC = ['spec', 'versions', 0, 'schema', 'openAPIV3Schema', 'properties', 'spec', 'properties'];

/** The text of crds/reportrepositories.yaml with its shared parts made anew; `templates` is the text of crds/reporttemplates.yaml. Comments stay. */
export function repositoryCrd(repositories: string, templates: string): string {
  const document = parseDocument(repositories);
  const set = (path: readonly string[], schema: Json): void => {
    const place = [...SPEC, ...path];
    if (!isMap(document.getIn(place))) throw new Error(`crds/reportrepositories.yaml has no ${place.join('.')}`);
    document.setIn(place, document.createNode(schema));
  };
  const spec = (): Json => at(parse(templates) as Json, 'spec', 'versions', '0', 'schema', 'openAPIV3Schema', 'properties', 'spec');
  const git = at(spec(), 'properties', 'source', 'properties', 'git');
  set(['git'], repository(git));
  set(['path'], {
    ...at(git, 'properties', 'path'),
    description:
      'Folder of the repository that holds dossier.yaml or reports.json, e.g. reports. Default the root. Paths in the descriptor are relative to it.',
  });
  const own = ['templates', 'properties'];
  set([...own, 'job'], job(at(spec(), 'properties', 'job')));
  set([...own, 'storageRef'], {
    ...at(spec(), 'properties', 'storageRef'),
    description: 'The ReportStorage that takes the files; see spec.storageRef of a ReportTemplate.',
  });
  set([...own, 'formats'], {
    ...at(spec(), 'properties', 'formats'),
    description:
      'Formats of templates whose entry in the descriptor names none, each once; the first is the default. Without it: XLSX, CSV, JSON, NDJSON.',
  });
  set([...own, 'env'], {
    ...at(git, 'properties', 'env'),
    description:
      'Variables in the environment of the code, at most 64, each once. What a Secret holds is known to all code of the repository from then on, also to that of later ' +
      'commits; nothing keeps it from sending it anywhere.',
  });
  return document.toString({ lineWidth: 160 });
}

/** The address and what opens it; how the code runs stands in the descriptor. */
function repository(git: Json): Json {
  const { url, ref, credentialsSecretRef, caSecretRef } = at(git, 'properties') as Readonly<Record<string, Json>>;
  if (url === undefined || ref === undefined || credentialsSecretRef === undefined || caSecretRef === undefined)
    throw new Error('crds/reporttemplates.yaml: source.git lacks a part of the address');
  const rules = git['x-kubernetes-validations'] as readonly { readonly fieldPath: string }[];
  const shared = rules.filter(({ fieldPath }) => ['.url', '.credentialsSecretRef', '.caSecretRef'].includes(fieldPath));
  if (shared.length !== 3) throw new Error('crds/reporttemplates.yaml: the rules of source.git have changed');
  return {
    type: 'object',
    description: 'Where the repository is, which state of it, and what opens it.',
    required: ['url', 'ref'],
    'x-kubernetes-validations': shared,
    properties: {
      url,
      ref: {
        ...ref,
        description: 'Which state of it, exactly one of tag, branch and commit. The templates are pinned to the commit that it led to.',
      },
      credentialsSecretRef: {
        ...credentialsSecretRef,
        description: String(credentialsSecretRef['description']).replace("Secret of the Report's namespace", 'Secret of the namespace'),
      },
      caSecretRef,
    },
  };
}

/** Code of users runs as the default service account. */
function job(settings: Json): Json {
  const { serviceAccountName, ...others } = at(settings, 'properties');
  if (serviceAccountName === undefined) throw new Error('crds/reporttemplates.yaml: job has no serviceAccountName');
  const { default: _default, ...schema } = settings;
  return {
    ...schema,
    description:
      'Settings of the Jobs that make the files. Those of where pods run (nodeSelector, tolerations, priorityClassName, imagePullSecrets, labels) hold for the Job that ' +
      'looks the repository up, too.',
    properties: others,
  };
}

function at(object: Json, ...path: readonly string[]): Json {
  let found = object;
  for (const key of path) {
    const next = found[key];
    if (typeof next !== 'object' || next === null) throw new Error(`crds/reporttemplates.yaml has no ${path.join('.')}`);
    found = next as Json;
  }
  return found;
}
