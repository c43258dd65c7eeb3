/** The little of XML that splicing a workbook needs: tags and attributes of parts that have been checked (refusals.ts), found and changed in the text as it is. */

/** An attribute may hold a `>`, and never a `<`. */
const TAG = /<([A-Za-z_][\w:.-]*)(?=[\s/>])(?:[^<>"']|"[^"<]*"|'[^'<]*')*>/g;
const ATTRIBUTE = /(\s)([A-Za-z_][\w:.-]*)(\s*=\s*)(?:"([^"]*)"|'([^']*)')/g;

/** Start tags and empty tags of that local name, whole; without a prefix only. */
export function tags(text: string, name: string): readonly string[] {
  return [...text.matchAll(TAG)].flatMap(([tag, found]) => (found === name ? [tag] : []));
}

/** An attribute's value, unescaped; undefined = not there. `name` with its prefix. */
export function attribute(tag: string, name: string): string | undefined {
  for (const [, , found, , double, single] of tag.matchAll(ATTRIBUTE)) if (found === name) return unescaped(double ?? single ?? '');
  return undefined;
}

/** The tag with this attribute, set or replaced; `value` is escaped already. */
export function withAttribute(tag: string, name: string, value: string): string {
  if (attribute(tag, name) === undefined) return tag.replace(/\s*\/?>$/, (end) => ` ${name}="${value}"${end.trim()}`);
  return tag.replaceAll(ATTRIBUTE, (whole, space: string, found: string, equals: string) =>
    found === name ? `${space}${found}${equals}"${value}"` : whole,
  );
}

export function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9A-Fa-f]+)|(amp|lt|gt|quot|apos));/g, (_, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name] ?? '';
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}
