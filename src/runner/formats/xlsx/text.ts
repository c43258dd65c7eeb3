/**
 * Text inside the XML of a workbook. XML cannot hold every character, so ECMA-376 (ST_Xstring) writes the others as `_xHHHH_`, and text that looks like such
 * an escape must be escaped itself, or a reader would turn `_x0041_` into `A`.
 *
 * Lone surrogates become U+FFFD when the text turns into UTF-8.
 */

/**
 * Markup; characters that XML forbids, and CR, which its parsers turn into LF; and underscores that would begin an escape. An underscore that follows may be
 * the text's own or the first of another escape: both would complete it.
 */
const SPECIAL = /[&<>\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]|_(?=x[0-9A-Fa-f]{4}[_\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF])/g;

/** `text` as the content of an element. */
export function escapeText(text: string): string {
  return text.replace(SPECIAL, escapeCharacter);
}

/** `text` as an attribute in double quotes; line breaks and tabs survive a parser only as references. */
export function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    default:
      return `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
  }
}
