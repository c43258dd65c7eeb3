/** The end of a message about a column or parameter that does not exist. */
import { foreignText } from '../../../foreign-text.ts';
import type { Hints } from '../../../nearest.ts';

/** Names the closest of those that are declared, if one is close. */
export function closeTo(name: string, declared: readonly { readonly name: string }[], hints: Hints): string {
  const near = hints.nearest(
    name,
    declared.map((each) => each.name),
  );
  return near === undefined ? '' : `; did you mean "${foreignText(near, 64)}"?`;
}
