/**
 * Names close to a misspelt one, for error messages. Bounded, because candidates and words may be those of a hostile manifest: words are cut before they are compared, at
 * most some hundred candidates are, and of a list of mistakes only the first are told what may have been meant.
 */
import { foreignText } from './foreign-text.ts';
import { MISTAKES_LIMIT } from './mistakes.ts';

const MAX_LENGTH = 64;
/** Of those whose length is close enough. */
const MAX_CANDIDATES = 500;

/** At most `count` candidates within a third of the word's length in edits (case ignored), closest first. */
export function nearest(word: string, candidates: readonly string[], count: number): readonly string[] {
  const wanted = word.slice(0, MAX_LENGTH).toLowerCase();
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  return candidates
    .filter((candidate) => Math.abs(Math.min(candidate.length, MAX_LENGTH) - wanted.length) <= allowed)
    .slice(0, MAX_CANDIDATES)
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.slice(0, MAX_LENGTH).toLowerCase(), allowed) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** `; did you mean "<the closest>"?` for the end of a message, nothing when none is close. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const [near] = nearest(word, candidates, 1);
  return near === undefined ? '' : `; did you mean "${foreignText(near, MAX_LENGTH)}"?`;
}

/** For a list of mistakes, of which nobody reads more than the first. */
export class Hints {
  #left = MISTAKES_LIMIT;

  /** The closest name; undefined when none is close, and for every mistake after the first twenty. */
  nearest(word: string, candidates: readonly string[]): string | undefined {
    if (this.#left === 0) return undefined;
    this.#left -= 1;
    return nearest(word, candidates, 1)[0];
  }
}

/** Levenshtein's distance; more than `most` is told as some number above it. */
function editDistance(a: string, b: string, most: number): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    let least = i;
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const edits = Math.min(replace, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1);
      current.push(edits);
      least = Math.min(least, edits);
    }
    if (least > most) return least;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
