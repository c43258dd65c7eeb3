/**
 * A user's workbook, opened and found to be harmless: which part is the sheet that receives rows, and every other part as it will be in the file.
 *
 * Parts are copied as they are, but for those that must know of the rows: the sheet, styles, the workbook's list of sheets and names, tables, charts, pivot caches. The order
 * in which formulas were last worked out (calcChain) is left out, and so are their results, because they are of other rows: they are worked out when the file is opened.
 */
import { foreignText } from '../../../foreign-text.ts';
import { infoSheet, infoSheetName, type InfoFacts } from '../xlsx/info.ts';
import { escapeAttribute } from '../xlsx/text.ts';
import { readArchive, type ArchiveEntry } from './archive.ts';
import { workbookFailed } from './failures.ts';
import { extendedCells, extendedFormula, extendedPrintArea, extendedRange, type RowSpan } from './ranges.ts';
import { refuseWhatReachesOut, xmlText } from './refusals.ts';
import { refreshedPivotCache, withoutPoints, withoutResults } from './results.ts';
import { attribute, tags, unescaped, withAttribute } from './xml.ts';

const CONTENT_TYPES = '[Content_Types].xml';
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const SHEET_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml';
const INFO_RELATIONSHIP = 'rIdDossierInfo';
/** The name under which every spreadsheet program keeps it (ECMA-376 part 1, 18.2.5). */
const PRINT_AREA = '_xlnm.Print_Area';

export class UserWorkbook {
  readonly entries: ReadonlyMap<string, ArchiveEntry>;
  readonly sheetPath: string;
  readonly stylesPath: string;
  readonly #sheet: string;
  readonly #sheetNames: readonly string[];
  readonly #sheetPaths: ReadonlySet<string>;
  readonly #workbookPath: string;
  readonly #workbookRels: string;

  /** @throws DossierError TemplateFailed naming what is wrong, or which sheets there are */
  constructor(bytes: Buffer, sheet: string) {
    this.entries = readArchive(bytes);
    refuseWhatReachesOut(this.entries);
    this.#workbookPath = this.#target('_rels/.rels', '', 'officeDocument') ?? '';
    this.#workbookRels = relationshipsOf(this.#workbookPath);
    const book = this.text(this.#workbookPath);
    // Serial numbers are days since 1900: there, every date would be four years and a day later.
    if (tags(book, 'workbookPr').some((tag) => isTrue(attribute(tag, 'date1904'))))
      throw workbookFailed(
        'counts days from 1904; turn "Use 1904 date system" off in the options of Excel, correct the dates that it has, and save it again',
      );
    const list = tags(book, 'sheet');
    this.#sheetNames = list.map((tag) => attribute(tag, 'name') ?? '');
    const found = list.find((tag) => attribute(tag, 'name')?.toLowerCase() === sheet.toLowerCase());
    if (found === undefined)
      throw workbookFailed(
        `has no sheet "${sheet}"; it has: ${this.#sheetNames
          .slice(0, 20)
          .map((name) => `"${foreignText(name, 31)}"`)
          .join(', ')}`,
      );
    this.#sheet = attribute(found, 'name') ?? sheet;
    const id = attribute(found, 'r:id') ?? '';
    const path = this.#relationships(this.#workbookRels).find(({ id: other }) => other === id)?.target;
    this.sheetPath = path === undefined ? '' : resolved(this.#workbookPath, path);
    this.#sheetPaths = new Set(this.#targets('worksheet'));
    this.stylesPath = this.#target(this.#workbookRels, this.#workbookPath, 'styles') ?? '';
    for (const part of [this.sheetPath, this.stylesPath])
      if (!this.entries.has(part)) throw workbookFailed('is incomplete; save it again with a spreadsheet program');
  }

  /** @throws DossierError TemplateFailed when there is no such part */
  text(path: string): string {
    const entry = this.entries.get(path);
    if (entry === undefined) throw workbookFailed('is incomplete; save it again with a spreadsheet program');
    return xmlText(entry.content, path);
  }

  /** The sheet that receives rows, without results of its formulas. */
  sheetText(): string {
    return withoutResults(this.text(this.sheetPath));
  }

  /** Another sheet without results of its formulas; undefined for one that has none, and for all other parts: they can be copied as they are. */
  otherSheetText({ name }: ArchiveEntry): string | undefined {
    if (!this.#sheetPaths.has(name)) return undefined;
    const text = this.text(name);
    const without = withoutResults(text);
    return without === text ? undefined : without;
  }

  /** What follows the rows of the sheet, with its filter and its conditional formats going on to the last one. */
  foot(text: string, span: RowSpan): string {
    return (
      text
        .replace(/<autoFilter(?=[\s/>])[^>]*>/, (tag) => withRange(tag, span))
        .replace(/<conditionalFormatting(?=\s)[^>]*>/g, (tag) => {
          const cells = attribute(tag, 'sqref');
          return cells === undefined ? tag : withAttribute(tag, 'sqref', extendedCells(cells, span));
        })
        // What Excel added to them later, such as bars of data.
        .replace(/<x14:conditionalFormatting(?=[\s>])[^]*?<\/x14:conditionalFormatting>/g, (format) =>
          format.replace(/(<xm:sqref>)([^<]*)/, (_, open: string, cells: string) => open + extendedCells(cells, span)),
        )
    );
  }

  /** Parts that differ from the user's, by path; null = left out. Those of the sheet and the styles are not among them. */
  changedParts(span: Omit<RowSpan, 'sheet'>, rows: number, info: InfoFacts | undefined): ReadonlyMap<string, string | null> {
    const whole = { ...span, sheet: this.#sheet };
    const changed = new Map<string, string | null>();
    const chain = this.#target(this.#workbookRels, this.#workbookPath, 'calcChain');
    if (chain !== undefined) changed.set(chain, null);
    let types = this.text(CONTENT_TYPES);
    let rels = this.text(this.#workbookRels);
    let book = recalculated(this.text(this.#workbookPath)).replace(
      /(<definedName(?:\s[^>]*)?>)([^<]*)/g,
      (_, open: string, formula: string) =>
        open + (attribute(open, 'name') === PRINT_AREA ? extendedPrintArea(formula, whole) : extendedFormula(formula, whole, false)),
    );
    if (chain !== undefined) {
      types = types.replaceAll(/<Override\s[^>]*>/g, (tag) => (attribute(tag, 'PartName') === `/${chain}` ? '' : tag));
      rels = rels.replaceAll(/<Relationship\s[^>]*>/g, (tag) => (attribute(tag, 'Type')?.endsWith('/calcChain') ? '' : tag));
    }
    if (info !== undefined) {
      // Some readers go by the names that parts usually have.
      const file = this.#freeSheetFile();
      const path = resolved(this.#workbookPath, `worksheets/${file}`);
      const id = 1 + Math.max(0, ...tags(book, 'sheet').map((tag) => Number(attribute(tag, 'sheetId') ?? 0)));
      const name = escapeAttribute(infoSheetName(this.#sheetNames));
      // The prefix of relationships is the one that the other sheets have.
      book = book.replace('</sheets>', () => `<sheet name="${name}" sheetId="${id}" r:id="${INFO_RELATIONSHIP}"/></sheets>`);
      types = types.replace('</Types>', () => `<Override PartName="/${path}" ContentType="${SHEET_TYPE}"/></Types>`);
      rels = rels.replace(
        '</Relationships>',
        () => `<Relationship Id="${INFO_RELATIONSHIP}" Type="${RELATIONSHIPS}/worksheet" Target="worksheets/${file}"/></Relationships>`,
      );
      changed.set(path, infoSheet(info, rows));
    }
    changed.set(CONTENT_TYPES, types).set(this.#workbookRels, rels).set(this.#workbookPath, book);
    for (const path of this.#tables()) changed.set(path, table(this.text(path), whole, rows));
    for (const path of this.#targets('pivotCacheDefinition'))
      if (this.entries.has(path)) changed.set(path, refreshedPivotCache(this.text(path), whole));
    for (const { name } of this.entries.values())
      if (/\/charts\/[^/]+\.xml$/.test(name))
        changed.set(
          name,
          withoutPoints(this.text(name)).replace(
            /(<(?:[A-Za-z0-9]+:)?f>)([^<]*)/g,
            (_, open: string, formula: string) => open + extendedFormula(formula, whole, true),
          ),
        );
    return changed;
  }

  #freeSheetFile(): string {
    for (let number = 1; ; number += 1) {
      const file = `sheet${number}.xml`;
      if (![...this.entries.keys()].some((name) => name.toLowerCase().endsWith(`worksheets/${file}`))) return file;
    }
  }

  /** Of the sheet. */
  #tables(): readonly string[] {
    return this.#relationships(relationshipsOf(this.sheetPath))
      .filter(({ type }) => type.endsWith('/table'))
      .map(({ target }) => resolved(this.sheetPath, target))
      .filter((path) => this.entries.has(path));
  }

  #relationships(path: string): readonly { readonly id: string; readonly type: string; readonly target: string }[] {
    if (!this.entries.has(path)) return [];
    return tags(this.text(path), 'Relationship').map((tag) => ({
      id: attribute(tag, 'Id') ?? '',
      type: attribute(tag, 'Type') ?? '',
      target: attribute(tag, 'Target') ?? '',
    }));
  }

  /** Parts that the workbook itself refers to. */
  #targets(kind: string): readonly string[] {
    return this.#relationships(this.#workbookRels)
      .filter(({ type }) => type.endsWith(`/${kind}`))
      .map(({ target }) => resolved(this.#workbookPath, target));
  }

  #target(rels: string, part: string, kind: string): string | undefined {
    const found = this.#relationships(rels).find(({ type }) => type.endsWith(`/${kind}`));
    return found === undefined ? undefined : resolved(part, found.target);
  }
}

/** One that was saved without rows shows a line in which the first can be typed (`insertRow`), and counts as empty as long as it does. */
function table(text: string, span: RowSpan, rows: number): string {
  const open = tags(text, 'table')[0] ?? '';
  const extended = extendedRange(attribute(open, 'ref') ?? '', span);
  if (extended === undefined) return text;
  if (Number(attribute(open, 'totalsRowCount') ?? 0) > 0)
    throw workbookFailed(
      `has a table with a row of totals where rows are written ("${foreignText(unescaped(attribute(open, 'name') ?? ''), 64)}"); leave it out`,
    );
  const ranged = withAttribute(open, 'ref', extended);
  return text
    .replace(open, () => (rows > 0 && isTrue(attribute(open, 'insertRow')) ? withAttribute(ranged, 'insertRow', '0') : ranged))
    .replace(/<autoFilter(?=[\s/>])[^>]*>/, (tag) => withRange(tag, span));
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}

function withRange(tag: string, span: RowSpan): string {
  const extended = extendedRange(attribute(tag, 'ref') ?? '', span);
  return extended === undefined ? tag : withAttribute(tag, 'ref', extended);
}

/** Formulas are worked out anew when the file is opened. */
function recalculated(book: string): string {
  const known = /<calcPr(?=[\s/>])[^>]*>/.exec(book)?.[0];
  if (known !== undefined) return book.replace(known, () => withAttribute(known, 'fullCalcOnLoad', '1'));
  // By the schema's order it stands behind the names.
  const before = book.includes('</definedNames>') ? '</definedNames>' : '</sheets>';
  return book.replace(before, () => `${before}<calcPr fullCalcOnLoad="1"/>`);
}

function relationshipsOf(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return `${path.slice(0, slash)}_rels/${path.slice(slash)}.rels`;
}

/** A target is relative to the folder of the part that names it, or begins with a slash. */
function resolved(part: string, target: string): string {
  if (target.startsWith('/')) return target.slice(1);
  const path = part.split('/').slice(0, -1);
  for (const step of target.split('/')) {
    if (step === '..') path.pop();
    else if (step !== '.' && step !== '') path.push(step);
  }
  return path.join('/');
}
