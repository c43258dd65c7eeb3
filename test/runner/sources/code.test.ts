import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunPlan } from '../../../src/runner/plan.ts';
import type { Cell, Column } from '../../../src/runner/rows.ts';
import { openCode } from '../../../src/runner/sources/code.ts';

const columns: readonly Column[] = [
  { name: 'id', header: 'Id', type: 'String' },
  { name: 'count', header: 'Count', type: 'Integer' },
  { name: 'total', header: 'Total', type: 'Decimal' },
];
const plan = { columns, timeZone: 'UTC', source: { kind: 'code', from: 'container' } } as unknown as RunPlan;
const SIGNAL = AbortSignal.timeout(20_000);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-code-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function rowsAt(path: string): Promise<readonly (readonly Cell[])[]> {
  const source = await openCode(plan, { DOSSIER_ROWS: path });
  try {
    const rows: (readonly Cell[])[] = [];
    for await (const batch of source.batches(SIGNAL)) rows.push(...batch);
    return rows;
  } finally {
    await source.close();
  }
}

async function rowsOf(content: string | Uint8Array): Promise<readonly (readonly Cell[])[]> {
  const path = join(folder, 'rows.ndjson');
  await writeFile(path, content);
  return rowsAt(path);
}

/** What the run would say; every such failure is the template's and final. */
async function refusal(rows: Promise<unknown>): Promise<string> {
  const error = (await rows.catch((thrown: unknown) => thrown)) as { reason?: string; retryable?: boolean; message: string };
  expect(error).toMatchObject({ reason: 'TemplateFailed', retryable: false });
  return error.message;
}

describe('rows of custom code', () => {
  test('are objects by name or lists in the order of the columns, with every digit, whatever the lines look like', async () => {
    const content = [
      '{"id":"a","count":9007199254740993,"total":12.50}\r\n',
      '\n  \t\n',
      '["b",2,"0.10"]\n',
      '{"total":null,"id":"c"}\n',
      '{"id":"d","count":-1,"total":"3"}', // nothing ends the last line
    ].join('');
    expect(await rowsOf(content)).toEqual([
      ['a', 9007199254740993n, '12.50'],
      ['b', 2, '0.10'],
      ['c', null, null],
      ['d', -1, '3'],
    ]);
  });

  test('may be none', async () => {
    expect(await rowsOf('')).toEqual([]);
  });

  test('arrive all, in order, when they are many more than one read', async () => {
    const content = Array.from({ length: 20_000 }, (_, n) => `["r${n}",${n},null]\n`).join('');
    const rows = await rowsOf(content);
    expect(rows).toHaveLength(20_000);
    expect(rows.every(([id], n) => id === `r${n}`)).toBe(true);
  });

  test.each([
    ['half a line', '["a",1,null]\n{"id":"SENTINEL","cou', 'code: line 2 of the rows ends after 21 bytes, within the JSON document'],
    ['no JSON', '["a",1,null]\n\nid=SENTINEL\n', 'code: line 3 of the rows is not JSON: a value is expected at byte 1'],
    ['two values in a line', '["a",1,null] ["SENTINEL",1,null]\n', 'code: line 1 of the rows is not JSON: '],
    ['a broken character', Buffer.from('["\xff",1,null]\n', 'latin1'), 'code: line 1 of the rows is not UTF-8'],
    ['a value of another type', '["a",1,null]\n\n["b","SENTINEL",null]\n', 'code: row 2: column "count" is a String of 8 characters'],
    ['a fraction in an Integer', '["a",1.5,null]\n', 'code: row 1: column "count" is a Number with a fraction'],
    ['a misspelt key', '{"id":"a","totl":1}\n', 'code: row 1 has a key that is no column; did it mean "total"?'],
    ['a key that is data', '{"SENTINEL-customer":1}\n', 'code: row 1 has a key that is no column; list it'],
    ['an inherited name', '{"constructor":1}\n', 'code: row 1 has a key that is no column'],
    ['a list that is too short', '["a",1]\n', 'code: row 1 is a list of 2 for 3 columns'],
    ['a bare number', '12.5\n', 'code: row 1 is neither an object nor a list'],
    ['null', 'null\n', 'code: row 1 is neither an object nor a list'],
    ['too many levels', `["a",1,${'['.repeat(100)}`, 'code: line 1 of the rows is JSON nested deeper than 64 levels'],
  ])('%s fails, naming the place and never the text', async (_, content, says) => {
    const message = await refusal(rowsOf(content));
    expect(message).toContain(says);
    expect(message).not.toContain('SENTINEL');
  });

  test('a line of more than 8 MiB fails before it is held in memory', async () => {
    expect(await refusal(rowsOf(`["a",1,null]\n["${'x'.repeat(9 * 1024 * 1024)}`))).toBe('code: line 2 of the rows has more than 8 MiB');
  });
});

describe('the file of rows', () => {
  test('that is not there is no empty report', async () => {
    expect(await refusal(rowsAt(join(folder, 'rows.ndjson')))).toContain('is not there although the code ended without an error');
    expect(await refusal(rowsAt(join(folder, 'no', 'rows.ndjson')))).toContain('is not there');
  });

  test('that is a symbolic link is not followed', async () => {
    await writeFile(join(folder, 'secret'), '["SENTINEL",1,null]\n');
    await symlink(join(folder, 'secret'), join(folder, 'rows.ndjson'));
    expect(await refusal(rowsAt(join(folder, 'rows.ndjson')))).toContain('is a symbolic link');
  });

  test('that is a pipe makes nobody wait', async () => {
    execFileSync('mkfifo', [join(folder, 'rows.ndjson')]);
    expect(await refusal(rowsAt(join(folder, 'rows.ndjson')))).toContain('is no regular file');
  });

  test('that is a folder or a device is none', async () => {
    await mkdir(join(folder, 'rows.ndjson'));
    expect(await refusal(rowsAt(join(folder, 'rows.ndjson')))).toContain('is no regular file');
    expect(await refusal(rowsAt('/dev/null'))).toContain('is no regular file');
  });
});
