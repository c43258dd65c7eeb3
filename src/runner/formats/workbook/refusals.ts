/**
 * What no workbook of a report may bring (security.md 18): programs, and whatever fetches or runs something when somebody opens the file.
 *
 * Refused by name, whatever the part is called, by its content type and by how others refer to it. Links that a person clicks are let be.
 */
import { foreignText, quoted } from '../../../foreign-text.ts';
import type { ArchiveEntry } from './archive.ts';
import { workbookFailed } from './failures.ts';
import { attribute, tags, unescaped } from './xml.ts';

const KINDS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/macro|vbaProject|vbaData|xlm/i, 'has macros'],
  [/externalLink/i, 'refers to other workbooks'],
  [/oleObject|embeddings|\/package(?:$|;)|activeX|ctrlProp|control(?:$|s\/)/i, 'has embedded objects or controls'],
  [
    /connections?(?:\+xml|\.xml|$)|queryTable|webExtension|customDataProperties|xmlMaps|volatileDependenc/i,
    'has connections to data elsewhere',
  ],
];

/** Functions that reach out of the workbook. */
const REACHING =
  /(?:^|[^A-Za-z0-9_.])(?:_xlfn\.|_xlws\.)*(WEBSERVICE|IMAGE|RTD|CALL|REGISTER(?:\.ID)?|EXEC|DDE|FILTERXML|CUBE[A-Z]+)\s*\(/i;
/** Whatever the prefix; the last group: what goes on in CDATA or behind a comment, which a spreadsheet program would put together. */
const FORMULAS =
  /<(?:[^\s<>/:]+:)?(?:f|formula|formula1|formula2|definedName|calculatedColumnFormula|totalsRowFormula)(?:\s[^<>]*)?>([^<]*)<([!?])?/g;
/** A part that is read as text; `psmdcp` is how some libraries call the document's properties. */
const XML_NAME = /\.(?:xml|rels|vml|psmdcp)$/i;
/** But for SVG, which is an image. */
const XML_TYPE = /^(?!\s*image\/).*[+/]xml\s*(?:;|$)/is;
const PREFIXED = /<[^\s<>/!?:]+:/;

/** @throws DossierError TemplateFailed naming the part */
export function refuseWhatReachesOut(entries: ReadonlyMap<string, ArchiveEntry>): void {
  for (const { name, content } of entries.values()) {
    refuse(name, name);
    if (!XML_NAME.test(name)) continue;
    const text = xmlText(content, name);
    const isRelationships = /\.rels$/i.test(name);
    const isTypes = name === '[Content_Types].xml';
    if ((isRelationships || isTypes) && PREFIXED.test(text))
      throw workbookFailed(`has XML with prefixes in ${told(name)}; save it again with a spreadsheet program`);
    if (isRelationships) for (const tag of tags(text, 'Relationship')) refuseRelationship(tag, name);
    if (isTypes) for (const tag of [...tags(text, 'Override'), ...tags(text, 'Default')]) refuseType(tag, name);
    for (const [, escaped = '', more] of text.matchAll(FORMULAS)) {
      if (more !== undefined)
        throw workbookFailed(`has a formula with CDATA, a comment or the like in ${told(name)}; save it again with a spreadsheet program`);
      const formula = unescaped(escaped);
      const reaching = REACHING.exec(formula)?.[1];
      if (reaching !== undefined)
        throw workbookFailed(`has a formula with ${reaching.toUpperCase()} in ${told(name)}, which is not allowed`);
      // DDE is a formula without a function: program|topic!item.
      if (formula.includes('|')) throw workbookFailed(`has a formula with a | in ${told(name)}, which may start programs`);
    }
  }
}

/** The text of a part, which is UTF-8 and has neither a document type nor entities of its own. */
export function xmlText(content: Buffer, name: string): string {
  const text = content.toString('utf8');
  const encoding = /^\uFEFF?<\?xml[^>]*\bencoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1];
  if ((encoding !== undefined && encoding.toLowerCase() !== 'utf-8') || text.includes('\0'))
    throw workbookFailed(`has a part that is not UTF-8: ${told(name)}`);
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw workbookFailed(`has a document type in ${told(name)}, which is not allowed`);
  return text;
}

/** By its type, and where the type says XML and the name does not, so that nobody would look into it. */
function refuseType(tag: string, part: string): void {
  const type = attribute(tag, 'ContentType') ?? '';
  refuse(type, part);
  if (!XML_TYPE.test(type)) return;
  const name = attribute(tag, 'PartName') ?? attribute(tag, 'Extension') ?? '';
  if (!XML_NAME.test(`.${name}`))
    throw workbookFailed(`has a part of XML that is not named so (${quoted(name)}); save it again with a spreadsheet program`);
}

function refuseRelationship(tag: string, part: string): void {
  const type = attribute(tag, 'Type') ?? '';
  refuse(type.slice(type.lastIndexOf('/') + 1), part);
  const isLink = type.endsWith('/hyperlink');
  if (attribute(tag, 'TargetMode') === 'External' && !isLink) throw workbookFailed(`refers to something outside of it in ${told(part)}`);
}

function refuse(text: string, part: string): void {
  const kind = KINDS.find(([pattern]) => pattern.test(text));
  if (kind !== undefined) throw workbookFailed(`${kind[1]} (${told(part)}), which is not allowed; save it without them`);
}

function told(name: string): string {
  return foreignText(name, 64);
}
