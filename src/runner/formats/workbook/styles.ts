/** Cell styles that a workbook has, and those that rows need beside them: a style of the workbook with another number format. */
import { escapeAttribute } from '../xlsx/text.ts';
import { workbookFailed } from './failures.ts';
import { attribute, tags, withAttribute } from './xml.ts';

const FIRST_CUSTOM_FORMAT = 164;
const GENERAL = '0';

export class WorkbookStyles {
  readonly #text: string;
  readonly #xfs: string[];
  readonly #formats = new Map<string, number>();
  readonly #made = new Map<string, number>();
  readonly #own: number;
  #nextFormat: number;

  /** `text`: of the part. @throws DossierError TemplateFailed when it has no styles */
  constructor(text: string) {
    const list = /<cellXfs(?:\s[^>]*)?>([^]*?)<\/cellXfs>/.exec(text)?.[1];
    if (list === undefined) throw workbookFailed('has no cell styles; save it again with a spreadsheet program');
    this.#text = text;
    this.#xfs = [...list.matchAll(/<xf(?:\s[^>]*?)?(?:\/>|>[^]*?<\/xf>)/g)].map(([xf]) => xf);
    this.#own = this.#xfs.length;
    const known = tags(text, 'numFmt').map((tag) => Number(attribute(tag, 'numFmtId')));
    this.#nextFormat = Math.max(FIRST_CUSTOM_FORMAT - 1, ...known.filter(Number.isSafeInteger)) + 1;
  }

  /** The index of the style `base` with that number format; `always` = also where base has one of its own. */
  styleOf(base: number, numberFormat: string | undefined, always: boolean): number {
    const xf = this.#xfs[base];
    if (numberFormat === undefined || xf === undefined) return base;
    if (!always && (attribute(xf, 'numFmtId') ?? GENERAL) !== GENERAL) return base;
    const key = `${base} ${numberFormat}`;
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    let id = this.#formats.get(numberFormat);
    if (id === undefined) {
      id = this.#nextFormat++;
      this.#formats.set(numberFormat, id);
    }
    const open = /^<xf[^>]*>/.exec(xf)?.[0] ?? '<xf>';
    const changed = withAttribute(withAttribute(open, 'numFmtId', String(id)), 'applyNumberFormat', '1') + xf.slice(open.length);
    const index = this.#xfs.push(changed) - 1;
    this.#made.set(key, index);
    return index;
  }

  /** The part, with what was added. */
  xml(): string {
    if (this.#xfs.length === this.#own) return this.#text;
    const added = [...this.#formats].map(([code, id]) => `<numFmt numFmtId="${id}" formatCode="${escapeAttribute(code)}"/>`).join('');
    return withFormats(this.#text, added).replace(
      /<cellXfs(?:\s[^>]*)?>[^]*?<\/cellXfs>/,
      () => `<cellXfs count="${this.#xfs.length}">${this.#xfs.join('')}</cellXfs>`,
    );
  }
}

/** Number formats are the first element of the part. */
function withFormats(text: string, added: string): string {
  const list = /<numFmts(?:\s[^>]*)?>([^]*?)<\/numFmts>/.exec(text);
  if (list === null) {
    const count = tags(added, 'numFmt').length;
    return text
      .replace(/<numFmts\s[^>]*\/>/, '')
      .replace(/<styleSheet[^>]*>/, (open) => `${open}<numFmts count="${count}">${added}</numFmts>`);
  }
  const all = (list[1] ?? '') + added;
  return text.replace(list[0], () => `<numFmts count="${tags(all, 'numFmt').length}">${all}</numFmts>`);
}
