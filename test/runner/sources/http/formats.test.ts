import { describe, expect, test } from 'vitest';
import { serve } from '../../../support/http-server.ts';
import { failureOf, read, type Reading } from './reading.ts';

/** A server that answers every request with this body. */
async function serving(body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  return serve((_request, response) => {
    response.writeHead(200, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
  });
}

const invoices: Reading = {
  columns: { id: 'Integer', customer: 'String', total: 'Decimal', issued: 'Timestamp', paid: 'Boolean', extra: 'JSON' },
  at: { customer: '$.customer.name', extra: '$.lines[*].amount' },
};

describe('JSON', () => {
  const first =
    '{"id":9007199254740993,"customer":{"name":"Ä & Co"},"total":12.50,"issued":"2026-10-01T08:00:00Z","paid":true,"lines":[{"amount":1.10}]}';
  const second = '{"id":2,"customer":null,"paid":false,"total":"0.10"}';
  const rows = [
    [9007199254740993n, 'Ä & Co', '12.50', BigInt(Date.parse('2026-10-01T08:00:00Z')) * 1_000_000n, true, '1.10'],
    [2, null, '0.10', null, false, null],
  ];

  test.each<[story: string, body: string, reading: Reading]>([
    ['the answer is the list', `[${first},${second}]`, {}],
    ['a list within the answer', `{"meta":{"next":null},"data":{"items":[${first},${second}]},"more":[1]}`, { rows: '$.data.items' }],
    ['lists within a list', `{"groups":[{"items":[${first}]},{"items":[]},{"items":[${second}]}]}`, { rows: '$.groups[*].items' }],
    ['a path that needs the whole answer', `{"groups":[{"a":1,"items":[${first}]},{"a":2},{"items":[${second}]}]}`, { rows: '$..items' }],
    ['chosen rows', `{"data":[${first},{"id":7,"skip":true},${second}]}`, { rows: '$.data[?(!@.skip)]' }],
    ['a byte order mark before it', `\ufeff[${first},${second}]`, {}],
  ])('%s', async (_, body, reading) => {
    expect(await read(await serving(body), { ...invoices, ...reading })).toEqual(rows);
  });

  test.each<[story: string, body: string, reading: Reading]>([
    ['an empty list', '[]', {}],
    ['an empty list within', '{"data":[]}', { rows: '$.data' }],
    ['an empty list below a wildcard', '{"data":[]}', { rows: '$.data[*]' }],
    ['nothing that a filter wants', '{"data":[{"id":1}]}', { rows: '$.data[?(@.id > 1)]' }],
    ['nothing to filter', '{"data":[]}', { rows: '$.data[?(@.id > 1)]' }],
    ['a slice of nothing', '{"data":[]}', { rows: '$.data[0:5]' }],
  ])('%s is no rows', async (_, body, reading) => {
    expect(await read(await serving(body), reading)).toEqual([]);
  });

  test('rows may be scalars and lists', async () => {
    expect(await read(await serving('[1,2]'), { at: { id: '$' } })).toEqual([[1], [2]]);
    expect(await read(await serving('[[1,"x"],[2,"y"]]'), { at: { id: '$[0]' } })).toEqual([[1], [2]]);
  });

  test.each<[story: string, body: string, reading: Reading, clause: string]>([
    ['an error instead of the list', '{"error":"sentinel"}', {}, 'the body of the answer has an object at rows $, not a list'],
    ['nothing at rows', '{"items":[]}', { rows: '$.data' }, 'the body of the answer has nothing at rows $.data'],
    ['nothing at rows, found in the whole answer', '{"items":[{"a":1}]}', { rows: '$.data[?(@.a)]' }, 'has nothing at rows'],
    ['nothing below', '{"items":[{"a":1}]}', { rows: '$..data' }, 'has nothing at rows'],
    ['an object at an index from the end', '[{"error":"sentinel"}]', { rows: '$[-1]' }, 'has an object at rows $[-1], not a list'],
    ['null at rows', '{"data":null}', { rows: '$.data' }, 'has null at rows $.data, not a list'],
    ['broken JSON', '[{"id":1},{"id":sentinel}]', {}, 'the body of the answer is not JSON: a value is expected at byte 17'],
    ['HTML', '<html>sentinel</html>', {}, 'the body of the answer is not JSON: a value is expected at byte 1'],
    [
      'a value that does not fit',
      '[{"id":1},{"id":"sentinel"}]',
      {},
      'row 2: column "id" is a String of 8 characters, which is not an Integer',
    ],
    ['an error among the rows', '[{"id":1},{"error":"sentinel"}]', {}, 'http: row 2 has nothing at the path of any column'],
    ['null among the rows', '[{"id":1},null]', {}, 'http: row 2 has nothing at the path of any column'],
    [
      'too many places to look at',
      `[${'['.repeat(1)}${'1,'.repeat(120_000)}1]]`,
      { at: { id: '$..x' } },
      'the path $..x would look at more than 100,000 places',
    ],
  ])('%s is an error that no retry mends', async (_, body, reading, clause) => {
    const failure = await failureOf(await serving(body), reading);
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    expect(failure.message).toContain(clause);
  });

  test('bytes that are not UTF-8 are refused', async () => {
    const failure = await failureOf(await serving(Buffer.from('[{"id":1,"x":"\xe9"}]', 'latin1')));
    expect(failure).toMatchObject({
      retryable: false,
      message: 'http: the body of the answer is not UTF-8: in the string that ends at byte 17',
    });
  });
});

describe('NDJSON', () => {
  const ndjson = { format: 'NDJSON', columns: { id: 'Integer', total: 'Decimal' } } as const;

  test.each([
    ['line feeds', '{"id":1,"total":1.50}\n{"id":2}\n'],
    ['no line feed at the end', '{"id":1,"total":1.50}\n{"id":2}'],
    ['carriage returns, too', '{"id":1,"total":1.50}\r\n{"id":2}\r\n'],
    ['empty lines', '\n{"id":1,"total":1.50}\n \t\r\n\n{"id":2}\n\n'],
    ['a byte order mark', '\ufeff{"id":1,"total":1.50}\n{"id":2}\n'],
  ])('with %s', async (_, body) => {
    expect(await read(await serving(body), ndjson)).toEqual([
      [1, '1.50'],
      [2, null],
    ]);
  });

  test('of nothing is no rows', async () => {
    expect(await read(await serving(''), ndjson)).toEqual([]);
  });

  test.each([
    ['a line that is broken', '{"id":1}\n{"id":sentinel}\n', 'has a line 2 that is not JSON: a value is expected at byte 7', false],
    ['a line that stops in the middle', '{"id":1}\n{"id":\n{"id":3}\n', 'has a line 2 that ends after 6 bytes', false],
    ['a last line that stops', '{"id":1}\n{"id":', 'has a line 2 that ends after 6 bytes', true],
    ['two values in a line', '{"id":1} {"id":2}\n', 'has a line 1 that is not JSON: the end of the document is expected', false],
    ['a value over several lines', '{"id":\n1}\n', 'has a line 1 that ends', false],
    ['an error behind the rows', '{"id":1}\n{"exception":"sentinel"}\n', 'row 2 has nothing at the path of any column', false],
    ['a text behind the rows', '{"id":1}\n"sentinel"\n', 'row 2 has nothing at the path of any column', false],
  ])('%s is an error', async (_, body, clause, retryable) => {
    const failure = await failureOf(await serving(body), ndjson);
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable });
    expect(failure.message).toContain(clause);
  });
});

describe('CSV', () => {
  const csv = { format: 'CSV', columns: { id: 'Integer', name: 'String', total: 'Decimal' }, at: { total: 'Total (EUR)' } } as const;

  test.each([
    ['columns by their headers, in any order, others left out', 'x,Total (EUR),id,name\r\n0,1.50,1,"a, ""b"""\r\n0,,2,\r\n'],
    ['no line break at the end', 'id,name,Total (EUR)\n1,"a, ""b""",1.50\n2,,'],
    ['a byte order mark and empty lines', '\ufeffid,name,Total (EUR)\n1,"a, ""b""",1.50\n\n2,,\n\n'],
  ])('with %s', async (_, body) => {
    expect(await read(await serving(body), csv)).toEqual([
      [1, 'a, "b"', '1.50'],
      [2, null, null],
    ]);
  });

  test('nothing and an empty text are two things', async () => {
    expect(await read(await serving('name,x\n,1\n"",2\n'), { ...csv, columns: { name: 'String' } })).toEqual([[null], ['']]);
  });

  test('of one column keeps its empty lines', async () => {
    expect(await read(await serving('name\na\n\nb\n'), { ...csv, columns: { name: 'String' } })).toEqual([['a'], [null], ['b']]);
  });

  test('of a header alone is no rows', async () => {
    expect(await read(await serving('id,name,Total (EUR)\n'), csv)).toEqual([]);
  });

  test.each([
    ['nothing', '', 'the body of the answer is empty; CSV begins with a header'],
    ['a header without a column', 'id,name\n', 'column "total": the header has no "Total (EUR)"'],
    ['a header that is spelt in another way', 'ID,name,Total (EUR)\n', 'column "id": the header has no "id"; did you mean "ID"?'],
    ['a header that names a column twice', 'id,id,name,Total (EUR)\n', 'column "id": the header has "id" twice'],
    ['a short record', 'id,name,Total (EUR)\n1,a,2\n1,sentinel\n', 'row 2 has 2 fields, and the header has 3 fields'],
    ['a long record', 'id,name,Total (EUR)\n1,a,2,sentinel\n', 'row 1 has 4 fields'],
    ['a value that does not fit', 'id,name,Total (EUR)\nsentinel,a,2\n', 'row 1: column "id" is a String of 8 characters'],
    ['HTML', '<html>\n<p>sentinel</p>\n', 'column "id": the header has no "id"'],
  ])('%s is an error that no retry mends', async (_, body, clause) => {
    const failure = await failureOf(await serving(body), csv);
    expect(failure).toMatchObject({ reason: 'SourceFailed', retryable: false });
    expect(failure.message).toContain(clause);
  });
});

describe.each(['JSON', 'NDJSON', 'CSV'] as const)('a %s answer', (format) => {
  const body = { JSON: '[{"id":1}]', NDJSON: '{"id":1}\n', CSV: 'id\n1\n' }[format];

  test.each(['application/json', 'text/plain; charset=utf-8', 'text/csv;charset="UTF-8"', 'x; charset=US-ASCII'])(
    'of type %s is read',
    async (type) => {
      expect(await read(await serving(body, { 'content-type': type }), { format })).toEqual([[1]]);
    },
  );

  test.each(['text/csv; charset=iso-8859-1', 'application/json; charset="windows-1252"', 'x; charset=utf-16'])(
    'of type %s is refused',
    async (type) => {
      const failure = await failureOf(await serving(body, { 'content-type': type }), { format });
      expect(failure).toMatchObject({
        retryable: false,
        message: 'http: the server says that its answer is in another charset than UTF-8; ask for UTF-8',
      });
    },
  );

  test('that says 204 has no rows', async () => {
    const url = await serve((_request, response) => response.writeHead(204).end());
    expect(await read(url, { format })).toEqual([]);
  });
});

test.each([
  ['JSON', 'application/json, */*;q=0.1'],
  ['NDJSON', 'application/x-ndjson, */*;q=0.1'],
  ['CSV', 'text/csv, */*;q=0.1'],
] as const)('%s is asked for as %s, packed, in the name of dossier', async (format, accept) => {
  let headers: Readonly<Record<string, unknown>> = {};
  const url = await serve((request, response) => {
    headers = request.headers;
    response.writeHead(204).end();
  });
  await read(url, { format });
  expect(headers).toEqual({
    accept,
    'accept-encoding': 'gzip, deflate, br',
    'user-agent': 'dossier',
    host: new URL(url).host,
    connection: 'keep-alive',
  });
});
