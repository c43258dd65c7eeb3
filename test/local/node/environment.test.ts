import { describe, expect, test } from 'vitest';
import { commandLine, environmentOf, expand, fieldValue, pathMap, realPath, referencedNames } from '../../../src/local/node/environment.ts';
import type { Container, EnvVar } from '../../../src/local/node/pod.ts';
import { podOf } from './pods.ts';

const ROOT = '/tmp/node/pod';
const TERMINATION = `${ROOT}/containers/runner/0.termination`;
const VOLUMES = new Map([
  ['tmp', `${ROOT}/volumes/tmp`],
  ['out', `${ROOT}/volumes/out`],
]);

type Source = NonNullable<EnvVar['valueFrom']>;

function container(more: Partial<Container>): Container {
  return { name: 'runner', image: 'runner', ...more };
}

describe('a value that is a path of the container', () => {
  const paths = pathMap(
    container({
      volumeMounts: [
        { name: 'tmp', mountPath: '/tmp' },
        { name: 'out', mountPath: '/tmp/out/', subPath: 'rows' },
      ],
    }),
    VOLUMES,
    TERMINATION,
    ROOT,
  );

  test.each([
    ['a mount', '/tmp', `${ROOT}/volumes/tmp`],
    ['below a mount', '/tmp/a/b', `${ROOT}/volumes/tmp/a/b`],
    ['a mount within a mount', '/tmp/out/x', `${ROOT}/volumes/out/rows/x`],
    ['the termination log', '/dev/termination-log', TERMINATION],
    ['a name that only begins like a mount', '/tmpfile', '/tmpfile'],
    ['a path elsewhere', '/etc/ssl', '/etc/ssl'],
    ['a path inside a longer text', 'file:/tmp/x', 'file:/tmp/x'],
    ['no path', '', ''],
    ['what is real already, although a mount is its parent', `${ROOT}/volumes/out/x`, `${ROOT}/volumes/out/x`],
  ])('%s', (_, value, expected) => expect(realPath(value, paths)).toBe(expected));

  test('uses the termination log that the container names', () => {
    const own = pathMap(container({ terminationMessagePath: '/tmp/result' }), VOLUMES, TERMINATION, ROOT);
    expect(realPath('/tmp/result', own)).toBe(TERMINATION);
  });
});

describe('the environment', () => {
  const facts = {
    pod: podOf({}),
    nodeIp: '127.0.0.1',
    secrets: new Map([['billing-db', new Map([['url', 'postgres://db']])]]),
    configMaps: new Map([['settings', new Map([['level', 'info']])]]),
  };
  const resolve = (...env: readonly EnvVar[]): Readonly<Record<string, string>> => {
    const given = container({ env, volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] });
    return environmentOf(given, facts, { PATH: '/bin', LEVEL: 'image' }, pathMap(given, VOLUMES, TERMINATION, ROOT));
  };
  const secret = (name: string, key: string, optional?: boolean): Source => ({
    secretKeyRef: { name, key, ...(optional === undefined ? {} : { optional }) },
  });

  test('holds values, keys of Secrets and ConfigMaps, fields, and real paths', () =>
    expect(
      resolve(
        { name: 'PLAN', value: '{}' },
        { name: 'URL', valueFrom: secret('billing-db', 'url') },
        { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level' } } },
        { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'TMPDIR', value: '/tmp' },
        { name: 'EMPTY' },
      ),
    ).toEqual({
      PATH: '/bin',
      PLAN: '{}',
      URL: 'postgres://db',
      LEVEL: 'info',
      POD: 'invoices-x7k2m',
      TMPDIR: `${ROOT}/volumes/tmp`,
      EMPTY: '',
    }));

  test('lets a variable refer to those before it', () =>
    expect(resolve({ name: 'A', value: '1' }, { name: 'B', value: '$(A)$(C)' }, { name: 'C', value: '2' })).toMatchObject({ B: '1$(C)' }));

  test('leaves an optional variable out when its Secret or its key is missing', () => {
    const env = resolve({ name: 'A', valueFrom: secret('nowhere', 'x', true) }, { name: 'B', valueFrom: secret('billing-db', 'x', true) });
    expect(env).toEqual({ PATH: '/bin', LEVEL: 'image' });
  });

  test.each<readonly [string, Source, string]>([
    ['a missing Secret', secret('nowhere', 'url'), 'secret "nowhere" not found'],
    ['a missing key', secret('billing-db', 'password'), "couldn't find key password in Secret billing/billing-db"],
    ['a missing ConfigMap', { configMapKeyRef: { name: 'nowhere', key: 'x' } }, 'configmap "nowhere" not found'],
    [
      'a missing key of a ConfigMap',
      { configMapKeyRef: { name: 'settings', key: 'x' } },
      "couldn't find key x in ConfigMap billing/settings",
    ],
    [
      'a source that a local node has not',
      { resourceFieldRef: {} },
      'a local node resolves only secretKeyRef, configMapKeyRef and fieldRef',
    ],
  ])('says of %s what the kubelet says', (_, valueFrom, message) => {
    expect(() => resolve({ name: 'X', valueFrom })).toThrow(message);
  });

  test('names what it needs, once each', () => {
    const env = [
      { name: 'A', valueFrom: secret('s', 'a') },
      { name: 'B', valueFrom: secret('s', 'b') },
      { name: 'C', valueFrom: { configMapKeyRef: { name: 'c', key: 'c' } } },
    ];
    expect(referencedNames(container({ env }))).toEqual({ secrets: new Set(['s']), configMaps: new Set(['c']) });
  });
});

test.each([
  ['metadata.namespace', 'billing'],
  ['metadata.uid', '11111111-2222-3333-4444-555555555555'],
  ["metadata.labels['app']", 'dossier'],
  ["metadata.labels['a/b']", 'x"y'],
  ["metadata.labels['none']", ''],
  ['metadata.labels', 'a/b="x\\"y"\napp="dossier"'],
  ['metadata.annotations', 'note="two\\nlines"'],
  ['spec.nodeName', 'local'],
  ['spec.serviceAccountName', 'runner'],
  ['status.podIP', '127.0.0.1'],
])('field %s', (path, expected) => expect(fieldValue(podOf({}), path, '127.0.0.1')).toBe(expected));

test.each([
  ['$(A)', '1'],
  ['x$(A)y$(A)', 'x1y1'],
  ['$(NONE)', '$(NONE)'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$1'],
  ['$(A', '$(A'],
  ['$A $', '$A $'],
])('%s expands to %s', (text, expected) => expect(expand(text, new Map([['A', '1']]))).toBe(expected));

describe('the command line', () => {
  const image = { entrypoint: ['node', 'main.ts'], defaultArgs: ['--help'] };
  test.each<readonly [string, Partial<Container>, readonly string[]]>([
    ['of the image', {}, ['node', 'main.ts', '--help']],
    ['with arguments', { args: ['--out=$(OUT)'] }, ['node', 'main.ts', '--out=/real']],
    ['with a command', { command: ['sh'] }, ['sh']],
    ['with both', { command: ['sh', '-c'], args: ['true'] }, ['sh', '-c', 'true']],
  ])('%s', (_, given, expected) => expect(commandLine(container(given), image, { OUT: '/real' })).toEqual(expected));
});
