/** What a template may ask of Kubernetes objects, and what it is told when it may not. */
import { describe, expect, test } from 'vitest';
import type { ParameterType } from '../../../../src/api/parameters/declaration.ts';
import type { ColumnPlan, KubernetesPlan } from '../../../../src/runner/sources/kubernetes/plan.ts';
import { compileReading } from '../../../../src/runner/sources/kubernetes/reading.ts';
import type { ColumnType } from '../../../../src/runner/rows.ts';

type Declared = ColumnPlan & { readonly name: string; readonly type: ColumnType };

const cpu: Declared = { name: 'cpu', type: 'Quantity', path: '$.spec.cpu' };
const cost: Declared = { name: 'cost', type: 'Decimal', formula: 'cpu * :price' };
const name: Declared = { name: 'name', type: 'String', path: '$.metadata.name' };

const PARAMETERS: readonly { readonly name: string; readonly type: ParameterType }[] = [
  { name: 'price', type: 'Decimal' },
  { name: 'month', type: 'Period' },
];

function problems(columns: readonly Declared[], source: Partial<Omit<KubernetesPlan, 'columns'>> = {}): readonly string[] {
  const compiled = compileReading({ apiVersion: 'v1', objectKind: 'Pod', ...source }, columns, PARAMETERS);
  return compiled.ok ? [] : compiled.problems;
}

describe('a template that can be read', () => {
  test.each<readonly [story: string, columns: readonly Declared[], source: Parameters<typeof problems>[1]]>([
    ['paths from the object', [name, { name: 'labels', type: 'JSON', path: '$.metadata.labels' }], {}],
    ['paths from the element', [name, { name: 'image', type: 'String', path: '@.image' }], { forEach: '$.spec.containers[*]' }],
    ['a count of rows', [name, { name: 'n', type: 'Integer', aggregate: 'Count' }], { groupBy: ['name'] }],
    ['a formula of a column before it and a parameter', [cpu, cost, { ...cost, name: 'more', formula: 'cost / 3', scale: 2 }], {}],
    ['a formula beside groups', [name, { ...cpu, aggregate: 'Sum' }, cost], { groupBy: ['name'] }],
    ['a part of a text, and a default', [{ ...name, extract: '^(a+)', default: 'none' }], {}],
    [
      'a further kind with a path of its own',
      [name],
      { also: [{ apiVersion: 'v1', objectKind: 'Node', paths: [{ column: 'name', path: '$.x' }] }] },
    ],
    ['a kind that is joined', [name, cpu], { also: [{ apiVersion: 'v1', objectKind: 'Node', joinOn: ['name'] }] }],
    ['conditions', [name, cpu], { where: [{ column: 'cpu', operator: 'AtLeast', parameter: 'price' }] }],
    [
      'every aggregate',
      [
        name,
        { name: 'sum', type: 'Quantity', path: '$..cpu', aggregate: 'Sum' },
        { name: 'count', type: 'Integer', path: '$..cpu', aggregate: 'Count' },
        { name: 'min', type: 'Timestamp', path: '$.metadata.creationTimestamp', aggregate: 'Min' },
        { name: 'max', type: 'String', path: '$.metadata.name', aggregate: 'Max' },
        { name: 'list', type: 'JSON', path: '$.metadata.name', aggregate: 'List' },
      ],
      { groupBy: ['name'] },
    ],
  ])('%s', (_, columns, source) => {
    expect(problems(columns, source)).toEqual([]);
  });
});

describe('a template that cannot', () => {
  test.each<readonly [story: string, columns: readonly Declared[], source: Parameters<typeof problems>[1], says: readonly string[]]>([
    ['a path with a mistake', [{ ...name, path: '.metadata.name' }], {}, ['spec.columns "name".path', '$.metadata.name']],
    ['a label selector with a mistake', [name], { labelSelector: 'app in web' }, ['spec.source.kubernetes.labelSelector: ', 'not "web"']],
    [
      'a field selector with a mistake, of a further kind',
      [name],
      { also: [{ apiVersion: 'v1', objectKind: 'Node', fieldSelector: 'spec.unschedulable', paths: [{ column: 'name', path: '$.x' }] }] },
      ['spec.source.kubernetes.also[0].fieldSelector: ', 'compares nothing'],
    ],
    ['forEach with a mistake', [name], { forEach: '$.spec.' }, ['spec.source.kubernetes.forEach', 'character 8']],
    ['forEach from the element', [name], { forEach: '@.spec' }, ['spec.source.kubernetes.forEach', 'forEach']],
    ['an element without forEach', [{ ...name, path: '@.name' }], {}, ['spec.columns "name".path', 'begins with $', 'forEach']],
    ['no path', [{ name: 'name', type: 'String' }], {}, ['spec.columns "name"', 'no path']],
    ['an aggregate without groupBy', [{ name: 'n', type: 'Integer', aggregate: 'Count' }], {}, ['spec.columns "n"', 'groupBy']],
    ['a group that is no column', [name], { groupBy: ['name', 'namespace'] }, ['spec.source.kubernetes.groupBy', '"namespace"']],
    ['a column that is neither', [name, { ...name, name: 'node' }], { groupBy: ['name'] }, ['spec.columns "node"', 'groupBy', 'aggregate']],
    ['a column that is both', [{ ...name, aggregate: 'Min' }], { groupBy: ['name'] }, ['spec.columns "name"', 'remove one']],
    [
      'a sum of text',
      [name, { ...name, name: 'sum', aggregate: 'Sum' }],
      { groupBy: ['name'] },
      ['spec.columns "sum"', 'Sum makes no String', 'Quantity'],
    ],
    [
      'a sum of doubles',
      [name, { ...name, name: 'sum', type: 'Number', aggregate: 'Sum' }],
      { groupBy: ['name'] },
      ['Sum makes no Number'],
    ],
    [
      'a count as text',
      [name, { name: 'n', type: 'String', aggregate: 'Count' }],
      { groupBy: ['name'] },
      ['Count makes no String', 'Integer'],
    ],
    ['a list that is no JSON', [name, { ...name, name: 'l', aggregate: 'List' }], { groupBy: ['name'] }, ['List makes no String', 'JSON']],
    ['a formula of a column behind it', [cost, cpu], {}, ['spec.columns "cost".formula', '"cpu" is no column before this one']],
    ['a formula of itself', [{ ...cost, formula: 'cost + 1' }], {}, ['"cost" is the column itself']],
    ['a formula of text', [name, { ...cost, formula: 'name + 1' }], {}, ['column "name" is a String']],
    ['a formula of a parameter that is none', [cpu, { ...cost, formula: 'cpu * :prize' }], {}, [':prize is no parameter', '"price"?']],
    ['a formula of a period', [cpu, { ...cost, formula: 'cpu * :month' }], {}, ['parameter "month" is a Period']],
    ['a formula that may not end', [cpu, { ...cost, formula: 'cpu / 3' }], {}, ['divides', 'scale']],
    ['a formula with a mistake', [cpu, { ...cost, formula: 'cpu *' }], {}, ['spec.columns "cost".formula', 'character 6']],
    ['a formula with a path', [cpu, { ...cost, path: '$.x' }], {}, ['a formula and path']],
    ['a formula in groupBy', [name, { ...cpu, aggregate: 'Sum' }, cost], { groupBy: ['name', 'cost'] }, ['"cost"', 'remove one']],
    ['a formula of another type', [cpu, { ...cost, type: 'Integer' }], {}, ['a Decimal, not a Integer']],
    ['a scale without a formula', [{ ...cpu, scale: 2 }], {}, ['a scale without a formula']],
    ['a part of a number', [{ ...cpu, extract: '(.)' }], {}, ['its type is String, not Quantity']],
    ['a part without a group', [{ ...name, extract: 'a' }], {}, ['spec.columns "name".extract', '0 groups']],
    ['a default of another type', [{ ...cpu, default: 'much' }], {}, ['spec.columns "cpu".default: is no Quantity']],
    [
      'a further kind with a path for nothing',
      [name],
      { also: [{ apiVersion: 'v1', objectKind: 'Node', paths: [{ column: 'nome', path: '$.x' }] }] },
      ['spec.source.kubernetes.also[0].paths', '"nome" is no column'],
    ],
    [
      'a further kind without the elements that a path needs',
      [{ ...name, path: '@.name' }],
      { forEach: '$.spec.containers[*]', also: [{ apiVersion: 'v1', objectKind: 'Node' }] },
      ['spec.source.kubernetes.also[0]', 'spec.columns "name".path', 'begins with $'],
    ],
    [
      'a condition on nothing',
      [name],
      { where: [{ column: 'x', operator: 'In', values: ['a'] }] },
      ['spec.source.kubernetes.where[0]', 'no column'],
    ],
    [
      'the largest document',
      [name, { ...name, name: 'max', type: 'JSON', aggregate: 'Max' }],
      { groupBy: ['name'] },
      ['Max makes no JSON'],
    ],
    [
      'the smallest boolean',
      [name, { ...name, name: 'min', type: 'Boolean', aggregate: 'Min' }],
      { groupBy: ['name'] },
      ['Min makes no Boolean'],
    ],
  ])('%s', (_, columns, source, says) => {
    const told = problems(columns, source);
    expect(told).toHaveLength(1);
    for (const said of says) expect(told[0]).toContain(said);
  });

  test('is told every mistake at once', () => {
    expect(
      problems(
        [
          { ...name, path: 'x' },
          { name: 'b', type: 'Integer', aggregate: 'Sum' },
        ],
        { forEach: '', groupBy: ['c'] },
      ),
    ).toHaveLength(5);
  });
});

describe('of Secrets', () => {
  const read = (path: string, forEach?: string): readonly string[] =>
    problems([{ name: 'c', type: 'JSON', path }], { objectKind: 'Secret', ...(forEach === undefined ? {} : { forEach }) });

  test.each([
    ['$.metadata.name'],
    ["$['metadata']['namespace']"],
    ["$.metadata.labels['app.kubernetes.io/name']"],
    ["$.metadata['name', 'uid']"],
    ['$.metadata.creationTimestamp'],
    ['$.metadata.ownerReferences[?(@.kind == "Certificate")].name'],
    ['$.metadata.labels[?$.metadata.name == "x"]'],
    ['@.name', '$.metadata.ownerReferences[*]'],
  ])('%s may be read', (path, forEach?: string) => {
    expect(read(path, forEach)).toEqual([]);
  });

  test.each([
    ['$'],
    ['$.data'],
    ['$.data.password'],
    ["$['data']"],
    ['$.stringData'],
    ['$.type'],
    ['$.*'],
    ['$..password'],
    ['$..*'],
    ['$.metadata'],
    ['$.metadata.*'],
    ['$.metadata..labels'],
    ['$.metadata[?@]'],
    ['$.metadata.annotations'],
    ["$.metadata.annotations['kubectl.kubernetes.io/last-applied-configuration']"],
    ["$.metadata['name', 'annotations']"],
    ["$['metadata', 'data']['name']"],
    ['$.metadata.managedFields'],
    ['$.metadata.labels[?$.data.password == "guess"]'],
    ['$.metadata.labels[?!(@ == "a" || $.data)]'],
    ['$.metadata.labels[?@ == $.data.password]'],
    ['$.metadata.ownerReferences[?@[?$.data]]'],
    ['$[0]'],
    ['@.x', '$.data'],
    ['@', '$..*'],
  ])('%s may not', (path, forEach?: string) => {
    expect(read(path, forEach).join()).toContain('of Secrets only');
  });

  test('a ConfigMap is no Secret', () => {
    expect(problems([{ name: 'c', type: 'JSON', path: '$.data' }], { objectKind: 'ConfigMap' })).toEqual([]);
  });
});
