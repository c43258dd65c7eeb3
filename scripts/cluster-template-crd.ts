/**
 * The CRD of ClusterReportTemplate, made from ReportTemplate's: pure, YAML in and out, not yet formatted.
 *
 * What the two kinds share is written once, in crds/reporttemplates.yaml; how they differ stands here. A difference that no longer finds its place is an error, so that an
 * edit of the one file cannot quietly leave the other behind.
 */
import { parse, stringify } from 'yaml';

type Json = Record<string, unknown>;

const HEAD = `# ClusterReportTemplate: a ReportTemplate that the cluster's owner offers to many namespaces. Made from crds/reporttemplates.yaml and
# scripts/cluster-template-crd.ts by \`npm run generate\`; not edited by hand.
`;

const DESCRIPTION =
  'A ClusterReportTemplate is a ReportTemplate that belongs to no namespace: Reports of every namespace that allowedNamespaces selects can name it. What it reads stays ' +
  "in the Report's own namespace: the Secrets and storages that it names are looked up there, and nothing is ever read across namespaces.";

const LABEL_KEY = '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';
const LABEL_VALUE = '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors, with bounds. */
const ALLOWED_NAMESPACES = {
  type: 'object',
  description:
    'Which namespaces may use the template, by their labels, e.g. {matchLabels: {team: billing}}; matchLabels and matchExpressions must all hold. Without it, every ' +
    'namespace may. The label kubernetes.io/metadata.name of a namespace is its name. A Report of another namespace ends as Failed with reason NamespaceNotAllowed.',
  properties: {
    matchLabels: {
      type: 'object',
      description: 'Labels that the namespace must have with these values, at most 16.',
      maxProperties: 16,
      'x-kubernetes-validations': [
        {
          rule: `self.all(key, size(key) <= 317 && key.matches('${LABEL_KEY.replaceAll('\\.', '[.]')}'))`,
          message:
            'matchLabels keys must be label keys: an optional DNS prefix and a slash, then at most 63 letters, digits, dashes, dots and underscores',
        },
      ],
      additionalProperties: { type: 'string', description: 'Value of the label.', maxLength: 63, pattern: LABEL_VALUE },
    },
    matchExpressions: {
      type: 'array',
      description: 'Conditions on labels of the namespace, at most 16.',
      maxItems: 16,
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        description: 'One condition on one label.',
        required: ['key', 'operator'],
        'x-kubernetes-validations': [
          {
            rule: "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
            message: 'In and NotIn need values, Exists and DoesNotExist have none',
          },
        ],
        properties: {
          key: { type: 'string', description: 'Key of the label.', maxLength: 317, pattern: LABEL_KEY },
          operator: {
            type: 'string',
            description:
              'In: the label has one of values. NotIn: it has none of them, or the namespace has no such label. Exists: the namespace has the label. DoesNotExist: it has not.',
            enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'],
          },
          values: {
            type: 'array',
            description: 'Values for In and NotIn, at most 64.',
            maxItems: 64,
            'x-kubernetes-list-type': 'atomic',
            items: { type: 'string', description: 'Value of the label.', maxLength: 63, pattern: LABEL_VALUE },
          },
        },
      },
    },
  },
};

/** `source` is the text of crds/reporttemplates.yaml. */
export function clusterTemplateCrd(source: string): string {
  const crd = parse(source) as Json;
  replace(at(crd, 'metadata'), 'name', 'reporttemplates.dossier.dev', 'clusterreporttemplates.dossier.dev');
  const spec = at(crd, 'spec');
  replace(spec, 'scope', 'Namespaced', 'Cluster');
  spec['names'] = {
    kind: 'ClusterReportTemplate',
    listKind: 'ClusterReportTemplateList',
    plural: 'clusterreporttemplates',
    singular: 'clusterreporttemplate',
    shortNames: ['crpttpl'],
    categories: ['dossier'],
  };
  const root = at(spec, 'versions', '0', 'schema', 'openAPIV3Schema');
  root['description'] = DESCRIPTION;
  replace(at(root, 'properties', 'kind'), 'description', 'Always ReportTemplate.', 'Always ClusterReportTemplate.');
  const fields = at(root, 'properties', 'spec');
  withoutRule(at(fields, 'properties', 'source', 'properties', 'kubernetes'), '.allNamespaces');
  const { title, description, ...others } = at(fields, 'properties');
  fields['properties'] = { title, description, allowedNamespaces: ALLOWED_NAMESPACES, ...others };
  return HEAD + stringify(crd, { lineWidth: 160, aliasDuplicateObjects: false });
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

/** Drops the rule of `object` that speaks of that field. */
function withoutRule(object: Json, fieldPath: string): void {
  const rules = object['x-kubernetes-validations'] as readonly Json[];
  const others = rules.filter((rule) => rule['fieldPath'] !== fieldPath);
  if (others.length === rules.length) throw new Error(`crds/reporttemplates.yaml has no rule for ${fieldPath}`);
  if (others.length > 0) object['x-kubernetes-validations'] = others;
  else delete object['x-kubernetes-validations'];
}

function replace(object: Json, key: string, before: string, after: string): void {
  if (object[key] !== before) throw new Error(`crds/reporttemplates.yaml: ${key} is not "${before}"`);
  object[key] = after;
}
