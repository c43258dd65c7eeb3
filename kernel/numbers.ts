/** Numbers, decimals, dates and times as text. Each function returns where its bytes end. */
import { putRaw } from './text';
import { spanAt } from './columns';

const DIGITS_BEFORE: usize = heap.alloc(32);
/** `00` to `99`. */
const PAIRS: usize = heap.alloc(200);
for (let pair: u32 = 0; pair < 100; pair += 1) {
  store<u8>(PAIRS + (pair << 1), 0x30 + pair / 10);
  store<u8>(PAIRS + (pair << 1), 0x30 + (pair % 10), 1);
}

/** A number from 0 to 99 in two digits. */
@inline
export function putTwo(value: u32, to: usize): void {
  store<u16>(to, load<u16>(PAIRS + (value << 1)));
}

export function putUnsigned(value: u64, to: usize): usize {
  if (value < 10) {
    store<u8>(to, 0x30 + <u32>value);
    return to + 1;
  }
  let at = DIGITS_BEFORE + 24;
  while (value >= 4_000_000_000) {
    const rest = value / 100;
    at -= 2;
    putTwo(<u32>(value - rest * 100), at);
    value = rest;
  }
  let small = <u32>value;
  while (small >= 100) {
    const rest = small / 100;
    at -= 2;
    putTwo(small - rest * 100, at);
    small = rest;
  }
  if (small >= 10) {
    at -= 2;
    putTwo(small, at);
  } else {
    at -= 1;
    store<u8>(at, 0x30 + small);
  }
  const length = DIGITS_BEFORE + 24 - at;
  store<u64>(to, load<u64>(at));
  if (length > 8) {
    store<u64>(to, load<u64>(at, 8), 8);
    store<u64>(to, load<u64>(at, 16), 16);
  }
  return to + length;
}

/** A safe integer. */
@inline
export function putInteger(value: f64, to: usize): usize {
  let integer = <i64>value;
  if (integer < 0) {
    store<u8>(to, 0x2d);
    to += 1;
    integer = -integer;
  }
  return putUnsigned(<u64>integer, to);
}

/** Hundredths (a safe integer that is no multiple of 100) as JavaScript writes the number: `-0.5`, `12.34`. */
export function putCents(value: f64, to: usize): usize {
  let cents = <i64>value;
  if (cents < 0) {
    store<u8>(to, 0x2d);
    to += 1;
    cents = -cents;
  }
  const whole = cents / 100;
  const fraction = <u32>(cents - whole * 100);
  to = putUnsigned(<u64>whole, to);
  store<u8>(to, 0x2e);
  putTwo(fraction, to + 1);
  return to + (fraction % 10 === 0 ? 2 : 3);
}

/** ASCII that is `-?digits[.digits]`; 0 when it is not. */
export function putDecimal(from: usize, end: usize, to: usize): usize {
  if (from < end && load<u16>(from) === 0x2d) {
    store<u8>(to, 0x2d);
    to += 1;
    from += 2;
  }
  let pointAt: usize = 0;
  const start = from;
  for (; from < end; from += 2) {
    const unit = <u32>load<u16>(from);
    if (unit - 0x30 > 9) {
      if (unit !== 0x2e || pointAt !== 0 || from === start) return 0;
      pointAt = from;
    }
    store<u8>(to, unit);
    to += 1;
  }
  return from === start || pointAt === end - 2 ? 0 : to;
}

/** ASCII that looks like `YYYY-MM-DD`; 0 when it does not. */
export function putDate(from: usize, end: usize, to: usize): usize {
  if (end - from !== 20) return 0;
  for (let at: u32 = 0; at < 10; at += 1) {
    const unit = <u32>load<u16>(from + (at << 1));
    if (at === 4 || at === 7 ? unit !== 0x2d : unit - 0x30 > 9) return 0;
  }
  return putRaw(from, end, to);
}

/** Days since 1970 of `YYYY-MM-DD`; i32.MIN_VALUE when the text is no day of the calendar. */
export function daysOf(from: usize, end: usize): i32 {
  if (putDate(from, end, scratch) === 0) return i32.MIN_VALUE;
  return dayNumber(twoDigits(scratch) * 100 + twoDigits(scratch + 2), twoDigits(scratch + 5), twoDigits(scratch + 8));
}

/** Days since 1970 of a day in the years 0000 to 9999; i32.MIN_VALUE when it is none of the calendar. */
export function dayNumber(year: u32, month: u32, day: u32): i32 {
  const leap = (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month - 1 > 11 || day - 1 >= (month === 2 ? (leap ? 29 : 28) : 30 + ((month + (month >> 3)) & 1))) return i32.MIN_VALUE;
  // Years from March, so that a leap day is their last.
  const marchYear = month > 2 ? year + 400 : year + 399;
  const monthFromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1;
  return <i32>(marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear) - 719_468 - 146_097;
}

const scratch: usize = heap.alloc(32);

@inline
function twoDigits(at: usize): u32 {
  return <u32>load<u8>(at) * 10 + <u32>load<u8>(at, 1) - 528;
}

const SECONDS_PER_DAY: i64 = 86_400;
const NANOSECONDS_PER_SECOND: i64 = 1_000_000_000;

/** The day of the last time, and its text. */
let lastDay: i64 = i64.MIN_VALUE;
const LAST_DATE: usize = heap.alloc(16);

/** `2026-10-01T08:30:00.5+02:00`: an instant in nanoseconds since 1970, on the wall clock of a span, within the years 0000 to 9999. */
export function putTime(instant: i64, span: u32, to: usize): usize {
  const record = spanAt(span);
  const seconds = floorDivide(instant, NANOSECONDS_PER_SECOND);
  const nanoseconds = <u32>(instant - seconds * NANOSECONDS_PER_SECOND);
  const local = seconds + load<i64>(record);
  const day = floorDivide(local, SECONDS_PER_DAY);
  const second = <u32>(local - day * SECONDS_PER_DAY);
  if (day !== lastDay) {
    lastDay = day;
    putCalendarDate(<i32>day, LAST_DATE);
  }
  v128.store(to, v128.load(LAST_DATE));
  store<u8>(to, 0x54, 10);
  putTwo(second / 3600, to + 11);
  store<u8>(to, 0x3a, 13);
  putTwo((second / 60) % 60, to + 14);
  store<u8>(to, 0x3a, 16);
  putTwo(second % 60, to + 17);
  to += 19;
  if (nanoseconds !== 0) to = putFraction(nanoseconds, 9, to);
  const text = load<u32>(record, 8);
  store<u64>(to, load<u64>(record, 12));
  return to + text;
}

/** `.5` for 500,000,000 of nine digits: without zeros at the end. */
export function putFraction(value: u64, digits: u32, to: usize): usize {
  store<u8>(to, 0x2e);
  let end = digits;
  while (value % 10 === 0) {
    value /= 10;
    end -= 1;
  }
  for (let at = end; at > 0; at -= 1) {
    const rest = value / 10;
    store<u8>(to + at, 0x30 + <u32>(value - rest * 10));
    value = rest;
  }
  return to + 1 + end;
}

@inline
export function floorDivide(value: i64, by: i64): i64 {
  const quotient = value / by;
  return value < 0 && quotient * by !== value ? quotient - 1 : quotient;
}

/** `YYYY-MM-DD` of a day since 1970 in the years 0000 to 9999. */
function putCalendarDate(day: i32, to: usize): void {
  // As time/iso-date.ts: cycles of 400 years that begin in March. No day here is before 0000-01-01, 60 days before the first of them.
  const sinceMarch = day + 719_468 + 146_097;
  const cycle = sinceMarch / 146_097;
  const dayOfCycle = sinceMarch - cycle * 146_097;
  const yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365;
  const dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100);
  const monthFromMarch = (5 * dayOfYear + 2) / 153;
  const dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = 400 * (cycle - 1) + yearOfCycle + (month <= 2 ? 1 : 0);
  putTwo(year / 100, to);
  putTwo(year % 100, to + 2);
  store<u8>(to, 0x2d, 4);
  putTwo(month, to + 5);
  store<u8>(to, 0x2d, 7);
  putTwo(dayOfMonth, to + 8);
}
