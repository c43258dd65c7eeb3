/** `dossier.yaml`: what it says, and what is wrong with it, whatever somebody puts there. */
import { describe as group, expect, test } from 'vitest';
import { describe } from '../../src/descriptor/describe.ts';
import { parseDescribed, type Described } from '../../src/descriptor/descriptor.ts';
import { memoryTree, type Files } from './memory-tree.ts';

const FILES: Files = { 'usage.ts': 'x', 'deep/er/usage.mjs': 'x', 'README.md': '# Usage\r\n\nHow much.\u0000\n' };
const COLUMNS = 'columns: [{ name: id, type: String }]';

async function described(yaml: string, files: Files = FILES): Promise<Described> {
  return describe(memoryTree({ ...files, 'dossier.yaml': yaml }));
}

/** A descriptor with this one entry, in YAML's flow style. */
const entry = (fields: string): string => `templates:\n  - { ${fields} }\n`;

async function mistakesOf(yaml: string, files?: Files): Promise<readonly string[]> {
  const found = await described(yaml, files);
  return found.kind === 'mistakes' ? found.mistakes : [];
}

test('each entry is a template: its code, and what a ReportTemplate says of parameters, columns and files', async () => {
  const yaml = `
x: &columns [{ name: id, type: Integer, numberFormat: "0" }]
`;
  expect(await mistakesOf(`${yaml}templates: [{ name: a, entrypoint: usage.ts, columns: *columns }]`)).toEqual([
    'dossier.yaml: x: is no field here; there are templates',
  ]);
  const whole = await described(`
templates:
  - name: Usage of 2026
    title: Usage
    readme: README.md
    entrypoint: deep/er/usage.mjs
    parameters: &parameters
      - { name: least, type: Integer, minimum: 9007199254740993, default: 5 }
    columns: [{ name: id, type: String, width: 14.5 }]
    formats: [CSV]
    csv: { delimiter: ";" }
  - { name: shell, description: Rows, image: "python:3.14", command: [python], args: ["-u"], parameters: *parameters, ${COLUMNS} }
`);
  expect(whole).toEqual({
    kind: 'templates',
    warnings: [],
    templates: [
      {
        name: 'usage-of-2026',
        place: 'dossier.yaml: templates "Usage of 2026"',
        code: { kind: 'module', entrypoint: 'deep/er/usage.mjs' },
        spec: {
          title: 'Usage',
          description: '# Usage\n\nHow much.',
          parameters: [{ name: 'least', type: 'Integer', minimum: '9007199254740993', default: 5 }],
          columns: [{ name: 'id', type: 'String', width: 14.5 }],
          formats: ['CSV'],
          csv: { delimiter: ';' },
        },
      },
      {
        name: 'shell',
        place: 'dossier.yaml: templates "shell"',
        code: { kind: 'image', image: 'python:3.14', command: ['python'], args: ['-u'] },
        spec: {
          description: 'Rows',
          parameters: [{ name: 'least', type: 'Integer', minimum: '9007199254740993', default: 5 }],
          columns: [{ name: 'id', type: 'String' }],
        },
      },
    ],
  });
  expect(parseDescribed(JSON.stringify(whole))).toEqual(whole);
});

group('a mistake is told with file, entry and field:', () => {
  const at = 'dossier.yaml: templates "a"';
  test.each<readonly [story: string, yaml: string, told: string | readonly string[]]>([
    ['no list', 'templates: x', 'dossier.yaml: templates: must be a list of 1 to 100 entries, not "x"'],
    ['an empty file', '', 'dossier.yaml: must be an object of fields, not null'],
    ['no templates', '{}', 'dossier.yaml: templates: must be a list of 1 to 100 entries; it is missing'],
    ['an empty list', 'templates: []', 'dossier.yaml: templates: must be a list of 1 to 100 entries, not 0'],
    ['an entry that is none', 'templates: [x]', 'dossier.yaml: templates[0]: must be an object of fields, not "x"'],
    ['no name', entry(`entrypoint: usage.ts, ${COLUMNS}`), 'dossier.yaml: templates[0]: name: must be a text; it is missing'],
    [
      'a name that is a number',
      entry(`name: 7, entrypoint: usage.ts, ${COLUMNS}`),
      'dossier.yaml: templates[0]: name: must be a text, not 7',
    ],
    [
      'a name that becomes none',
      entry(`name: "übung!", entrypoint: usage.ts, ${COLUMNS}`),
      'dossier.yaml: templates "übung!": name: becomes "-bung-", which must have at most 60 characters and end with a letter or a digit; give another one',
    ],
    [
      'a name that is too long',
      entry(`name: ${'a'.repeat(61)}, entrypoint: usage.ts, ${COLUMNS}`),
      `dossier.yaml: templates "${'a'.repeat(61)}": name: becomes "${'a'.repeat(61)}", which must have at most 60 characters and end with a letter or a digit; give another one`,
    ],
    [
      'no code',
      entry(`name: a, ${COLUMNS}`),
      `${at}: must have exactly one of entrypoint (a .ts or .js module), image (a program of your own) and connect (a function of reports.json)`,
    ],
    [
      'two kinds of code',
      entry(`name: a, entrypoint: usage.ts, image: x, ${COLUMNS}`),
      `${at}: must have exactly one of entrypoint (a .ts or .js module), image (a program of your own) and connect (a function of reports.json); it has entrypoint and image`,
    ],
    ['a file that is not there', entry(`name: a, entrypoint: gone.ts, ${COLUMNS}`), `${at}: entrypoint: there is no file "gone.ts"`],
    [
      'a folder',
      entry(`name: a, entrypoint: deep, ${COLUMNS}`),
      `${at}: entrypoint: must be a module with the ending .ts, .mts, .js or .mjs; for another language give image and command`,
    ],
    [
      'a path that leaves the folder',
      entry(`name: a, entrypoint: ../usage.ts, ${COLUMNS}`),
      `${at}: entrypoint: must be a path relative to the descriptor's folder, e.g. reports/usage.ts, without . and .. and without a slash at the beginning`,
    ],
    [
      'a path from the root',
      entry(`name: a, readme: /etc/passwd, entrypoint: usage.ts, ${COLUMNS}`),
      `${at}: readme: must be a path relative to the descriptor's folder, e.g. reports/usage.ts, without . and .. and without a slash at the beginning`,
    ],
    [
      'a command without an image',
      entry(`name: a, entrypoint: usage.ts, command: [x], ${COLUMNS}`),
      `${at}: command: is for an image of your own; set image, or leave it out`,
    ],
    [
      'words that are numbers',
      entry(`name: a, image: x, args: [1], ${COLUMNS}`),
      `${at}: args: must be a list of texts of 1 to 4,096 characters; put numbers in quotes`,
    ],
    ['an image with spaces', entry(`name: a, image: "x y", ${COLUMNS}`), `${at}: image: must be the name of an image, without spaces`],
    [
      'no columns',
      entry('name: a, entrypoint: usage.ts'),
      `${at}: columns: is missing: list each column with the name and the type that it has in the rows of your code`,
    ],
    ['a misspelt field', entry(`name: a, entrypoint: usage.ts, titl: x, ${COLUMNS}`), `${at}: titl: is no field here; did you mean title?`],
    [
      'readme and description',
      entry(`name: a, entrypoint: usage.ts, readme: README.md, description: x, ${COLUMNS}`),
      `${at}: readme: and description are both given; leave one out`,
    ],
    [
      'reports.json that is not there',
      entry(`name: a, connect: a.b.c, ${COLUMNS}`),
      `${at}: connect: there is no reports.json beside dossier.yaml`,
    ],
    [
      'what is not the repository’s to decide',
      entry(`name: a, entrypoint: usage.ts, job: {}, storageRef: { name: x }, trusted: true, env: [], source: {}, ${COLUMNS}`),
      [
        `${at}: job: is for the namespace's owner to decide, in spec.templates of the ReportRepository; leave it out here`,
        `${at}: storageRef: is for the namespace's owner to decide, in spec.templates of the ReportRepository; leave it out here`,
        `${at}: trusted: cannot be said by a repository: its code never runs with the rights of a pod`,
        `${at}: env: is for the namespace's owner to decide, in spec.templates of the ReportRepository; leave it out here`,
        `${at}: source: is made from the ReportRepository; give entrypoint, or image and command, relative to this file`,
      ],
    ],
    [
      'a ConfigMap of the namespace',
      entry(`name: a, entrypoint: usage.ts, xlsx: { workbook: { configMapRef: { name: x, key: y } } }, ${COLUMNS}`),
      `${at}: xlsx.workbook.configMapRef: names an object of the namespace, which a repository cannot; put the workbook into the repository`,
    ],
    [
      'a workbook that is not there',
      entry(`name: a, entrypoint: usage.ts, xlsx: { workbook: { path: form.xlsx, sheet: Data } }, ${COLUMNS}`),
      `${at}: xlsx.workbook.path: there is no file "form.xlsx"`,
    ],
    [
      'YAML that is none',
      'templates: [',
      'dossier.yaml: is no YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 13',
    ],
    ['a key twice', 'templates: []\ntemplates: []', 'dossier.yaml: is no YAML: Map keys must be unique at line 2, column 1'],
    ['two documents', 'templates: []\n---\na: 1', 'dossier.yaml: has more than one document; one is read'],
    [
      'a number without end',
      entry(`name: a, entrypoint: usage.ts, xlsx: { x: .inf }, ${COLUMNS}`),
      'dossier.yaml: has a number that is not finite; put it in quotes if it is a text',
    ],
  ])('%s', async (_, yaml, told) => expect(await mistakesOf(yaml)).toEqual(typeof told === 'string' ? [told] : told));

  test('names that become the same', async () => {
    const yaml = `templates:\n  - { name: a_b, entrypoint: usage.ts, ${COLUMNS} }\n  - { name: a-b, entrypoint: usage.ts, ${COLUMNS} }\n`;
    expect(await mistakesOf(yaml)).toEqual([
      'dossier.yaml: templates[1]: its name becomes "a-b", as another\'s does; give it another name',
    ]);
  });

  test('all of them at once', async () => {
    const yaml = 'templates:\n  - { name: a }\n  - { entrypoint: x.py }\n';
    expect(await mistakesOf(yaml)).toHaveLength(5);
  });
});

group('a descriptor that is made to hurt', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[index]}`).join(',')}]`).join('\n')}\n`;

  test.each<readonly [story: string, yaml: string]>([
    ['grows from aliases without bound', `${bomb}templates: *i`],
    ['nests a hundred thousand levels deep', `templates: ${'['.repeat(100_000)}`],
    ['nests deeper than JSON may', `templates: ${'['.repeat(200)}${']'.repeat(200)}`],
    ['is larger than a descriptor may be', `templates: [${'x,'.repeat(200_000)}]`],
    ['has more entries than are taken', `templates:\n${`  - { name: a, entrypoint: usage.ts, ${COLUMNS} }\n`.repeat(101)}`],
    ['is binary', '\u0000\u0001\u0002'],
    ['refers to itself', 'templates: &a [*a]'],
  ])('that %s is refused with a sentence, soon', async (_, yaml) => {
    const mistakes = await mistakesOf(yaml);
    expect(mistakes.length).toBeGreaterThan(0);
    expect(mistakes.every((mistake) => mistake.startsWith('dossier.yaml: ') && mistake.length < 1000)).toBe(true);
  });

  test('that has keys of JavaScript’s own is no trouble', async () => {
    expect(await mistakesOf('__proto__: { templates: [] }\nconstructor: 1\n')).toEqual([
      'dossier.yaml: __proto__: is no field here; there are templates',
      'dossier.yaml: constructor: is no field here; there are templates',
      'dossier.yaml: templates: must be a list of 1 to 100 entries; it is missing',
    ]);
  });
});

group('what comes back from a pod', () => {
  const template = { name: 'a', place: 'x', code: { kind: 'module', entrypoint: 'a.ts' }, spec: {} };
  test.each<readonly [story: string, value: unknown]>([
    ['is no object', []],
    ['has no list', { templates: {} }],
    ['has a template with a field of the owner', { templates: [{ ...template, spec: { job: {} } }], warnings: [] }],
    ['has a template with a ConfigMap', { templates: [{ ...template, spec: { xlsx: { workbook: { configMapRef: {} } } } }], warnings: [] }],
    ['has a name that is none', { templates: [{ ...template, name: '../x' }], warnings: [] }],
    ['has a name twice', { templates: [template, template], warnings: [] }],
    ['has code of another kind', { templates: [{ ...template, code: { kind: 'shell', entrypoint: 'a' } }], warnings: [] }],
    [
      'has too many templates',
      { templates: Array.from({ length: 101 }, (_, index) => ({ ...template, name: `a${index}` })), warnings: [] },
    ],
    ['has no warnings', { templates: [template] }],
  ])('and %s is no descriptor', (_, value) => expect(parseDescribed(JSON.stringify(value))).toBeUndefined());

  test('is bounded and plain where it is told', () => {
    const found = parseDescribed(JSON.stringify({ mistakes: [`\u202e${'x'.repeat(4000)}`] }));
    expect(found).toEqual({ kind: 'mistakes', mistakes: [expect.stringMatching(/^\\u\{202e\}x+…$/)] });
    expect(parseDescribed(`{"mistakes":[${'['.repeat(100_000)}`)).toBeUndefined();
    expect(parseDescribed('x'.repeat(300_000))).toBeUndefined();
  });
});
