/** Paths by RFC 9535 on documents of the kind that reports are made of, and every way in which a path can be wrong. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileJsonPath, PATH_LIMIT, type JsonPath } from '../../src/json-path/json-path.ts';
import { JsonNumber } from '../../src/json-stream/json-number.ts';
import type { Root } from '../../src/json-path/syntax.ts';

function path(text: string, roots: readonly Root[] = ['$', '@']): JsonPath {
  const compiled = compileJsonPath(text, roots);
  if (!compiled.ok) throw new Error(compiled.problem);
  return compiled.path;
}

const pod = {
  metadata: { name: 'web-0', labels: { app: 'web', 'app.kubernetes.io/name': 'shop', "it's": 'quoted', ключ: 'юникод' } },
  spec: {
    containers: [
      { name: 'app', image: 'app:1', ports: [80, 443], resources: { requests: { cpu: '500m' } } },
      { name: 'proxy', image: 'proxy:2', ports: [], resources: {} },
      { name: 'init', image: null, ready: false },
    ],
  },
  status: {
    restarts: 7,
    big: 9007199254740993n,
    conditions: [
      { type: 'Initialized', status: 'True', rank: 1 },
      { type: 'Ready', status: 'False', rank: 2.5, since: '2026-01-01' },
    ],
  },
};
const { containers } = pod.spec;

describe('a path finds', () => {
  test.each<readonly [path: string, found: readonly unknown[]]>([
    ['$', [pod]],
    ['$.metadata.name', ['web-0']],
    ["$['metadata']['name']", ['web-0']],
    ['$ ["metadata"] .name', ['web-0']],
    ["$.metadata.labels['app.kubernetes.io/name']", ['shop']],
    ["$.metadata.labels['it\\'s']", ['quoted']],
    ['$.metadata.labels["it\'s"]', ['quoted']],
    ['$.metadata.labels.ключ', ['юникод']],
    ["$.metadata.labels['\\u043a\\u043b\\u044e\\u0447']", ['юникод']],
    ['$.metadata.missing', []],
    ['$.metadata.name.missing', []],
    ['$.metadata.name[0]', []],
    ['$.spec.containers.length', []],
    ['$.spec.containers[0].name', ['app']],
    ['$.spec.containers[-1].name', ['init']],
    ['$.spec.containers[3]', []],
    ['$.spec.containers[-4]', []],
    ['$.metadata[0]', []],
    ['$.spec.containers[*].name', ['app', 'proxy', 'init']],
    ['$.spec.containers[:2].name', ['app', 'proxy']],
    ['$.spec.containers[1:].name', ['proxy', 'init']],
    ['$.spec.containers[::-1].name', ['init', 'proxy', 'app']],
    ['$.spec.containers[-1:0:-1].name', ['init', 'proxy']],
    ['$.spec.containers[::2].name', ['app', 'init']],
    ['$.spec.containers[9:].name', []],
    ['$.spec.containers[::0]', []],
    ["$.spec.containers[0]['name', 'image']", ['app', 'app:1']],
    ['$.spec.containers[2, 0, 0].name', ['init', 'app', 'app']],
    ['$.spec.containers[*].resources.requests.cpu', ['500m']],
    ['$.spec.containers[0].ports.*', [80, 443]],
    ['$.spec.containers[2].image', [null]],
    ['$..cpu', ['500m']],
    ['$..containers[*].name', ['app', 'proxy', 'init']],
    ['$..ports[0]', [80]],
    ['$.spec..ports', [[80, 443], []]],
    ['$.status.conditions[?(@.type=="Ready")].status', ['False']],
    ["$.status.conditions[?@.type == 'Ready'].status", ['False']],
    ['$.status.conditions[?@.since].type', ['Ready']],
    ['$.status.conditions[?!@.since].type', ['Initialized']],
    ['$.status.conditions[?!(@.rank < 2)].type', ['Ready']],
    ['$.status.conditions[?@.type == "Ready" && @.status == "True"]', []],
    ['$.status.conditions[?@.type == "Ready" || @.status == "True"].type', ['Initialized', 'Ready']],
    ['$.status.conditions[?@.type == "x" && @.type == "y" || @.rank == 1].rank', [1]],
    ['$.status.conditions[?@.type == "x" && (@.type == "y" || @.rank == 1)].rank', []],
    ['$.status.conditions[?@.rank >= 2.5].rank', [2.5]],
    ['$.status.conditions[?@.rank <= 1e0].rank', [1]],
    ['$.status.conditions[?@.type > "Initialized"].type', ['Ready']],
    ['$.status.conditions[?@.since == $.nowhere].type', ['Initialized']],
    ['$.status.conditions[?$.status.restarts == 7].rank', [1, 2.5]],
    ['$.spec.containers[?@.image == null].name', ['init']],
    ['$.spec.containers[?@.ready == false].name', ['init']],
    ['$.spec.containers[?@.ports[?@ == 443]].name', ['app']],
    ['$.spec.containers[?@.resources == $.spec.containers[1].resources].name', ['proxy']],
    ['$.spec.containers[?@.ports != $.spec.containers[0].ports].name', ['proxy', 'init']],
    ['$.status[?@ == 9007199254740993]', [9007199254740993n]],
    ['$.status[?@ == 9007199254740992]', []],
    ['$.status[?@ > 9007199254740992]', [9007199254740993n]],
  ])('%s', (text, found) => {
    expect(path(text).find({ $: pod })).toEqual(found);
    expect(path(text).first({ $: pod })).toEqual(found[0]);
  });

  test('from @ what the element has, and from $ what the document has', () => {
    const context = { $: pod, '@': containers[0] };
    expect(path('@.name').find(context)).toEqual(['app']);
    expect(path('@').first(context)).toBe(containers[0]);
    expect(path('$.metadata.name').find(context)).toEqual(['web-0']);
    expect(path('@.ports[?@ == 443 && $.metadata.name == "web-0"]').find(context)).toEqual([443]);
  });

  test('own properties only', () => {
    const hostile: unknown = JSON.parse('{"a": {"__proto__": {"polluted": 1}}, "list": [1]}');
    for (const text of ['$.constructor', '$.a.toString', '$.__proto__', '$.list.map', "$['list']['constructor']"]) {
      expect(path(text).find({ $: hostile })).toEqual([]);
    }
    expect(path('$.a.__proto__.polluted').find({ $: hostile })).toEqual([1]);
    expect(path('$..polluted').find({ $: hostile })).toEqual([1]);
  });

  test('numbers by their value, however they are kept', () => {
    const document = [{ n: new JsonNumber('12.50') }, { n: 12.5 }, { n: new JsonNumber('9007199254740993') }, { n: 9007199254740993n }];
    const { length } = document;
    expect(path('$[?@.n == 12.5]').find({ $: document })).toHaveLength(2);
    expect(path('$[?@.n == $[0].n]').find({ $: document })).toHaveLength(2);
    expect(path('$[?@.n == 9007199254740993]').find({ $: document })).toHaveLength(2);
    expect(path('$[?@.n > 9007199254740992]').find({ $: document })).toHaveLength(2);
    expect(path('$[?@.n > 1]').find({ $: document })).toHaveLength(length);
    expect(path('$..*').find({ $: document })).toHaveLength(2 * length);
  });

  test('strings in the order of code points, not of UTF-16 units', () => {
    const document = [{ a: '\u{1f600}' }, { a: '\uff01' }, { a: '\uff01\u{1f600}' }, { a: '' }];
    expect(path('$[?@.a < "\u{1f600}"].a').find({ $: document })).toEqual(['\uff01', '\uff01\u{1f600}', '']);
    expect(path('$[?@.a > "\uff01"].a').find({ $: document })).toEqual(['\u{1f600}', '\uff01\u{1f600}']);
  });
});

test.each<readonly [path: string, singular: boolean]>([
  ['$', true],
  ['@.a["b"][-1]', true],
  ['$.a.*', false],
  ['$.a[0, 1]', false],
  ['$.a[0:1]', false],
  ['$..a', false],
  ['$.a[?@.b]', false],
])('%s can find more than one node: not %s', (text, singular) => {
  expect(path(text).singular).toBe(singular);
});

test('a path shows what it is made of, so that a reader of streams knows where it leads', () => {
  expect(path('$.items[*]')).toMatchObject({
    root: '$',
    segments: [
      { kind: 'child', selectors: [{ kind: 'name', name: 'items' }] },
      { kind: 'child', selectors: [{ kind: 'wildcard' }] },
    ],
  });
});

describe('what is no path is told where and what to write instead', () => {
  test.each<readonly [path: string, ...says: string[]]>([
    ['', 'empty', '$'],
    ['metadata.name', 'begins with $', '$.metadata.name'],
    ['.metadata.name', 'begins with $', '$.metadata.name'],
    ['{.metadata.name}', 'no braces', '$.metadata.name'],
    ['{$.metadata.name}', 'no braces', '$.metadata.name'],
    ['[0]', 'begins with $', '$[0]'],
    ['@.name', 'begins with $ here', '@ stands for nothing'],
    [' $', 'begins with $'],
    ['$ ', 'character 2', 'end of the path'],
    ['$.', 'character 3', 'a name or *'],
    ['$.a.', 'character 5', 'a name or *'],
    ['$...a', 'character 4'],
    ['$.1a', 'character 3', 'brackets'],
    ["$.'a'", 'character 3', 'brackets'],
    ['$a', 'character 2', 'a dot, a bracket'],
    ['$.foo-bar', 'character 6', 'brackets'],
    ['$.labels.app\\.kubernetes\\.io/name', 'character 13', "['app.kubernetes.io/name']"],
    ['$[', 'character 3', 'missing'],
    ['$[]', 'character 3', 'a name in quotes'],
    ['$[a]', 'character 3', 'a name in quotes'],
    ['$["a]', 'character 3', 'closing "'],
    ["$['a\\x']", 'character 5', 'escape'],
    ["$['\\u12']", 'character 4', 'four hexadecimal digits'],
    ["$['\\ud800']", 'character 4', 'surrogate'],
    ["$['\\ud800\\u0041']", 'character 4', 'surrogate'],
    ["$['\\udc00']", 'character 4', 'surrogate'],
    ["$['a\tb']", 'character 5', 'control characters'],
    ["$['a\\\"']", 'escape'],
    ['$[01]', 'character 4', '"]"'],
    ['$[-0]', 'character 3', '-0'],
    ['$[9007199254740992]', 'character 3', '15 digits'],
    ['$[1 2]', 'character 5', '"]"'],
    ['$[1:2:3:4]', 'character 8', '"]"'],
    ['$[(@.length-1)]', 'character 3', 'scripts are not supported'],
    ['$[?]', 'character 4', 'path that begins with @ or $'],
    ['$[?true]', 'character 4', 'no test'],
    ['$[?!"a"]', 'character 5', 'no test'],
    ['$[?@.a = 1]', 'character 8', '=='],
    ['$[?@.a =~ "x"]', 'character 8', 'no regular expressions'],
    ['$[?@.a == b]', 'character 11', 'quotes'],
    ['$[?@.a == True]', 'character 11', 'quotes'],
    ['$[?@.a == 1e999]', 'character 11', 'too large'],
    ['$[?@.a == [1]]', 'character 11', 'a text in quotes'],
    ['$[?@.* == 1]', 'character 4', 'lead to one value'],
    ['$[?1 == @..a]', 'character 9', 'lead to one value'],
    ['$[?(@.a]', 'character 8', '")"'],
    ['$[?@.a &&]', 'character 10'],
    ['$[?@.a & @.b]', 'character 8', '"]"'],
    ['$[?length(@.a) > 1]', 'character 4', 'functions are not supported'],
    ['$[?!match(@.a, "x")]', 'character 5', 'functions are not supported'],
    ['$[?@.a.length() > 1]', 'functions are not supported'],
    ['$.a\u202e[', 'character 6', '$.a\\u{202e}['],
  ])('%s', (text, ...says) => {
    const compiled = compileJsonPath(text, ['$']);
    const problem = compiled.ok ? 'none' : compiled.problem;
    for (const said of says) expect(problem).toContain(said);
    expect(problem).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  test('a path of 256 characters is read, one of 257 is not', () => {
    const longest = `$.${'é'.repeat(PATH_LIMIT - 3)}`;
    expect(compileJsonPath(`${longest}\u{1f600}`, ['$'])).toMatchObject({ ok: true });
    expect(compileJsonPath(`${longest}xy`, ['$'])).toEqual({ ok: false, problem: expect.stringContaining('257') as string });
  });
});

describe('whatever the document', () => {
  const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'constructor', 'length', '0', "'", '"', '\\', ''));
  const json = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map(objectOf),
    ),
  })).value;

  /** Not Object.fromEntries alone: JSON.parse makes `__proto__` a member like any other. */
  function objectOf(entries: readonly (readonly [string, unknown])[]): unknown {
    return JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(',')}}`);
  }

  /** The normalized path (RFC 9535, section 2.7) of every node. */
  function* nodesOf(value: unknown, at: string): Generator<readonly [path: string, value: unknown]> {
    yield [at, value];
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value)) yield* nodesOf(child, `${at}[${Array.isArray(value) ? key : quoted(key)}]`);
  }

  function quoted(key: string): string {
    return `'${JSON.stringify(key).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  }

  test('the normalized path of a node finds exactly that node', () => {
    fc.assert(
      fc.property(json, (document) => {
        for (const [at, value] of nodesOf(document, '$')) {
          if ([...at].length > PATH_LIMIT) continue;
          expect(path(at).singular).toBe(true);
          expect(path(at).find({ $: document })).toEqual([value]);
        }
      }),
    );
  });

  test('a descendant wildcard finds every node but the root', () => {
    fc.assert(
      fc.property(json, (document) => {
        const below = [...nodesOf(document, '$')].slice(1).map(([, value]) => value);
        const found = path('$..*').find({ $: document });
        expect(found).toHaveLength(below.length);
        expect(new Set(found)).toEqual(new Set(below));
      }),
    );
  });

  test('a node equals itself and a copy of itself', () => {
    fc.assert(
      fc.property(json, (value) => {
        const copy: unknown = JSON.parse(JSON.stringify(value));
        expect(path('$[?@ == $[0]]').find({ $: [value, copy] })).toHaveLength(2);
      }),
    );
  });

  test('a text is a path or has a problem; it never throws', () => {
    const piece = fc.constantFrom(
      '$',
      '@',
      '.',
      '..',
      '[',
      ']',
      '?',
      '(',
      ')',
      '*',
      ':',
      ',',
      '!',
      '&&',
      '||',
      '==',
      '<',
      "'a'",
      '"',
      'a',
      '-',
      '1',
      '0',
      '\\',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 30 }).map((pieces) => `$${pieces.join('')}`),
        ),
        json,
        (text, document) => {
          const compiled = compileJsonPath(text, ['$']);
          if (compiled.ok) expect(Array.isArray(compiled.path.find({ $: document }))).toBe(true);
          else expect(compiled.problem.length).toBeGreaterThan(10);
        },
      ),
    );
  });
});
