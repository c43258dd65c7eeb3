/**
 * Which page is asked for next, and when there is none: pure, one decision a page.
 *
 * Whatever a server answers, this comes to an end or fails: a link or cursor that was there before, the same page again and again, and too many pages are errors. None
 * of them is taken for the end, because rows could be missing. For the same reason an empty page with a new link or cursor is not: servers that filter after they have
 * counted out a page have such pages in the middle.
 */
import { createHash } from 'node:crypto';
import { JsonNumber, type JsonScalar } from '../../../json-stream/json-number.ts';
import { count } from '../../cells/misfit.ts';
import { failed } from './errors.ts';
import type { NextLink } from './link-header.ts';
import type { Pagination } from './plan.ts';
import { encodeQuery, type QueryPair } from './query.ts';

/** What is remembered of each page must fit in memory. */
const PAGES_LIMIT = 100_000;
/** A server that does not know the parameter sends its first page for ever; a few pages may be the same by chance. */
const SAME_PAGES_LIMIT = 10;
/** A server whose pages have a next one beyond its last rows gives new ones for ever. */
const EMPTY_PAGES_LIMIT = 1_000;
const CURSOR_LIMIT = 4096;

/** What a page tells about the one after it. */
export interface PageFacts {
  readonly rows: number;
  readonly cursor: JsonScalar | undefined;
  readonly link: NextLink;
  /** Where the page came from, which relative links start at. */
  readonly url: URL;
  /** Of the page's bytes; undefined = the pagination does not need it. */
  readonly digest: string | undefined;
}

export class Pages {
  readonly #pagination: Pagination;
  /** With the pairs that every page has. */
  readonly #base: URL;
  /** Digests of links and cursors. */
  readonly #seen = new Set<string>();
  #pages = 0;
  #rows = 0;
  #digest: string | undefined;
  #samePages = 0;
  /** One after the other. */
  #emptyPages = 0;

  /** `query`: filled, not encoded. */
  constructor(url: string, query: readonly QueryPair[], pagination: Pagination) {
    this.#pagination = pagination;
    const size =
      pagination.type === 'None' || pagination.sizeParameter === undefined
        ? []
        : [{ name: pagination.sizeParameter, value: String(pagination.size) }];
    this.#base = withPairs(new URL(url), [...query, ...size]);
  }

  /** Whether PageFacts.digest is needed. */
  get needsDigest(): boolean {
    return this.#pagination.type === 'Page' || this.#pagination.type === 'Offset';
  }

  /** The number of the page that was asked for last, from 1; undefined when there are no pages. */
  get number(): number | undefined {
    return this.#pagination.type === 'None' ? undefined : this.#pages;
  }

  first(): URL {
    this.#pages = 1;
    const { type } = this.#pagination;
    switch (type) {
      case 'Page':
      case 'Offset':
        return this.#counted(this.#pagination.start);
      case 'Link':
        this.#remember(this.#base.href);
        return this.#base;
      case 'None':
      case 'Cursor':
        return this.#base;
    }
  }

  /** Undefined = that was the last page. @throws DossierError SourceFailed */
  next(facts: PageFacts): URL | undefined {
    const pagination = this.#pagination;
    this.#rows += facts.rows;
    if (pagination.type === 'None') return undefined;
    this.#emptyPages = facts.rows === 0 ? this.#emptyPages + 1 : 0;
    const url = this.#after(pagination, facts);
    if (url === undefined) return undefined;
    this.#pages += 1;
    if (this.#pages > PAGES_LIMIT)
      throw failed(`more than ${count(PAGES_LIMIT)} pages; ask for larger ones by pagination.size and sizeParameter`, false);
    return url;
  }

  #after(pagination: Exclude<Pagination, { type: 'None' }>, facts: PageFacts): URL | undefined {
    switch (pagination.type) {
      case 'Page':
      case 'Offset': {
        if (facts.rows === 0) return undefined;
        if (pagination.shortPageEnds && facts.rows < (pagination.size ?? 0)) return undefined;
        this.#refuseSamePages(facts.digest, pagination.parameter);
        // A server may give fewer rows than it was asked for, so rows are what is counted.
        return this.#counted(pagination.start + (pagination.type === 'Page' ? this.#pages : this.#rows));
      }
      case 'Link':
        return this.#linked(facts);
      case 'Cursor': {
        const cursor = cursorText(facts.cursor);
        if (cursor === undefined) return undefined;
        if (!this.#isNew(cursor, facts, 'cursor')) return undefined;
        return withPairs(this.#base, [{ name: pagination.parameter, value: cursor }]);
      }
    }
  }

  #counted(position: number): URL {
    const { parameter } = this.#pagination as Extract<Pagination, { start: number }>;
    return withPairs(this.#base, [{ name: parameter, value: String(position) }]);
  }

  #linked(facts: PageFacts): URL | undefined {
    const { link, url } = facts;
    const page = `page ${count(this.#pages)}`;
    switch (link.kind) {
      case 'none':
        return undefined;
      case 'malformed':
        throw failed(`${page} has a Link header that cannot be read, or with several next links`, false);
      case 'next': {
        const target = URL.parse(link.target, url.href);
        // security.md 10; what the link says is not told, because it may be a secret that was sent.
        if (target === null || target.origin !== this.#base.origin || target.username !== '' || target.password !== '')
          throw failed(`${page} has a next link that does not lead to the origin of the url`, false);
        target.hash = '';
        return this.#isNew(target.href, facts, 'next link') ? target : undefined;
      }
    }
  }

  /** Whether this leads to a page that was not there yet; false = the pages are at their end, because the last one was empty. @throws DossierError SourceFailed */
  #isNew(lead: string, { rows }: PageFacts, what: string): boolean {
    const isNew = this.#remember(lead);
    if (!isNew && rows > 0)
      throw failed(`page ${count(this.#pages)} has a ${what} that was there before, so its pages would never end`, false);
    if (isNew && this.#emptyPages >= EMPTY_PAGES_LIMIT)
      throw failed(
        `the last ${count(EMPTY_PAGES_LIMIT)} pages are empty, and each has a new ${what}; if the server has them for ever, use pagination.type Page or Offset, which end at an empty page`,
        false,
      );
    return isNew;
  }

  #refuseSamePages(digest: string | undefined, parameter: string): void {
    this.#samePages = digest !== undefined && digest === this.#digest ? this.#samePages + 1 : 1;
    this.#digest = digest;
    if (this.#samePages === SAME_PAGES_LIMIT)
      throw failed(
        `the last ${SAME_PAGES_LIMIT} pages are the same, byte for byte; the server may not know the parameter ${JSON.stringify(parameter)}`,
        false,
      );
  }

  /** False when it is there already. */
  #remember(text: string): boolean {
    const digest = createHash('sha256').update(text).digest('latin1').slice(0, 16);
    if (this.#seen.has(digest)) return false;
    this.#seen.add(digest);
    return true;
  }
}

/** Undefined = there is no next page. An empty text cannot be a cursor: sent back, it would be the first page. */
function cursorText(cursor: JsonScalar | undefined): string | undefined {
  if (cursor === undefined || cursor === null || cursor === '') return undefined;
  if (typeof cursor === 'boolean') throw failed('the cursor is a Boolean, which is neither text nor a number', false);
  const text = cursor instanceof JsonNumber ? cursor.source : String(cursor);
  if (text.length > CURSOR_LIMIT) throw failed(`the cursor has more than ${count(CURSOR_LIMIT)} characters`, false);
  return text;
}

/** The query of the URL stays as it was written. */
function withPairs(url: URL, pairs: readonly QueryPair[]): URL {
  const more = new URL(url);
  more.search = [url.search.slice(1), encodeQuery(pairs)].filter((part) => part !== '').join('&');
  return more;
}
