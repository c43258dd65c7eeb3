/** The ReportTemplates that a descriptor asks for, as manifests: pure. What runs comes from the repository, with what it runs from the namespace's owner. */
import { createHash } from 'node:crypto';
import type { ReportRepository } from '../../api/generated/reportrepository.ts';
import { base32 } from '../../base32.ts';
import type { DescribedCode, DescribedTemplate } from '../../descriptor/descriptor.ts';
import { stringifyExact } from '../../exact-json.ts';
import type { Manifest } from '../../kube/client.ts';
import { apiVersionOf, REPORT_REPOSITORIES, REPORT_TEMPLATES } from '../../kube/resources.ts';
import { COMMIT_ANNOTATION, REPOSITORY_LABEL } from './fetching.ts';
import type { Known } from './view.ts';

const FORMATS = ['XLSX', 'CSV', 'JSON', 'NDJSON'];

export interface DesiredTemplate {
  readonly name: string;
  /** As messages name its entry: `dossier.yaml: templates "usage"`. */
  readonly place: string;
  readonly manifest: Manifest;
  /** Of the manifest. */
  readonly hash: string;
}

export type Desired =
  | { readonly kind: 'templates'; readonly templates: readonly DesiredTemplate[] }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly string[] };

export function desiredTemplates(repository: ReportRepository, known: Known, pythonImage: string | undefined): Desired {
  const image = repository.spec.templates.pythonImage ?? pythonImage;
  const mistakes: string[] = [];
  const templates: DesiredTemplate[] = [];
  for (const described of known.templates) {
    const code = codeOf(described.code, image);
    if (code === undefined)
      mistakes.push(
        `${described.place}: is a Python function, and this operator has no image for them (--python-image); set spec.templates.pythonImage`,
      );
    else templates.push(templateOf(repository, described, known.commit, code));
  }
  return mistakes.length > 0 ? { kind: 'mistakes', mistakes } : { kind: 'templates', templates };
}

function templateOf(
  repository: ReportRepository,
  { name: entry, place, spec: own }: DescribedTemplate,
  commit: string,
  code: object,
): DesiredTemplate {
  const { metadata, spec } = repository;
  const { url, credentialsSecretRef, caSecretRef } = spec.git;
  const { job, storageRef, formats = FORMATS, env } = spec.templates;
  const name = `${metadata.name}-${entry}`;
  const given = {
    formats,
    ...own,
    source: {
      git: {
        url,
        ref: { commit },
        ...(spec.path === undefined ? {} : { path: spec.path }),
        ...code,
        ...(credentialsSecretRef === undefined ? {} : { credentialsSecretRef }),
        ...(caSecretRef === undefined ? {} : { caSecretRef }),
        ...(env === undefined ? {} : { env }),
      },
    },
    ...(storageRef === undefined ? {} : { storageRef }),
    ...(job === undefined ? {} : { job }),
  };
  const { namespace = '', uid } = metadata;
  const owner = { apiVersion: apiVersionOf(REPORT_REPOSITORIES), kind: REPORT_REPOSITORIES.kind, name: metadata.name, uid };
  const manifest = {
    apiVersion: apiVersionOf(REPORT_TEMPLATES),
    kind: REPORT_TEMPLATES.kind,
    metadata: {
      name,
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'dossier', [REPOSITORY_LABEL]: metadata.name },
      annotations: { [COMMIT_ANNOTATION]: commit },
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    },
    spec: given,
  };
  return { name, place, manifest, hash: base32(createHash('sha256').update(stringifyExact(manifest)).digest()).slice(0, 20) };
}

function codeOf(code: DescribedCode, pythonImage: string | undefined): object | undefined {
  switch (code.kind) {
    case 'module':
      return { entrypoint: code.entrypoint };
    case 'image':
      return {
        image: code.image,
        ...(code.command === undefined ? {} : { command: code.command }),
        ...(code.args === undefined ? {} : { args: code.args }),
      };
    case 'python':
      return pythonImage === undefined ? undefined : { image: pythonImage, args: code.args };
  }
}
