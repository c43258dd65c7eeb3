/**
 * The one door for text that others wrote (termination messages, database errors, bucket metadata, log lines) on its way into a status, an Event or a log.
 *
 * Control characters could rewrite a terminal, bidirectional marks could make a message read as its opposite, and length could fill a status.
 */

/** Longest foreign text that is passed on, in UTF-16 units. */
export const FOREIGN_TEXT_LIMIT = 512;

// C0, DEL and C1 controls; bidirectional embeddings, overrides, isolates and marks; line and paragraph separators; the byte order mark.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** `text` with every unsafe character as `\u{hex}`, lone surrogates replaced, and at most `limit` characters (an ellipsis says that it was cut). */
export function foreignText(text: string, limit: number = FOREIGN_TEXT_LIMIT): string {
  // Cut before escaping, so that a gigabyte of controls costs nothing; escape, then cut again because escapes are longer than what they replace.
  const escaped = text
    .slice(0, limit + 1)
    .toWellFormed()
    .replace(UNSAFE, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
  return escaped.length <= limit ? escaped : `${escaped.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A value that a user wrote, quoted for a message: at most 80 characters of it. */
export function quoted(value: string | number | bigint | boolean): string {
  return typeof value === 'string' ? `"${foreignText(value, 80)}"` : String(value);
}
