/** Mistakes in sources that the schema cannot see, field by field: what the condition Ready must say of each. */

export type Mistake = readonly [name: string, says: readonly RegExp[], spec: Readonly<Record<string, unknown>>];

const ID = { name: 'id', type: 'String', path: '$.id' };

function http(more: object, columns: readonly object[] = [ID], parameters: readonly object[] = []): Readonly<Record<string, unknown>> {
  return { source: { http: { url: 'https://api.example.com/v1', ...more } }, columns, parameters, formats: ['CSV'] };
}

function kubernetes(more: object, ...columns: readonly object[]): Readonly<Record<string, unknown>> {
  const source = { kubernetes: { apiVersion: 'v1', kind: 'Pod', ...more } };
  return { source, columns: columns.length === 0 ? [ID] : columns, job: { serviceAccountName: 'reporter' }, formats: ['CSV'] };
}

const path = (value: string): object => ({ ...ID, path: value });
const formula = (value: string): object => ({ name: 'share', type: 'Decimal', formula: value, scale: 2 });
const pair = (value: string): object => ({ query: [{ name: 'from', value }] });

export const SOURCE_MISTAKES: readonly Mistake[] = [
  [
    'http-query-name',
    [/^spec\.source\.http\.query: pair "from": \{\{monht_from\}\} is no parameter of the template/],
    http(pair('{{monht_from}}'), [ID], [{ name: 'month', type: 'Period' }]),
  ],
  ['http-query-open', [/^spec\.source\.http\.query: pair "from": \{\{ without a name/], http(pair('{{month'))],
  ['http-rows-syntax', [/^spec\.source\.http\.rows: character 9: /], http({ rows: '$.items[' })],
  ['http-rows-root', [/^spec\.source\.http\.rows: a path begins with \$ .*\$\.items$/], http({ rows: 'items' })],
  [
    'http-path-function',
    [/^spec\.columns: column "id": character 6: functions are not supported/],
    http({}, [path('$.a[?match(@.b, "x")]')]),
  ],
  [
    'http-cursor',
    [/^spec\.source\.http\.pagination\.cursor: .*@ stands for nothing/],
    http({ pagination: { type: 'Cursor', parameter: 'after', cursor: '@.next' } }),
  ],
  [
    'http-page-twice',
    [/^spec\.source\.http\.pagination\.parameter: "page" stands in the query already/],
    http({ query: [{ name: 'page', value: '1' }], pagination: { type: 'Page', parameter: 'page' } }),
  ],
  [
    'http-hosts',
    [/allowedHosts: "10\.0\.0\.0\/33" is not/, /allowedHosts: "a b" is not/, /allowedHosts: "x:0" is not/],
    http({ allowedHosts: ['10.0.0.0/33', 'a b', 'x:0'] }),
  ],
  [
    'kube-path-braces',
    [/^spec\.columns "id"\.path: .*has no braces, e\.g\. \$\.metadata\.name$/],
    kubernetes({}, path('{.metadata.name}')),
  ],
  ['kube-path-root', [/^spec\.columns "id"\.path: .*only the element of forEach is @/], kubernetes({}, path('@.name'))],
  ['kube-for-each', [/^spec\.source\.kubernetes\.forEach: a path begins with \$/], kubernetes({ forEach: 'spec.containers' })],
  ['kube-secret', [/^spec\.columns "id"\.path: of Secrets only /], kubernetes({ kind: 'Secret' }, path('$.data.password'))],
  ['kube-group', [/^spec\.source\.kubernetes\.groupBy: "idd" is no column/], kubernetes({ groupBy: ['idd'] })],
  [
    'kube-sum',
    [/^spec\.columns "n": Sum makes no String/],
    kubernetes({ groupBy: ['id'] }, ID, { name: 'n', type: 'String', path: '$.n', aggregate: 'Sum' }),
  ],
  ['kube-extract', [/^spec\.columns "id"\.extract: pattern is not valid RE2/], kubernetes({}, { ...ID, extract: '(' })],
  ['kube-extract-groups', [/^spec\.columns "id"\.extract: pattern has 0 groups/], kubernetes({}, { ...ID, extract: 'abc' })],
  ['kube-default', [/^spec\.columns "id"\.default: is no Integer$/], kubernetes({}, { ...ID, type: 'Integer', default: 'x' })],
  ['kube-formula-name', [/^spec\.columns "share"\.formula: "nope" is no column/], kubernetes({}, ID, formula('nope + 1'))],
  ['kube-formula-syntax', [/^spec\.columns "share"\.formula: at character 4 /], kubernetes({}, ID, formula('1 +'))],
  [
    'kube-where',
    [/^spec\.source\.kubernetes\.where\[0\]: "idd" is no column; did you mean "id"\?/, /where\[1\]: "gone" is no parameter/],
    kubernetes({
      where: [
        { column: 'idd', operator: 'In', values: ['a'] },
        { column: 'id', operator: 'In', parameter: 'gone' },
      ],
    }),
  ],
  [
    'kube-also',
    [/^spec\.source\.kubernetes\.also\[0\]\.paths: "idd" is no column/, /also\[0\]\.joinOn: "idd" is no column/],
    kubernetes({ also: [{ apiVersion: 'v1', kind: 'Node', joinOn: ['idd'], paths: [{ column: 'idd', path: '$.x' }] }] }),
  ],
];
