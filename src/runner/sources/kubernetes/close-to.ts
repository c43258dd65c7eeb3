/** The end of a message about a column or parameter that does not exist. */
import { didYouMean } from '../../../nearest.ts';

/** Names the closest of those that are declared, if one is close. */
export function closeTo(name: string, declared: readonly { readonly name: string }[]): string {
  return didYouMean(
    name,
    declared.map((each) => each.name),
  );
}
