import { describe, expect, test } from 'vitest';
import { headerSecrets, httpDestination, httpPlan, httpProblems } from '../../../src/operator/template/http-parts.ts';
import type { Template } from '../../../src/operator/template/template.ts';

const parameters = [
  { name: 'month', type: 'Period', required: true },
  { name: 'region', type: 'String', required: false },
] as const;

function template(http: object, columns: readonly object[] = [{ name: 'id', type: 'Integer' }]): Template {
  return {
    kind: 'ReportTemplate',
    metadata: { name: 'invoices' },
    spec: { source: { http: { url: 'https://api.example/v1?state=open', format: 'JSON', ...http } }, columns, parameters },
  } as unknown as Template;
}

describe('what a run is told', () => {
  test('has every default filled in', () => {
    expect(
      httpPlan(
        template({}, [
          { name: 'id', type: 'Integer' },
          { name: 'total', type: 'Decimal', path: '$.sum.total' },
        ]),
      ),
    ).toEqual({
      kind: 'http',
      url: 'https://api.example/v1?state=open',
      query: [],
      headers: [],
      format: 'JSON',
      rows: '$',
      paths: ['$.id', '$.sum.total'],
      pagination: { type: 'None' },
      allowedHosts: [],
    });
    expect(httpPlan(template({ format: 'CSV' }))?.paths).toEqual(['id']);
  });

  test.each([
    [{ type: 'None' }, { type: 'None' }],
    [
      { type: 'Link', size: 5, sizeParameter: 'n' },
      { type: 'Link', size: 5, sizeParameter: 'n' },
    ],
    [
      { type: 'Page', parameter: 'p' },
      { type: 'Page', parameter: 'p', start: 1, shortPageEnds: false },
    ],
    [
      { type: 'Offset', parameter: 'o' },
      { type: 'Offset', parameter: 'o', start: 0, shortPageEnds: false },
    ],
    [
      { type: 'Page', parameter: 'p', start: 0, size: 5, shortPageEnds: true },
      { type: 'Page', parameter: 'p', start: 0, size: 5, shortPageEnds: true },
    ],
    [
      { type: 'Cursor', parameter: 'after', cursor: '$.next' },
      { type: 'Cursor', parameter: 'after', cursor: '$.next' },
    ],
  ])('pages as %j', (pagination, expected) => {
    expect(httpPlan(template({ pagination }))?.pagination).toEqual(expected);
  });

  test('has the name of a variable where a header comes from a Secret, and never the Secret', () => {
    const secret = { name: 'api', key: 'token' };
    const given = template({
      headers: [
        { name: 'X-Tenant', value: 'acme' },
        { name: 'Authorization', valueFrom: { secretKeyRef: secret } },
      ],
    });
    expect(httpPlan(given)?.headers).toEqual([
      { name: 'X-Tenant', value: 'acme' },
      { name: 'Authorization', env: 'DOSSIER_SOURCE_HEADER_1' },
    ]);
    expect(headerSecrets(given)).toEqual([{ header: 'Authorization', env: 'DOSSIER_SOURCE_HEADER_1', secret }]);
  });
});

test.each([
  ['https://api.example/v1', 'api.example:443'],
  ['http://api.example', 'api.example:80'],
  ['http://API.example:8080/x', 'api.example:8080'],
  ['https://[2001:db8::1]/', '[2001:db8::1]:443'],
])('headers of %s are sent to %s', (url, destination) => {
  const { http } = template({ url }).spec.source;
  expect(http && httpDestination(http)).toBe(destination);
});

describe('a template', () => {
  test('that has no mistake has none', () => {
    const sound = {
      query: [{ name: 'from', value: '{{month_from}}' }],
      rows: '$.data[*]',
      pagination: { type: 'Cursor', parameter: 'after', cursor: '$.next', size: 100, sizeParameter: 'limit' },
      headers: [{ name: 'A', value: 'x' }],
      allowedHosts: ['10.0.0.0/8', 'api.svc:8080'],
    };
    expect(httpProblems(template(sound))).toEqual([]);
    expect(httpProblems(template({ format: 'CSV' }, [{ name: 'total', type: 'Decimal', path: 'Total (EUR)' }]))).toEqual([]);
  });

  test.each<[story: string, http: object, problem: string]>([
    ['a URL that is none', { url: 'http://1.2.3.4.5/' }, 'spec.source.http.url: is no URL that can be asked'],
    [
      'a parameter that is not declared',
      { query: [{ name: 'q', value: '{{regoin}}' }] },
      'spec.source.http.query: pair "q": {{regoin}} is no parameter of the template; did you mean {{region}}?',
    ],
    [
      'a Period without a bound',
      { query: [{ name: 'q', value: '{{month}}' }] },
      'spec.source.http.query: pair "q": parameter "month" is a Period',
    ],
    ['a blank around a header’s value', { headers: [{ name: 'X-A', value: ' 1' }] }, 'spec.source.http.headers: the value of "X-A" begins or ends with a blank'], // prettier-ignore
    ['a header twice', { headers: [{ name: 'X-A', value: '1' }, { name: 'x-a', value: '2' }] }, 'spec.source.http.headers: "X-A" and "x-a" are one header'], // prettier-ignore
    ['rows that are no path', { rows: 'data.items' }, 'spec.source.http.rows: a path begins with $'],
    [
      'a cursor that is no path',
      { pagination: { type: 'Cursor', parameter: 'a', cursor: '.next' } },
      'spec.source.http.pagination.cursor: a path begins with $',
    ],
    [
      'a parameter that the url has',
      { pagination: { type: 'Page', parameter: 'state' } },
      'spec.source.http.pagination.parameter: "state" stands in the query already',
    ],
    [
      'a size that the query has',
      { query: [{ name: 'n', value: '5' }], pagination: { type: 'Page', parameter: 'p', size: 5, sizeParameter: 'n' } },
      'spec.source.http.pagination.sizeParameter: "n" stands in the query already',
    ],
    [
      'one name for page and size',
      { pagination: { type: 'Page', parameter: 'p', size: 5, sizeParameter: 'p' } },
      'spec.source.http.pagination.sizeParameter: must differ',
    ],
    ['a host that is none', { allowedHosts: ['a b'] }, 'spec.source.http.allowedHosts: "a b" is not a host'],
    ['a port that is none', { allowedHosts: ['a:0'] }, 'spec.source.http.allowedHosts: "a:0" is not a host'],
  ])('with %s is told', (_, http, problem) => {
    expect(httpProblems(template(http))).toEqual([expect.stringContaining(problem)]);
  });

  test.each([
    ['JSON', '$.a[', 'spec.columns: column "id": '],
    ['CSV', '$.a.b', 'spec.columns: column "id": a row of CSV has only names'],
  ])('in %s with a column at %s is told', (format, path, problem) => {
    expect(httpProblems(template({ format }, [{ name: 'id', type: 'Integer', path }]))).toEqual([expect.stringContaining(problem)]);
  });

  test('with several mistakes has all of them told', () => {
    const problems = httpProblems(
      template({ rows: 'x', query: [{ name: 'q', value: '{{a}}' }], allowedHosts: ['a b'] }, [{ name: 'id', type: 'Integer', path: 'y' }]),
    );
    expect(problems).toHaveLength(4);
  });

  test('of another source has nothing to do with it', () => {
    const other = { ...template({}), spec: { source: { inline: { rows: [] } } } } as unknown as Template;
    expect([httpPlan(other), httpProblems(other), headerSecrets(other)]).toEqual([undefined, [], []]);
  });
});
