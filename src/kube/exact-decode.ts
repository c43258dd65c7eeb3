/**
 * Reads the apiserver's JSON with integers beyond 2^53 as bigint, for kinds in which users write such numbers.
 *
 * One list answer holds everybody's objects, so nothing that one of them contains may make it unreadable: JSON.parse with a reviver would be simpler, but it recurses, and
 * an object nested a few thousand levels deep (the apiserver accepts ten thousand) would end it with a RangeError. Nothing here recurses.
 */
import { randomBytes } from 'node:crypto';

/** Sixteen digits in a row are rare in Kubernetes objects; without them plain JSON.parse is exact. */
const MAY_BE_UNSAFE = /\d{16}/;
/** A string, skipped whole, or a number. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs;
const INTEGER = /^-?[1-9]\d*$/;

/** What stands for a large integer between the two passes; unguessable, so that no text of a user can be taken for one. */
const MARK = `int-${randomBytes(16).toString('hex')}:`;

export function decodeExact(text: string): unknown {
  if (!MAY_BE_UNSAFE.test(text)) return JSON.parse(text);
  const quoted = text.replace(TOKEN, (token) => {
    if (token.length < 16 || !INTEGER.test(token) || Number.isSafeInteger(Number(token))) return token;
    return `"${MARK}${token}"`;
  });
  const root = { value: JSON.parse(quoted) as unknown };
  if (quoted !== text) restore(root);
  return root.value;
}

/** Turns marks back into numbers, everywhere below `root`. */
function restore(root: Record<string, unknown>): void {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const [key, child] of Object.entries(node)) {
      if (typeof child === 'string' && child.startsWith(MARK)) node[key] = BigInt(child.slice(MARK.length));
      else if (typeof child === 'object' && child !== null) open.push(child as Record<string, unknown>);
    }
  }
}
