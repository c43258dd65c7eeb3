import { describe, expect, test } from 'vitest';
import { timeZoneProblem } from '../../src/time/zones.ts';

describe('a known zone', () => {
  test.each([
    'UTC',
    'Etc/UTC',
    'GMT',
    'Etc/GMT+12',
    'Etc/GMT-14',
    'Europe/Berlin',
    'America/Argentina/Buenos_Aires',
    'America/Port-au-Prince',
    'Pacific/Apia',
    'EST5EDT',
    'CET',
    // Links: old names keep working.
    'Asia/Calcutta',
    'Europe/Kiev',
    'US/Pacific',
    'GB-Eire',
    'Zulu',
  ])('%s', (name) => {
    expect(timeZoneProblem(name)).toBeUndefined();
  });

  test('is every one that the runtime lists', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    expect(zones.length).toBeGreaterThan(400);
    expect(zones.filter((name) => timeZoneProblem(name) !== undefined)).toEqual([]);
  });
});

test.each([
  ['utc', 'UTC'],
  ['europe/berlin', 'Europe/Berlin'],
  ['EUROPE/BERLIN', 'Europe/Berlin'],
  ['america/port-au-prince', 'America/Port-au-Prince'],
  ['asia/calcutta', 'Asia/Calcutta'],
])('%s must be written as others read it: %s', (name, right) => {
  expect(timeZoneProblem(name)).toBe(`"${name}" must be written "${right}"`);
});

describe('what is no zone', () => {
  test.each([
    '',
    ' ',
    'Z',
    '+02:00',
    '-0500',
    'UTC+2',
    'GMT+2',
    'Etc/GMT+13',
    'Local',
    'localtime',
    'Factory',
    'posixrules',
    'posix/UTC',
    'right/UTC',
    'SystemV/PST8',
    'CST',
    'IST',
    'AET',
    'Europe',
    'Europe/',
    '/Europe/Berlin',
    'Europe//Berlin',
    '../etc/passwd',
    'Europe/Berlin\0',
    'Europe/Berlin\n',
    'Europe/Bėrlin',
    'America/Argentina/Buenos/Aires',
  ])('is told: %j', (name) => {
    expect(timeZoneProblem(name)).toContain(' is not a known IANA time zone');
  });

  test('is told with what may have been meant', () => {
    expect(timeZoneProblem('Europe/Berlni')).toMatch(/^"Europe\/Berlni" is not a known IANA time zone; near it: Europe\/Berlin, /);
    expect(timeZoneProblem('Amerika/New_York')).toContain('near it: America/New_York');
  });

  test('is told in printable text of bounded length', () => {
    const problem = timeZoneProblem(`Europe/\u202eBerlin${'x'.repeat(10_000)}`) ?? '';
    expect(problem).toContain('"Europe/\\u{202e}Berlinx');
    expect(problem.length).toBeLessThan(300);
  });
});
