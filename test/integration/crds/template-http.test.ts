/** What the source http of a ReportTemplate may say: each rule and bound with the last value it accepts and the first it refuses. */
import { REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { bounds, lengths, objectName, secretKey, verdictsOn, type Row } from './verdicts.ts';

const apiserver = useApiserver();
const http = { url: 'https://api.example.com/v1/invoices' };
const columns = [{ name: 'id', type: 'Integer' }];
const { rows } = verdictsOn(apiserver, REPORT_TEMPLATES, { source: { http }, columns, formats: ['CSV'] });

const at = 'spec.source.http';
const given = (spec: unknown): object => ({ source: { http: { ...http, ...(spec as object) } } });
const inHttp =
  (name: string) =>
  (value: unknown): object =>
    given({ [name]: value });

rows('spec.columns', (spec) => spec as object, [
  ['http with columns is accepted', {}, 'accepted'],
  ['http without columns is refused', { columns: undefined }, ['spec.columns: Required value', 'http needs columns']],
  ['columns by path are accepted', { columns: [{ name: 'id', type: 'Integer', path: '$.customer.id' }] }, 'accepted'],
  [
    'a path for another source is refused',
    { source: { inline: { rows: [] } }, columns: [{ name: 'id', type: 'Integer', path: '$.id' }] },
    ['spec.columns: ', 'path is for columns of the sources http, kubernetes and s3'],
  ],
]);
rows('spec.columns[].path', (path) => ({ columns: [{ name: 'id', type: 'Integer', path }] }), lengths('spec.columns[0].path', 256));

rows(`${at}.url`, inHttp('url'), [
  ...[
    'http://a',
    'https://api.example.com:8443/v1/?state=open&a[]=1',
    'https://[2001:db8::1]:443/',
    'http://a.svc.',
    'https://a?q=%7Bx%7D',
    'https://a:65535',
  ].map((url): Row => [`${url} is accepted`, url, 'accepted']),
  ...[
    'ftp://a',
    'https:/a',
    'https://',
    'https://user:secret@a/',
    'https://user@a/',
    'https://a/#part',
    'https://a/ b',
    'https://a\\b',
    'https://bücher.example/',
    'https://a/ü',
    'HTTPS://a',
    '/v1',
  ].map((url): Row => [`${url} is refused`, url, [`${at}.url: `, 'must be http or https with a host']]),
  ['a parameter is refused with the place where it belongs', 'https://a/{{region}}', [`${at}.url: `, 'parameters belong into query']],
  ['port 0 is refused', 'https://a:0/', [`${at}.url: `, 'port']],
  ['port 65536 is refused', 'https://a:65536/', [`${at}.url: `, 'port']],
  ['2,048 characters are accepted', `https://a/${'x'.repeat(2038)}`, 'accepted'],
  ['2,049 characters are refused', `https://a/${'x'.repeat(2039)}`, [`${at}.url: Too long`]],
  ['a template without one is refused', undefined, [`${at}.url: Required value`]],
]);

const pairs = (count: number): readonly object[] => Array.from({ length: count }, () => ({ name: 'state', value: 'open' }));
rows(`${at}.query`, inHttp('query'), [
  ['64 pairs are accepted, also of one name', pairs(64), 'accepted'],
  ['65 pairs are refused', pairs(65), [`${at}.query: Too many`]],
  ['parameters are accepted', [{ name: 'from', value: '{{month_from}}' }], 'accepted'],
  ['a pair without a value is refused', [{ name: 'from' }], [`${at}.query[0].value: Required value`]],
  ['a pair without a name is refused', [{ name: '', value: 'x' }], [`${at}.query[0].name: `]],
]);
rows(`${at}.query[].value`, (value) => given({ query: [{ name: 'a', value }] }), lengths(`${at}.query[0].value`, 1024));
rows(`${at}.query[].name`, (name) => given({ query: [{ name, value: 'a' }] }), lengths(`${at}.query[0].name`, 256));

const secret = { valueFrom: { secretKeyRef: { name: 'api', key: 'token' } } };
const headers = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({ name: `X-${index}`, value: 'x'.repeat(4096) }));
rows(`${at}.headers`, inHttp('headers'), [
  [
    'a value and a Secret are accepted',
    [
      { name: 'Authorization', ...secret },
      { name: 'X-Tenant', value: 'acme' },
    ],
    'accepted',
  ],
  ['32 headers are accepted', headers(32), 'accepted'],
  ['33 headers are refused', headers(33), [`${at}.headers: Too many`]],
  ['a name given twice is refused', [{ name: 'A', value: '1' }, { name: 'A', value: '2' }], [`${at}.headers[1]: Duplicate value`]], // prettier-ignore
  ['value and Secret together are refused', [{ name: 'A', value: '', ...secret }], [`${at}.headers[0]: `, 'header "A"', 'exactly one']],
  ['neither is refused', [{ name: 'A' }], [`${at}.headers[0]: `, 'header "A"', 'exactly one']],
  ...['Host', 'content-length', 'Connection', 'TE', 'Transfer-Encoding', 'Upgrade', 'Proxy-Authorization', 'Expect'].map((name): Row => [
    `${name} is refused`,
    [{ name, value: 'x' }],
    [`${at}.headers[0].name: `, `header "${name}"`, 'belongs to the connection'],
  ]),
  ...['', 'A B', 'A:', 'Ä', 'a\n'].map((name): Row => [
    `the name ${JSON.stringify(name)} is refused`,
    [{ name, value: 'x' }],
    [`${at}.headers[0].name: `],
  ]),
  ...['a\r\nB: c', 'ä', '\u0000'].map((value): Row => [
    `the value ${JSON.stringify(value)} is refused`,
    [{ name: 'A', value }],
    [`${at}.headers[0].value: `, 'printable ASCII'],
  ]),
]);
rows(`${at}.headers[].value`, (value) => given({ headers: [{ name: 'A', value }] }), lengths(`${at}.headers[0].value`, 4096));
const secretPath = `${at}.headers[0].valueFrom.secretKeyRef`;
rows(
  `${secretPath}.name`,
  (name) => given({ headers: [{ name: 'A', valueFrom: { secretKeyRef: { name, key: 'k' } } }] }),
  objectName(`${secretPath}.name`),
);
rows(
  `${secretPath}.key`,
  (key) => given({ headers: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'a', key } } }] }),
  secretKey(`${secretPath}.key`),
);

rows(`${at}.format`, given, [
  ...['JSON', 'NDJSON', 'CSV'].map((format): Row => [`${format} is accepted`, { format }, 'accepted']),
  ['XML is refused', { format: 'XML' }, [`${at}.format: Unsupported value: "XML"`]],
  ['rows in JSON are accepted', { rows: '$.data' }, 'accepted'],
  ['rows in CSV are refused', { format: 'CSV', rows: '$' }, [`${at}.rows: `, 'is for format JSON']],
  ['rows of 256 characters are accepted', { rows: `$.${'x'.repeat(254)}` }, 'accepted'],
  ['rows of 257 characters are refused', { rows: `$.${'x'.repeat(255)}` }, [`${at}.rows: Too long`]],
]);

rows(`${at}.pagination`, inHttp('pagination'), [
  ['None is accepted', { type: 'None' }, 'accepted'],
  ['Link is accepted', { type: 'Link', sizeParameter: 'per_page', size: 100 }, 'accepted'],
  ['Page is accepted', { type: 'Page', parameter: 'page', start: 0, sizeParameter: 'n', size: 100, shortPageEnds: true }, 'accepted'],
  ['Offset is accepted', { type: 'Offset', parameter: 'offset', start: 1, size: 100_000, shortPageEnds: true }, 'accepted'],
  ['Cursor is accepted', { type: 'Cursor', parameter: 'after', cursor: '$.next', size: 1, sizeParameter: 'limit' }, 'accepted'],
  ['no type is refused', { parameter: 'page' }, [`${at}.pagination.type: Required value`]],
  ['a type that does not exist is refused', { type: 'Token' }, [`${at}.pagination.type: Unsupported value`]],
  ...['Page', 'Offset', 'Cursor'].map((type): Row => [
    `${type} without its parameter is refused`,
    { type, ...(type === 'Cursor' ? { cursor: '$.next' } : {}) },
    [`${at}.pagination.parameter: `, `required for type ${type}`],
  ]),
  ...['None', 'Link'].map((type): Row => [
    `a parameter for ${type} is refused`,
    { type, parameter: 'p' },
    [`${at}.pagination.parameter: `, `not for type ${type}`],
  ]),
  ['Cursor without its path is refused', { type: 'Cursor', parameter: 'a' }, [`${at}.pagination.cursor: `, 'required for type Cursor']],
  ['a cursor for Page is refused', { type: 'Page', parameter: 'a', cursor: '$.next' }, [`${at}.pagination.cursor: `, 'not for type Page']],
  [
    'a start for Cursor is refused',
    { type: 'Cursor', parameter: 'a', cursor: '$.n', start: 1 },
    [`${at}.pagination.start: `, 'not for Cursor'],
  ],
  ['a size for None is refused', { type: 'None', size: 10 }, [`${at}.pagination.size: `, 'not for type None']],
  [
    'a sizeParameter without a size is refused',
    { type: 'Link', sizeParameter: 'n' },
    [`${at}.pagination.size: `, 'required with sizeParameter'],
  ],
  [
    'shortPageEnds without a size is refused',
    { type: 'Page', parameter: 'p', shortPageEnds: true },
    [`${at}.pagination.shortPageEnds: `, 'with a size'],
  ],
  [
    'shortPageEnds for Link is refused',
    { type: 'Link', size: 10, shortPageEnds: true },
    [`${at}.pagination.shortPageEnds: `, 'Page and Offset'],
  ],
  ['shortPageEnds false says nothing and is accepted', { type: 'Link', shortPageEnds: false }, 'accepted'],
]);
const page = (name: string) => (value: unknown) => given({ pagination: { type: 'Page', parameter: 'p', [name]: value } });
rows(`${at}.pagination.size`, page('size'), bounds(`${at}.pagination.size`, 1, 100_000));
rows(`${at}.pagination.start`, page('start'), bounds(`${at}.pagination.start`, 0, 1_000_000_000));
rows(`${at}.pagination.type`, given, [
  [
    'Cursor with NDJSON is refused',
    { format: 'NDJSON', pagination: { type: 'Cursor', parameter: 'a', cursor: '$.n' } },
    [`${at}.pagination.type: `, 'format JSON'],
  ],
  ['Link with CSV is accepted', { format: 'CSV', pagination: { type: 'Link' } }, 'accepted'],
]);

rows(`${at}.allowedHosts`, inHttp('allowedHosts'), [
  ['hosts, ports, addresses and ranges are accepted', ['api.billing.svc', 'a:8080', '10.1.2.3', '[fd00::1]:80', '10.0.0.0/8'], 'accepted'],
  ['33 are refused', Array.from({ length: 33 }, (_, index) => `a${index}`), [`${at}.allowedHosts: Too many`]],
  ['one given twice is refused', ['a', 'a'], [`${at}.allowedHosts[1]: Duplicate value`]],
]);
rows(`${at}.caSecretRef`, given, [
  ['an authority for https is accepted', { caSecretRef: { name: 'a', key: 'ca.crt' } }, 'accepted'],
  [
    'an authority for http is refused',
    { url: 'http://a', caSecretRef: { name: 'a', key: 'ca.crt' } },
    [`${at}.caSecretRef: `, 'without TLS'],
  ],
]);
rows(`${at}.caSecretRef.name`, (name) => given({ caSecretRef: { name, key: 'ca' } }), objectName(`${at}.caSecretRef.name`));
rows(`${at}.caSecretRef.key`, (key) => given({ caSecretRef: { name: 'a', key } }), secretKey(`${at}.caSecretRef.key`));
