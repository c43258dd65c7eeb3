/**
 * The next page in a Link header (RFC 8288, section 3), read as hostile: a server may put anything between its angle brackets, and pages end where there is no next
 * link, so a header that cannot be read must not be taken for one without.
 */

export type NextLink = { readonly kind: 'none' } | { readonly kind: 'next'; readonly target: string } | { readonly kind: 'malformed' };

const TARGET = /\s*<([^<>]*)>/y;
/** A name, and a value that is a token or a quoted string. */
const PARAMETER = /\s*;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y;
const EMPTY_PARAMETER = /\s*;(?=\s*(?:[;,]|$))/y;
const SEPARATOR = /\s*(?:,|$)/y;

/** `header`: all Link headers, joined by commas; undefined = there is none. Several next links are malformed unless they are the same. */
export function nextLink(header: string | undefined): NextLink {
  const targets = new Set<string>();
  const text = header ?? '';
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < text.length) {
    // Empty elements of a list are allowed (RFC 9110, section 5.6.1).
    if (take(SEPARATOR) !== null) continue;
    const target = take(TARGET)?.[1];
    if (target === undefined) return { kind: 'malformed' };
    const parameters = new Map<string, string>();
    for (;;) {
      if (take(EMPTY_PARAMETER) !== null) continue;
      const parameter = take(PARAMETER);
      if (parameter === null) break;
      const [, name = '', quoted, token = ''] = parameter;
      // The first of several counts (section 3.3).
      if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token);
    }
    if (take(SEPARATOR) === null) return { kind: 'malformed' };
    const relations = parameters.get('rel')?.toLowerCase().split(/\s+/) ?? [];
    // With an anchor, it is a link of another resource.
    if (relations.includes('next') && !parameters.has('anchor')) targets.add(target);
  }
  const [target, ...others] = targets;
  if (target === undefined) return { kind: 'none' };
  return others.length === 0 ? { kind: 'next', target } : { kind: 'malformed' };
}
