import { describe, expect, test } from 'vitest';
import type { ResolvedParameter } from '../../../../src/runner/plan.ts';
import { bindTexts } from '../../../../src/runner/sources/postgres/binds.ts';

function texts(parameter: ResolvedParameter, timeZone = 'UTC'): Record<string, string | null> {
  return Object.fromEntries(bindTexts([parameter], timeZone));
}

test.each<[parameter: ResolvedParameter, bound: Record<string, string | null>]>([
  [{ name: 'a', type: 'String', value: "'; drop table x" }, { a: "'; drop table x" }],
  [{ name: 'a', type: 'String', value: '' }, { a: '' }],
  [{ name: 'a', type: 'String', value: null }, { a: null }],
  [{ name: 'a', type: 'Integer', value: '9223372036854775807' }, { a: '9223372036854775807' }],
  [{ name: 'a', type: 'Decimal', value: '12.50' }, { a: '12.50' }],
  [{ name: 'a', type: 'Boolean', value: false }, { a: 'false' }],
  [{ name: 'a', type: 'Boolean', value: null }, { a: null }],
  [{ name: 'a', type: 'Date', value: '2026-10-01' }, { a: '2026-10-01' }],
  [{ name: 'a', type: 'Choice', value: 'emea' }, { a: 'emea' }],
  [{ name: 'a', type: 'Strings', value: null }, { a: null }],
  [{ name: 'a', type: 'Strings', value: [] }, { a: '{}' }],
  [{ name: 'a', type: 'Strings', value: ['acme', 'initech'] }, { a: '{"acme","initech"}' }],
  [{ name: 'a', type: 'Strings', value: ['', ' ', 'NULL', '{}', 'a,b'] }, { a: '{""," ","NULL","{}","a,b"}' }],
  [{ name: 'a', type: 'Strings', value: ['"', '\\', '\\"', "'"] }, { a: '{"\\"","\\\\","\\\\\\"","\'"}' }],
  [{ name: 'a', type: 'Choices', value: ['emea', 'amer'] }, { a: '{"emea","amer"}' }],
  [{ name: 'a', type: 'Timestamp', value: null }, { a: null }],
  [
    { name: 'a', type: 'Period', value: null },
    { a_from: null, a_to: null },
  ],
])('%o', (parameter, bound) => {
  expect(texts(parameter)).toEqual(bound);
});

describe('a Timestamp and a bound of a Period are the wall clock of the zone with its offset', () => {
  test.each<[instant: string, zone: string, text: string]>([
    ['2026-09-30T22:00:00Z', 'Europe/Berlin', '2026-10-01 00:00:00+02:00'],
    ['2026-10-31T23:00:00Z', 'Europe/Berlin', '2026-11-01 00:00:00+01:00'],
    ['2026-10-01T00:00:00Z', 'UTC', '2026-10-01 00:00:00+00:00'],
    ['2026-10-01T12:34:56.5Z', 'Asia/Kathmandu', '2026-10-01 18:19:56.5+05:45'],
    ['1879-12-31T23:06:32Z', 'Europe/Berlin', '1880-01-01 00:00:00+00:53:28'],
    ['-000043-03-15T00:00:00Z', 'UTC', '0044-03-15 00:00:00+00:00 BC'],
    ['0000-12-31T00:00:00Z', 'UTC', '0001-12-31 00:00:00+00:00 BC'],
    ['+010000-01-01T00:00:00Z', 'UTC', '10000-01-01 00:00:00+00:00'],
    ['2026-10-01T00:00:00.123456Z', 'UTC', '2026-10-01 00:00:00.123456+00:00'],
    // Between two microseconds, the next one: rows have whole microseconds, so ">=" and "<" mean the same there.
    ['2026-10-01T00:00:00.123456001Z', 'UTC', '2026-10-01 00:00:00.123457+00:00'],
    ['2026-12-31T23:59:59.999999999Z', 'UTC', '2027-01-01 00:00:00+00:00'],
  ])('%s in %s', (instant, zone, text) => {
    expect(texts({ name: 'p', type: 'Period', value: { from: instant, to: instant } }, zone)).toEqual({ p_from: text, p_to: text });
    expect(texts({ name: 't', type: 'Timestamp', value: instant }, zone)).toEqual({ t: text });
  });
});
