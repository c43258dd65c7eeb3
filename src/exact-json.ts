/**
 * JSON whose integers survive: JavaScript's own reader turns 9007199254740993 into 9007199254740992 without a word, and such a number may be an invoice's.
 *
 * Integers outside the safe range are read as bigint and written as their digits. Depth is bounded before anything recurses, so that a hostile document costs
 * an error and not the stack. Numbers with a fraction or an exponent are doubles, as everywhere in JSON; one that no double can hold is an error, not Infinity.
 */

/** Deepest nesting that is read (security.md 10). */
export const JSON_DEPTH_LIMIT = 64;

const INTEGER = /^-?\d+$/;

/** The two parts of ECMAScript's JSON that TypeScript's library does not declare yet. */
const json = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
};

/** @throws SyntaxError for text that is not JSON, or nests deeper than the limit, or has a number beyond the range of a double. The message may quote the text. */
export function parseExact(text: string): unknown {
  if (isDeeperThan(text, JSON_DEPTH_LIMIT)) throw new SyntaxError(`JSON nested deeper than ${JSON_DEPTH_LIMIT} levels`);
  return json.parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
    if (source !== undefined && INTEGER.test(source)) return BigInt(source);
    if (!Number.isFinite(value)) throw new SyntaxError('JSON with a number beyond the range of a double');
    return value;
  });
}

/** @throws TypeError for what JSON cannot say: undefined at the top, NaN, infinities. */
export function stringifyExact(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return json.rawJSON(inner.toString());
    if (typeof inner === 'number' && !Number.isFinite(inner)) throw new TypeError('JSON has no NaN and no infinities');
    return inner;
  }) as string | undefined;
  if (text === undefined) throw new TypeError('JSON has no undefined');
  return text;
}

/** Whether arrays and objects stand more than `limit` levels within each other. Nothing here recurses: the apiserver accepts ten thousand levels, our stack does not. */
export function nestsDeeperThan(value: unknown, limit: number): boolean {
  let level = [value].filter(isNode);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((node) => Object.values(node).filter(isNode));
  }
  return false;
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x5c: // backslash: whatever it escapes is no delimiter
        at += 1;
        break;
      case 0x22: // "
        inString = !inString;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (!inString) depth += 1;
        if (depth > limit) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (!inString) depth -= 1;
        break;
      default:
    }
  }
  return false;
}
