/** Connect's `reports.json` by Connect's own rules, and as templates of ours. */
import exceljs from 'exceljs';
import { beforeAll, describe as group, expect, test } from 'vitest';
import { describe } from '../../src/descriptor/describe.ts';
import type { Described } from '../../src/descriptor/descriptor.ts';
import { workbookHeader } from '../../src/descriptor/workbook-header.ts';
import { memoryTree, type Files } from './memory-tree.ts';

async function workbook(rows: readonly (readonly unknown[])[], sheet = 'Data'): Promise<Buffer> {
  const book = new exceljs.Workbook();
  book.addWorksheet('Cover').addRow(['Not this one']);
  const data = book.addWorksheet(sheet);
  for (const row of rows) data.addRow(row);
  return Buffer.from(await book.xlsx.writeBuffer());
}

let files: Files = {};
beforeAll(async () => {
  files = {
    'README.md': '# All',
    'reports/usage_list/README.md': '# Usage',
    'reports/usage_list/entrypoint.py': 'def generate(): pass',
    'reports/other/__init__.py': '',
    'reports/usage_list/template.xlsx': await workbook([['Request ID', 'Amount <€>', 'Amount &€', '', 'Beyond']]),
    'reports/usage_list/blank.xlsx': await workbook([[]]),
    'reports/usage_list/other.xlsx': await workbook([['ID']], 'Sheet1'),
    'page.html.j2': 'x',
    'page.css': 'x',
  };
});

interface Report {
  readonly [field: string]: unknown;
}

const XLSX = {
  id: 'xlsx',
  type: 'xlsx',
  default: true,
  description: 'd',
  template: 'reports/usage_list/template.xlsx',
  args: { start_row: 2, start_col: 1 },
};
const REPORT: Report = {
  name: 'Usage',
  readme_file: 'reports/usage_list/README.md',
  entrypoint: 'reports.usage_list.entrypoint.generate',
  audience: ['vendor'],
  report_spec: '2',
  renderers: [XLSX],
  parameters: [],
};
const TOP = { name: 'All', readme_file: 'README.md', version: '1.0.0', language: 'python' };

async function described(reports: readonly unknown[], top: object = {}, more: Files = {}): Promise<Described> {
  return describe(memoryTree({ ...files, ...more, 'reports.json': JSON.stringify({ ...TOP, reports, ...top }) }));
}

async function mistakesOf(report: object, top: object = {}): Promise<readonly string[]> {
  const found = await described([{ ...REPORT, ...report }], top);
  return found.kind === 'mistakes' ? found.mistakes : [];
}

test('a report is a template: its function, parameters, formats, and the columns that its workbook names', async () => {
  const parameters = [
    { id: 'date', type: 'date_range', name: 'Period', description: 'When', required: true },
    { id: 'product-list', type: 'product', name: 'Products', description: 'Which', required: true },
    { id: 'kind', type: 'choice', name: 'Kind', description: 'What', required: true, choices: [{ value: 'a', label: 'A' }] },
    { id: '2nd', type: 'single_line', name: 'Text', description: 'Any' },
  ];
  const renderers = [
    { id: 'json', type: 'json', description: 'd', default: true },
    { ...XLSX, default: false },
    { id: 'csv', type: 'csv', description: 'd' },
    { id: 'xml', type: 'jinja2', description: 'd', template: 'page.html.j2' },
  ];
  expect(await described([{ ...REPORT, parameters, renderers }])).toEqual({
    kind: 'templates',
    templates: [
      {
        name: 'usage-list',
        place: 'reports.json: reports "reports.usage_list.entrypoint.generate"',
        code: { kind: 'python', args: ['reports.usage_list.entrypoint.generate', 'xlsx', 'request_id=S,amount=S,amount_2=S'] },
        spec: {
          title: 'Usage',
          description: '# Usage',
          parameters: [
            { name: 'date', type: 'Period', required: true, description: 'Period. When' },
            { name: 'product_list', type: 'Strings', description: 'Products. Which. (IDs of products; without it, all)' },
            { name: 'kind', type: 'Choice', required: true, description: 'Kind. What', choices: [{ value: 'a', label: 'A' }] },
            { name: 'p_2nd', type: 'String', description: 'Text. Any' },
          ],
          columns: [
            { name: 'request_id', header: 'Request ID', type: 'String' },
            { name: 'amount', header: 'Amount <€>', type: 'String' },
            { name: 'amount_2', header: 'Amount &€', type: 'String' },
          ],
          formats: ['JSON', 'XLSX', 'CSV'],
          csv: { delimiter: ';', quote: 'All' },
          xlsx: { info: true, workbook: { path: 'reports/usage_list/template.xlsx', sheet: 'Data', startRow: 2, startColumn: 1 } },
        },
      },
    ],
    warnings: [
      'reports.json: reports "reports.usage_list.entrypoint.generate": the renderer "xml" of type jinja2 is not supported (the others are)',
    ],
  });
});

test('the first form of the specification, with its workbook in the report itself, is a template too', async () => {
  const { renderers: _none, ...report } = REPORT;
  const found = await described([{ ...report, report_spec: '1', template: XLSX.template, start_row: 2, start_col: 2 }]);
  expect(found).toMatchObject({
    templates: [{ code: { args: [REPORT['entrypoint'], 'xlsx', 'amount=S,amount_2=S'] }, spec: { formats: ['XLSX'] } }],
  });
});

test('a report of pages only, or whose columns nobody knows, has no template and is told; the others go on', async () => {
  const pdf = { id: 'pdf', type: 'pdf', description: 'd', template: 'page.html.j2', args: { css_file: 'page.css' } };
  const found = await described(
    [
      REPORT,
      { ...REPORT, entrypoint: 'reports.other.generate', renderers: [pdf] },
      { ...REPORT, entrypoint: 'page.generate', renderers: [{ id: 'csv', type: 'csv', description: 'd' }] },
      { ...REPORT, entrypoint: 'blank.blank.generate', renderers: [{ ...XLSX, template: 'reports/usage_list/blank.xlsx' }] },
    ],
    {},
    { 'page.py': '', 'blank/blank.py': '' },
  );
  expect(found).toMatchObject({ kind: 'templates', templates: [{ name: 'usage-list' }] });
  expect(found.kind === 'templates' && found.warnings).toEqual([
    'reports.json: reports "reports.other.generate": the renderer "pdf" of type pdf is not supported (the report has no template)',
    expect.stringMatching(/"page\.generate": its columns are not known, so it has no template: give it an xlsx renderer/),
    expect.stringMatching(/"blank\.blank\.generate": its columns are not known/),
  ]);
});

test('dossier.yaml beside it takes reports over, with the columns and types that it gives', async () => {
  const yaml =
    'templates:\n  - { name: mine, connect: reports.usage_list.entrypoint.generate, title: Mine, columns: [{ name: at, type: Timestamp }, { name: n, type: Integer }] }\n';
  const found = await described([{ ...REPORT, renderers: [{ id: 'json', type: 'json', description: 'd' }] }], {}, { 'dossier.yaml': yaml });
  expect(found).toMatchObject({
    templates: [
      {
        name: 'mine',
        code: { kind: 'python', args: ['reports.usage_list.entrypoint.generate', 'json', 'at=T,n=.'] },
        spec: { title: 'Mine', description: '# Usage', formats: ['JSON'], columns: [{ name: 'at' }, { name: 'n' }] },
      },
    ],
  });
  const missing = await described([REPORT], {}, { 'dossier.yaml': yaml.replace('usage_list', 'no_list') });
  expect(missing).toEqual({
    kind: 'mistakes',
    mistakes: [
      'dossier.yaml: templates "mine": connect: reports.json has no report with the entrypoint "reports.no_list.entrypoint.generate"',
    ],
  });
});

group('what Connect refuses is refused:', () => {
  const at = 'reports.json: reports "reports.usage_list.entrypoint.generate"';
  const csv = { id: 'csv', type: 'csv', description: 'd' };
  const parameter = { id: 'a', type: 'single_line', name: 'A', description: 'd' };
  test.each<readonly [story: string, report: object, told: readonly string[]]>([
    ['a readme that is not there', { readme_file: 'gone.md' }, [`${at}: readme_file: there is no file "gone.md"`]],
    [
      'a missing name and audience',
      { name: undefined, audience: [] },
      [`${at}: name: must be a text; it is missing`, `${at}: audience: must be a list of 1 to 100 entries, not 0`],
    ],
    ['an unknown specification', { report_spec: '3' }, [`${at}: report_spec: must be "1" or "2", not "3"`]],
    ['no renderers', { renderers: undefined }, [`${at}: renderers: must be a list of 1 to 32 entries; it is missing`]],
    [
      'a renderer of an unknown type',
      { renderers: [{ ...csv, type: 'docx' }] },
      [`${at}: renderers "csv": type: must be one of xlsx, csv, json, jinja2, pdf, not "docx"`],
    ],
    [
      'an id of renderers twice',
      { renderers: [XLSX, { ...csv, id: 'xlsx' }] },
      [`${at}: renderers "xlsx": its id is another renderer’s, too; each needs its own`],
    ],
    [
      'two defaults',
      { renderers: [XLSX, { ...csv, default: true }] },
      [`${at}: renderers "csv": default: another renderer is the default already; only one can be`],
    ],
    [
      'a workbook that is not there',
      { renderers: [{ ...XLSX, template: 'gone.xlsx' }] },
      [`${at}: renderers "xlsx": template: there is no file "gone.xlsx"`],
    ],
    [
      'no workbook',
      { renderers: [{ ...XLSX, template: undefined }] },
      [`${at}: renderers "xlsx": template: must be a text; it is missing`],
    ],
    [
      'a workbook that is none',
      { renderers: [{ ...XLSX, template: 'README.md' }] },
      [`${at}: renderers "xlsx": template: "README.md" is no XLSX workbook`],
    ],
    [
      'a workbook without the sheet',
      { renderers: [{ ...XLSX, template: 'reports/usage_list/other.xlsx' }] },
      [`${at}: renderers "xlsx": template: "reports/usage_list/other.xlsx" has no sheet "Data"`],
    ],
    [
      'a start_row below 1',
      { renderers: [{ ...XLSX, args: { start_row: 0 } }] },
      [`${at}: renderers "xlsx": start_row: must be a whole number from 1 to 10,000`],
    ],
    [
      'a page without its template',
      { renderers: [XLSX, { id: 'p', type: 'pdf', description: 'd', template: 'gone.html' }] },
      [
        `${at}: renderers "p": template: there is no file "gone.html"`,
        `${at}: renderers "p": template: must have a name of the form <name>.<ext>.j2`,
      ],
    ],
    [
      'a parameter of an unknown type',
      { parameters: [{ ...parameter, type: 'x' }] },
      [
        `${at}: parameters "a": type: must be one of date_range, date, single_line, object, product, marketplace, hub, checkbox, choice, not "x"`,
      ],
    ],
    [
      'a checkbox without choices',
      { parameters: [{ ...parameter, type: 'checkbox' }] },
      [`${at}: parameters "a": choices: must be a list of 1 to 1000 entries; it is missing`],
    ],
    [
      'an id of parameters twice',
      { parameters: [parameter, parameter] },
      [`${at}: parameters "a": its id is another parameter’s, too; each needs its own`],
    ],
    [
      'ids that become one name',
      {
        parameters: [
          { ...parameter, id: 'a-b' },
          { ...parameter, id: 'a_b' },
        ],
      },
      [`${at}: parameters "a_b": its name becomes "a_b", as that of "a-b" does; give it another id`],
    ],
  ])('%s', async (_, report, told) => expect(await mistakesOf(report)).toEqual(told));

  test.each<readonly [story: string, top: object, told: readonly string[]]>([
    ['another language', { language: 'cobol' }, ['reports.json: language: must be python']],
    ['no reports', { reports: [] }, ['reports.json: reports: must be a list of 1 to 100 entries, not 0']],
    [
      'two reports of one module',
      { reports: [REPORT, { ...REPORT, entrypoint: 'reports.usage_list.entrypoint.other' }] },
      [
        expect.stringMatching(
          /its module becomes the name "usage-list", as that of "reports\.usage_list\.entrypoint\.generate" does/,
        ) as string,
      ],
    ],
    [
      'an entrypoint without a package',
      { reports: [{ ...REPORT, entrypoint: 'generate' }] },
      [
        'reports.json: reports "generate": entrypoint: must be the dotted name of a function in a package, e.g. reports.usage.entrypoint.generate',
      ],
    ],
    [
      'a module that is not there',
      { reports: [{ ...REPORT, entrypoint: 'reports.gone.entrypoint.generate' }] },
      ['reports.json: reports "reports.gone.entrypoint.generate": entrypoint: there is no module "reports/gone/entrypoint.py"'],
    ],
  ])('%s', async (_, top, told) => expect(await mistakesOf({}, top)).toEqual(told));

  test('text that is no JSON', async () => {
    expect(await describe(memoryTree({ 'reports.json': '{' }))).toEqual({
      kind: 'mistakes',
      mistakes: [expect.stringMatching(/^reports\.json: is no JSON: /)],
    });
  });
});

group('the header of a workbook', () => {
  test('is read by position, with entities, and ends at the first empty cell', async () => {
    const bytes = await workbook([['Title'], ['', 'A & B', '<C>', 7, '', 'E']]);
    expect(workbookHeader(bytes, 'Data', 2, 2)).toEqual({ kind: 'headers', headers: ['A & B', '<C>', '7'] });
    expect(workbookHeader(bytes, 'Data', 0, 1)).toEqual({ kind: 'headers', headers: [] });
    expect(workbookHeader(bytes, 'Data', 9, 1)).toEqual({ kind: 'headers', headers: [] });
  });

  test('of bytes that are none, or were cut or changed anywhere, is a sentence and no error', async () => {
    const bytes = await workbook([['A']]);
    for (let at = 0; at < bytes.length; at += 7) {
      const broken = Buffer.from(bytes);
      broken[at] = (broken[at] ?? 0) ^ 0xff;
      expect(['headers', 'invalid']).toContain(workbookHeader(broken, 'Data', 1, 1).kind);
      expect(['headers', 'invalid']).toContain(workbookHeader(bytes.subarray(0, at), 'Data', 1, 1).kind);
    }
  });
});
