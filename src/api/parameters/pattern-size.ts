/**
 * How big a pattern becomes when it is compiled, from its text alone.
 *
 * RE2 is linear in the text but not in what a pattern stands for: `((.{30}){30}){30}` would be compiled into a hundred thousand instructions before anybody could look at
 * its size, and 64 such patterns hold the operator's thread for minutes. So the repetitions are multiplied out here first; no syntax is checked, the engine does that.
 */

/**
 * One token: an escape (quoted text, named class or character), a bracket expression, flags, the beginning of a group, a repetition, or one character. In brackets a first
 * `]` and `[:name:]` do not end them.
 */
const TOKEN =
  /\\Q(?<quoted>.*?)(?:\\E|$)|\\[pPx]\{[^}]*\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|(?<flags>\(\?[a-zA-Z-]*\))|(?<group>\((?:\?(?:P?<\w+>|[a-zA-Z-]*:))?)|\{(?<least>\d+)(?<open>,(?<most>\d*))?\}|./gsu;
/** A class of Unicode has hundreds of ranges; in time it counts as several instructions. */
const UNICODE_CLASS = /\\[pP]/g;
const UNICODE_CLASS_SIZE = 5;

/** More than a thousand is refused by the engine. */
const REPETITION_LIMIT = 1_001;

/** Never less than the instructions of the compiled pattern, but for a few at its ends; little more for patterns as people write them. */
export function patternSize(source: string): number {
  const enclosing: number[] = [];
  let size = 0;
  /** Of what a repetition would repeat. */
  let last = 0;
  for (const { 0: token, groups } of source.matchAll(TOKEN)) {
    if (groups?.['flags'] !== undefined) continue;
    if (groups?.['least'] !== undefined) {
      const least = Math.min(Number(groups['least']), REPETITION_LIMIT);
      const most = groups['open'] === undefined ? least : Math.max(least + 1, Math.min(Number(groups['most']), REPETITION_LIMIT));
      // Each copy that may be missing needs a fork of its own.
      const repeated = most * last + (most - least) + 1;
      size += repeated - last;
      last = repeated;
    } else if (groups?.['group'] !== undefined) {
      enclosing.push(size);
      size = 0;
      last = 0;
    } else if (token === ')') {
      last = size + 3;
      size = last + (enclosing.pop() ?? 0);
    } else if (token === '*' || token === '+' || token === '?') {
      last += 2;
      size += 2;
    } else {
      last = 1 + UNICODE_CLASS_SIZE * (token.match(UNICODE_CLASS)?.length ?? 0);
      // Of quoted text a repetition repeats the last character.
      size += last + (groups?.['quoted']?.length ?? 0);
    }
  }
  return enclosing.reduce((sum, outer) => sum + outer, size);
}
