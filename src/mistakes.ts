/** Lists of mistakes for people: all at once, but no more than a person reads, because a status has a size and a hostile manifest can have a million. */

/** Mistakes that are told in full. */
export const MISTAKES_LIMIT = 20;
/** Characters in which mistakes are told together: a condition's message (api/conditions.ts), less the name of an object before them. */
const TEXT_LIMIT = 1_700;

/** The first mistakes, and one more line that counts the rest. `total` when not all were gathered. */
export function atMostMistakes(mistakes: readonly string[], total: number = mistakes.length): readonly string[] {
  const told = mistakes.slice(0, MISTAKES_LIMIT);
  return total > told.length ? [...told, `and ${(total - told.length).toLocaleString('en-US')} more`] : told;
}

/** As many whole mistakes as one message has room for, and how many more there are; the first is told however long it is. */
export function inOneMessage(mistakes: readonly string[]): string {
  const told: string[] = [];
  let length = 0;
  for (const mistake of mistakes) {
    length += mistake.length + 2;
    if (told.length > 0 && length > TEXT_LIMIT) break;
    told.push(mistake);
  }
  const left = mistakes.length - told.length;
  return [...told, ...(left === 0 ? [] : [`and ${left.toLocaleString('en-US')} more`])].join('; ');
}
