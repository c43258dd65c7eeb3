/**
 * JSON text as a part of a larger document: checked, because one broken cell would break the whole file, and on one line, because lines separate the rows.
 *
 * The text is never written anew from values: numbers keep the digits that a double would lose, and names keep their order and their repetitions.
 */

/** An escape of a string; `\u` escapes of surrogates with the other half, where it follows. */
const ESCAPE = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[\da-fA-F]{4}|.)/g;
const LONE_SURROGATE = /^\\u[dD][89a-fA-F][\da-fA-F]{2}$/;

/** The same JSON without spaces and line breaks between its tokens; escapes of lone surrogates are U+FFFD. Undefined when the text is no JSON. */
export function embeddedJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const compact = withoutSpaces(text);
  return /\\u[dD]/.test(compact) ? compact.replace(ESCAPE, (escape) => (LONE_SURROGATE.test(escape) ? '\uFFFD' : escape)) : compact;
}

/** `json` is valid, so each string ends, and what is no string holds spaces only between tokens. */
function withoutSpaces(json: string): string {
  let kept = '';
  let from = 0;
  for (let at = 0; at < json.length; at += 1) {
    switch (json[at]) {
      case '"':
        at = endOfString(json, at);
        break;
      case ' ':
      case '\t':
      case '\n':
      case '\r':
        kept += json.slice(from, at);
        from = at + 1;
        break;
      default:
    }
  }
  return from === 0 ? json : kept + json.slice(from);
}

/** Index of the quote that closes the string opened at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}
