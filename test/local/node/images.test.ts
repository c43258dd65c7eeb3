import { describe, expect, test } from 'vitest';
import { backOffMessage, ImageTable, parseImageName } from '../../../src/local/node/images.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('an image name', () => {
  test.each([
    ['runner', 'runner:latest'],
    ['dossier/runner', 'dossier/runner:latest'],
    ['dossier/runner:v1.2', 'dossier/runner:v1.2'],
    ['localhost:5000/runner', 'localhost:5000/runner:latest'],
    ['registry.example.com/team/a-b_c.d__e/runner:x', 'registry.example.com/team/a-b_c.d__e/runner:x'],
    ['Registry.Example.com/runner', 'Registry.Example.com/runner:latest'],
    ['[::1]:5000/runner', '[::1]:5000/runner:latest'],
    [`runner@${DIGEST}`, `runner@${DIGEST}`],
    [`runner:v1@${DIGEST}`, `runner:v1@${DIGEST}`],
    [`${'a'.repeat(255)}:v1`, `${'a'.repeat(255)}:v1`],
    [`a:${'t'.repeat(128)}`, `a:${'t'.repeat(128)}`],
  ])('%s is %s', (name, expected) => expect(parseImageName(name)).toBe(expected));

  test.each([
    [''],
    ['Runner'],
    ['dossier/Runner'],
    ['runner:'],
    ['runner:-x'],
    ['runner latest'],
    ['runner//x'],
    ['/runner'],
    ['runner/'],
    ['a..b'],
    ['-runner'],
    ['runner@sha256:12'],
    ['host:port/runner'],
    [`${'a'.repeat(256)}:v1`],
    [`a:${'t'.repeat(129)}`],
  ])('"%s" is none', (name) => expect(parseImageName(name)).toBeUndefined());
});

describe('the image table', () => {
  const runner = { entrypoint: ['node', 'main.ts'] };
  const table = new ImageTable({ 'dossier/runner': runner });

  test.each([
    ['dossier/runner', 'IfNotPresent', { kind: 'present', image: runner }],
    ['dossier/runner:latest', 'Never', { kind: 'present' }],
    ['dossier/runner:v2', 'Always', { reason: 'ErrImagePull' }],
    ['unknown', 'IfNotPresent', { reason: 'ErrImagePull' }],
    ['unknown', 'Never', { reason: 'ErrImageNeverPull', message: 'Container image "unknown" is not present with pull policy of Never' }],
    ['Dossier/runner x', 'Always', { reason: 'InvalidImageName', message: expect.stringContaining('invalid reference format') as string }],
    [
      'dossier/RUNNER',
      'Always',
      { reason: 'InvalidImageName', message: expect.stringContaining('repository name must be lowercase') as string },
    ],
  ] as const)('%s with policy %s', (name, policy, expected) => expect(table.find(name, policy)).toMatchObject(expected));

  test('finds an image that was added later', () => {
    const late = new ImageTable({});
    expect(late.find('late:v1', 'Always').kind).toBe('absent');
    late.add('late:v1', runner);
    expect(late.find('late:v1', 'Always')).toMatchObject({ kind: 'present', image: runner });
  });

  test('refuses to hold what is no image name', () =>
    expect(() => new ImageTable({ 'Not An Image': runner })).toThrow('"Not An Image" is not an image name'));

  test('says between two pulls what the last one said', () =>
    expect(backOffMessage('late', 'not found')).toBe('Back-off pulling image "late:latest": ErrImagePull: not found'));
});
