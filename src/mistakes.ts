/** Lists of mistakes for people: all at once, but no more than a person reads, because a status has a size and a hostile manifest can have a million. */

/** Mistakes that are told in full. */
export const MISTAKES_LIMIT = 20;

/** The first mistakes, and one more line that counts the rest. `total` when not all were gathered. */
export function atMostMistakes(mistakes: readonly string[], total: number = mistakes.length): readonly string[] {
  const told = mistakes.slice(0, MISTAKES_LIMIT);
  return total > told.length ? [...told, `and ${(total - told.length).toLocaleString('en-US')} more`] : told;
}
