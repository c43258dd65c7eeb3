/** Zones and the moments at which their clocks change, as Temporal tells them. */

export const zones: readonly string[] = [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', 'America/Montreal', 'Asia/Calcutta'])];

export interface ClockChange {
  readonly zone: string;
  readonly at: number;
  /** How far clocks are put forward; negative when they are put back. */
  readonly forwardMs: number;
  /** Whether the zone's offset has seconds before or after. */
  readonly seconds: boolean;
}

/** Changes in from <= change < to, days of UTC. */
export function clockChanges(zone: string, from: string, to: string): readonly ClockChange[] {
  const changes: ClockChange[] = [];
  const end = Date.parse(to);
  let moment = Temporal.Instant.fromEpochMilliseconds(Date.parse(from) - 1).toZonedDateTimeISO(zone);
  for (;;) {
    const next = moment.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds >= end) return changes;
    const before = next.subtract({ nanoseconds: 1 }).offsetNanoseconds / 1e6;
    const after = next.offsetNanoseconds / 1e6;
    const seconds = before % 60_000 !== 0 || after % 60_000 !== 0;
    changes.push({ zone, at: next.epochMilliseconds, forwardMs: after - before, seconds });
    moment = next;
  }
}

/** A stretch around a change that begins and ends well away from what it disturbs. */
export function around({ at, forwardMs }: ClockChange): { readonly from: number; readonly to: number } {
  const margin = Math.abs(forwardMs) + 3 * 3_600_000;
  return { from: at - margin, to: at + margin };
}

/** Whether no other change lies so near that its own disturbance would reach the ends of the stretch around this one. */
export function isAlone(change: ClockChange): boolean {
  const { from, to } = around(change);
  const wide = 26 * 3_600_000;
  return offsetsBetween(change.zone, from - wide, to + wide).length === 2;
}

/** The offset in force at the beginning, and each change until the end: all that distinguishes a zone's clock from any other in between. */
export function offsetsBetween(zone: string, from: number, to: number): readonly (readonly [at: number, offsetMs: number])[] {
  const offsets: [number, number][] = [];
  let moment: Temporal.ZonedDateTime | null = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone);
  while (moment !== null && moment.epochMilliseconds < to) {
    offsets.push([moment.epochMilliseconds, moment.offsetNanoseconds / 1e6]);
    moment = moment.getTimeZoneTransition('next');
  }
  return offsets;
}
