/**
 * Names close to a misspelt one, for error messages. Bounded: candidates are names of ours or of one manifest, and words are cut before they are compared.
 */
import { foreignText } from './foreign-text.ts';

const MAX_LENGTH = 64;

/** At most `count` candidates within a third of the word's length in edits (case ignored), closest first. */
export function nearest(word: string, candidates: readonly string[], count: number): readonly string[] {
  const wanted = word.slice(0, MAX_LENGTH).toLowerCase();
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  return candidates
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.slice(0, MAX_LENGTH).toLowerCase()) }))
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

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replace, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
