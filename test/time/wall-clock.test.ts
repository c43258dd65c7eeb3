import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DossierError } from '../../src/errors.ts';
import { WallClock } from '../../src/time/wall-clock.ts';

const SECOND = 1_000_000_000n;
const TEMPORAL_LIMIT = 8_640_000_000_000n * SECOND;
/** Local times of instants in the last day before Temporal's end are out of its range. */
const DAY = 86_400n * SECOND;

/** What the text must be, by Temporal. */
function temporalText(instant: bigint, timeZone: string): string {
  return timeZone === 'UTC' ? new Temporal.Instant(instant).toString() : new Temporal.Instant(instant).toString({ timeZone });
}

function instantOf(text: string): bigint {
  return Temporal.Instant.from(text).epochNanoseconds;
}

const zones = [...Intl.supportedValuesOf('timeZone'), 'UTC', 'Etc/UTC', 'Etc/GMT+12', 'Etc/GMT-14'];

const instants = fc.oneof(
  // Where reports live, where offsets changed most, where Temporal ends, and fractions of all lengths.
  fc.bigInt({ min: instantOf('1850-01-01T00:00Z'), max: instantOf('2150-01-01T00:00Z') }),
  fc.bigInt({ min: -5_000_000_000n, max: 10_000_000_000n }).map((seconds) => seconds * SECOND),
  fc.bigInt({ min: -TEMPORAL_LIMIT + DAY, max: TEMPORAL_LIMIT - DAY }),
  fc
    .tuple(fc.integer({ min: -3_000_000, max: 5_000_000 }), fc.integer({ min: 0, max: 9 }))
    .map(([n, digits]) => BigInt(n) * 10n ** BigInt(digits)),
);

describe('ISO text of an instant', () => {
  test.each<[string, string, string]>([
    ['2026-10-01T06:30:00Z', 'Europe/Berlin', '2026-10-01T08:30:00+02:00'],
    ['2026-10-01T06:30:00Z', 'UTC', '2026-10-01T06:30:00Z'],
    ['2026-10-01T06:30:00Z', 'Etc/UTC', '2026-10-01T06:30:00+00:00'],
    ['2026-10-01T06:30:00.120Z', 'Asia/Kathmandu', '2026-10-01T12:15:00.12+05:45'],
    ['2026-10-01T06:30:00.000000001Z', 'UTC', '2026-10-01T06:30:00.000000001Z'],
    // The hour that comes twice, and the one that does not come.
    ['2026-10-25T00:30:00Z', 'Europe/Berlin', '2026-10-25T02:30:00+02:00'],
    ['2026-10-25T01:30:00Z', 'Europe/Berlin', '2026-10-25T02:30:00+01:00'],
    ['2026-03-29T01:00:00Z', 'Europe/Berlin', '2026-03-29T03:00:00+02:00'],
    // Local mean time: +00:53:28 and -00:44:30, half a minute away from zero.
    ['1800-01-01T00:00:00Z', 'Europe/Berlin', '1800-01-01T00:53:28+00:53'],
    ['1950-01-01T00:00:00Z', 'Africa/Monrovia', '1949-12-31T23:15:30-00:45'],
    ['-000043-03-15T12:00:00Z', 'UTC', '-000043-03-15T12:00:00Z'],
    ['0000-02-29T12:00:00Z', 'UTC', '0000-02-29T12:00:00Z'],
    ['9999-12-31T23:30:00Z', 'Europe/Berlin', '+010000-01-01T00:30:00+01:00'],
  ])('%s in %s is %s', (instant, zone, text) => {
    expect(new WallClock(zone).isoText(instantOf(instant))).toBe(text);
  });

  test('equals what Temporal writes, for every zone and instants in any order', () => {
    const clocks = new Map<string, WallClock>();
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.array(instants, { minLength: 1, maxLength: 20 }), (zone, some) => {
        let clock = clocks.get(zone);
        if (clock === undefined) clocks.set(zone, (clock = new WallClock(zone)));
        for (const instant of some) expect(clock.isoText(instant)).toBe(temporalText(instant, zone));
      }),
      { numRuns: 2000 },
    );
  });

  test('changes its offset in the very nanosecond of each transition', () => {
    for (const zone of zones) {
      const clock = new WallClock(zone);
      let transition = new Temporal.ZonedDateTime(instantOf('1840-01-01T00:00Z'), zone).getTimeZoneTransition('next');
      while (transition !== null && transition.year < 2045) {
        const at = transition.epochNanoseconds;
        for (const instant of [at, at - 1n, at + 1n]) {
          const text = clock.isoText(instant);
          if (text !== temporalText(instant, zone)) expect.fail(`${zone} ${instant}: ${text}`);
        }
        transition = transition.getTimeZoneTransition('next');
      }
    }
  });

  test('stays right when a column has more spans than are kept', () => {
    const clock = new WallClock('Europe/Berlin');
    const summers = Array.from({ length: 3000 }, (_, index) => instantOf(`${2000 + index}-07-01T00:00:00Z`));
    for (const instant of [...summers, ...summers.toReversed()])
      expect(clock.isoText(instant)).toBe(temporalText(instant, 'Europe/Berlin'));
  });

  test('goes on where Temporal ends, as the calendar repeats', () => {
    const years = 40_000n;
    const shift = (years / 400n) * 146_097n * DAY;
    const late = fc.bigInt({ min: instantOf('+240000-01-01T00:00Z'), max: instantOf('+270000-01-01T00:00Z') });
    fc.assert(
      fc.property(fc.constantFrom(...zones), late, (zone, instant) => {
        const text = new WallClock(zone).isoText(instant + shift);
        expect(text).toBe(temporalText(instant, zone).replace(/^\+(\d{6})/, (_, year: string) => `+${BigInt(year) + years}`));
      }),
    );
    expect(new WallClock('UTC').isoText(-TEMPORAL_LIMIT - 1n)).toBe('-271821-04-19T23:59:59.999999999Z');
  });
});

describe('local milliseconds of an instant', () => {
  test('are those of the wall clock, cut towards the past', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, (zone, instant) => {
        const local = new Temporal.ZonedDateTime(instant, zone).toPlainDateTime();
        const floor = local.toZonedDateTime('UTC').epochMilliseconds;
        expect(new WallClock(zone).localMilliseconds(instant)).toBe(floor);
      }),
      { numRuns: 2000 },
    );
  });
});

test('an unknown zone is the user’s mistake and names the zone', () => {
  const make = () => new WallClock('Europe/Atlantis');
  expect(make).toThrow(DossierError);
  expect(make).toThrow(
    expect.objectContaining({
      reason: 'InvalidParameters',
      retryable: false,
      message: expect.stringContaining('Europe/Atlantis') as string,
    }),
  );
});
