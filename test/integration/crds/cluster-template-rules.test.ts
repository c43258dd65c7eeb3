/** What a ClusterReportTemplate may say beyond a ReportTemplate: which namespaces may use it. The rest of its CRD is made from that of ReportTemplate. */
import { expect, test } from 'vitest';
import { CLUSTER_REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { expectVerdict, verdictsOn } from './verdicts.ts';

const apiserver = useApiserver();
const postgres = { urlFrom: { secretKeyRef: { name: 'billing-db', key: 'url' } }, query: 'select 1 as one' };
const { manifest, field, rows } = verdictsOn(apiserver, CLUSTER_REPORT_TEMPLATES, { source: { postgres }, formats: ['CSV'] });

test('it belongs to no namespace', async () => {
  const { metadata, ...rest } = manifest({});
  expect(metadata.namespace).toBeUndefined();
  expectVerdict(await apiserver.verdict(CLUSTER_REPORT_TEMPLATES, { ...rest, metadata }), 'accepted');
});

rows('the rules of a ReportTemplate', (spec) => spec as object, [
  ['hold for its source', { source: {} }, ['spec.source: ', 'no source']],
  ['hold for its parameters', { parameters: [{ name: 'p', type: 'Choice' }] }, ['spec.parameters[0].choices: Required value']],
  ['hold for its formats', { formats: ['PDF'] }, ['spec.formats[0]: ', '"PDF"']],
]);

const of = (count: number, length: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`example.com/l${index}`, 'v'.repeat(length)]));
const expression = (more: object): object => ({ matchExpressions: [{ key: 'team', ...more }] });

field('allowedNamespaces', [
  ['every namespace may be meant', {}, 'accepted'],
  ['a label may be asked for', { matchLabels: { team: 'billing', 'kubernetes.io/metadata.name': 'billing' } }, 'accepted'],
  ['16 labels may be asked for', { matchLabels: of(16, 63) }, 'accepted'],
  ['17 labels may not', { matchLabels: of(17, 1) }, ['spec.allowedNamespaces.matchLabels: Too many', '16']],
  ['an empty value is a value', { matchLabels: { team: '' } }, 'accepted'],
  ['a value has at most 63 characters', { matchLabels: of(1, 64) }, ['spec.allowedNamespaces.matchLabels', '63']],
  ['a value is a label value', { matchLabels: { team: 'a b' } }, ['spec.allowedNamespaces.matchLabels', '"a b"']],
  ['a key is a label key', { matchLabels: { 'team name': 'a' } }, ['spec.allowedNamespaces.matchLabels: ', 'label keys']],
  ['a part that does not exist is refused by name', { names: ['billing'] }, ['unknown field "spec.allowedNamespaces.names"']],
]);
rows('spec.allowedNamespaces.matchExpressions', (given) => ({ allowedNamespaces: expression(given as object) }), [
  ['In has values', { operator: 'In', values: ['a', 'b'] }, 'accepted'],
  ['NotIn has values', { operator: 'NotIn', values: Array.from({ length: 64 }, (_, index) => `v${index}`) }, 'accepted'],
  [
    'at most 64',
    { operator: 'In', values: Array.from({ length: 65 }, (_, index) => `v${index}`) },
    ['spec.allowedNamespaces.matchExpressions[0].values: Too many', '64'],
  ],
  ['Exists has none', { operator: 'Exists' }, 'accepted'],
  ['DoesNotExist has none', { operator: 'DoesNotExist', values: [] }, 'accepted'],
  ['In without values is refused', { operator: 'In' }, ['spec.allowedNamespaces.matchExpressions[0]: ', 'In and NotIn need values']],
  ['NotIn with no values is refused', { operator: 'NotIn', values: [] }, ['spec.allowedNamespaces.matchExpressions[0]: ', 'need values']],
  ['Exists with values is refused', { operator: 'Exists', values: ['a'] }, ['spec.allowedNamespaces.matchExpressions[0]: ', 'have none']],
  ['another operator is refused', { operator: 'Like' }, ['spec.allowedNamespaces.matchExpressions[0].operator: ', '"Like"', '"NotIn"']],
  ['an expression needs an operator', {}, ['spec.allowedNamespaces.matchExpressions[0].operator: Required value']],
]);
