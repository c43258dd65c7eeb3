/**
 * Rows of an HTTP API or file: page by page, each body read as a stream, back-pressure down to the socket.
 *
 * As long as no row of a page has been given out, a failure that may pass is mended by asking for the page again; afterwards it ends the run, which the Job tries again
 * from the start. Pages end by the template's rules only, so a body that is cut, a page that is no page and a server that is gone are errors, never fewer rows.
 */
import { DossierError } from '../../errors.ts';
import { Dialer, Trust, type Resolve } from '../../net/dialer.ts';
import { NetworkError } from '../../net/failure.ts';
import { count } from '../cells/misfit.ts';
import { WallTimes } from '../cells/wall-times.ts';
import { PLAN_ENV, type RunPlan } from '../plan.ts';
import type { Column, RowBatch, RowSource } from '../rows.ts';
import { REAL_PACING, type Pacing } from '../upload/retry.ts';
import type { OpenBody } from './http/body.ts';
import { HttpClient } from './http/client.ts';
import { openCsv } from './http/csv-body.ts';
import { failed, pageFailed, templateFailed } from './http/errors.ts';
import { jsonRowReader, openJson } from './http/json-body.ts';
import { nextLink } from './http/link-header.ts';
import { openNdjson } from './http/ndjson-body.ts';
import { readPage } from './http/page.ts';
import { Pages, type PageFacts } from './http/pages.ts';
import { columnHeaders, columnPaths, documentPaths } from './http/paths.ts';
import type { HttpFormat, HttpHeader, HttpPlan } from './http/plan.ts';
import { fillQuery } from './http/query.ts';
import { pauseBeforeRetry } from './http/retry.ts';
import { ACCEPT_ENCODING } from './http/unpack.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The world around a source, which tests replace. */
export interface HttpSurroundings {
  readonly pacing: Pacing;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve;
  /** For a name, the connection and TLS together. */
  readonly connectTimeoutMs: number;
  /** Reports are made by slow queries. */
  readonly answerTimeoutMs: number;
  readonly silenceTimeoutMs: number;
}

const SURROUNDINGS: HttpSurroundings = {
  pacing: REAL_PACING,
  connectTimeoutMs: 10_000,
  answerTimeoutMs: 120_000,
  silenceTimeoutMs: 60_000,
};

/** Connects with the first batch. @throws DossierError TemplateFailed, InvalidParameters or SourceFailed */
export function openHttp(source: HttpPlan, plan: RunPlan, env: Environment, surroundings: HttpSurroundings = SURROUNDINGS): RowSource {
  const { columns, parameters, timeZone } = plan;
  if (columns === undefined) throw templateFailed('the template declares no columns');
  const origin = URL.parse(source.url);
  if (origin === null) throw templateFailed('the url is none');
  const client = new HttpClient({
    origin,
    headers: source.headers.map((header) => headerOf(header, env)),
    ownHeaders: { accept: ACCEPT[source.format], 'accept-encoding': ACCEPT_ENCODING, 'user-agent': 'dossier' },
    dialer: dialerOf(source, plan, surroundings),
    trust: trustIn(env[PLAN_ENV.sourceCa]),
    answerTimeoutMs: surroundings.answerTimeoutMs,
    silenceTimeoutMs: surroundings.silenceTimeoutMs,
  });
  const pages = new Pages(source.url, fillQuery(source.query, parameters, timeZone), source.pagination);
  const openBody = bodyOf(source, columns, new WallTimes(timeZone));
  return new HttpSource({
    columns,
    format: source.format,
    client,
    pages,
    openBody,
    pacing: surroundings.pacing,
    deadlineMs: plan.activeDeadlineSeconds * 1000,
  });
}

interface HttpSourceParts {
  readonly columns: readonly Column[];
  readonly format: HttpFormat;
  readonly client: HttpClient;
  readonly pages: Pages;
  readonly openBody: OpenBody;
  readonly pacing: Pacing;
  /** Of the whole run, from now on. */
  readonly deadlineMs: number;
}

class HttpSource implements RowSource {
  readonly #parts: HttpSourceParts;
  readonly #endsAtMs: number;
  /** Of the pages before the one under way. */
  #rows = 0;

  constructor(parts: HttpSourceParts) {
    this.#parts = parts;
    this.#endsAtMs = parts.pacing.now() + parts.deadlineMs;
  }

  get columns(): readonly Column[] {
    return this.#parts.columns;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<RowBatch> {
    const { pages } = this.#parts;
    for (let url: URL | undefined = pages.first(); url !== undefined;) {
      const facts: PageFacts = yield* this.#page(url, signal);
      this.#rows += facts.rows;
      url = pages.next(facts);
    }
  }

  close(): Promise<void> {
    return this.#parts.client.close();
  }

  async *#page(url: URL, signal: AbortSignal): AsyncGenerator<RowBatch, PageFacts> {
    const { pacing } = this.#parts;
    for (let tries = 1; ; tries += 1) {
      const rows = { given: false };
      try {
        return yield* this.#tryPage(url, signal, () => {
          rows.given = true;
        });
      } catch (error) {
        signal.throwIfAborted();
        const failure = pageFailed(error, this.#place);
        if (rows.given || !(failure instanceof DossierError)) throw failure;
        await pacing.sleep(pauseBeforeRetry(failure, tries, this.#endsAtMs - pacing.now(), pacing.random()), signal);
      }
    }
  }

  async *#tryPage(url: URL, signal: AbortSignal, onGiven: () => void): AsyncGenerator<RowBatch, PageFacts> {
    const { client, openBody, pages, format } = this.#parts;
    const answer = await client.get(url, signal);
    try {
      const options = { format, digest: pages.needsDigest, place: this.#place };
      const end = yield* readPage(answer, openBody(this.#rows), options, onGiven);
      return { ...end, link: nextLink(answer.header('link')), url: answer.url };
    } finally {
      await answer.close();
    }
  }

  get #place(): string | undefined {
    const { number } = this.#parts.pages;
    return number === undefined ? undefined : `page ${count(number)}`;
  }
}

const ACCEPT: Readonly<Record<HttpFormat, string>> = {
  JSON: 'application/json, */*;q=0.1',
  NDJSON: 'application/x-ndjson, */*;q=0.1',
  CSV: 'text/csv, */*;q=0.1',
};

/** Editors and shells put line breaks at the end of what people keep in Secrets. */
function headerOf(header: HttpHeader, env: Environment): { readonly name: string; readonly value: string } {
  const { name } = header;
  const value = 'value' in header ? header.value : (env[header.env] ?? '').replace(/[\r\n]+$/, '');
  if ('env' in header && value === '') throw failed(`the Secret of header "${name}" is empty`, false);
  if (/[^\t\x20-\x7e]/.test(value)) throw failed(`header "${name}" has a line break or a character beyond ASCII in its value`, false);
  return { name, value };
}

function dialerOf(source: HttpPlan, { allowLoopback }: RunPlan, { resolve, connectTimeoutMs }: HttpSurroundings): Dialer {
  const policy = { allowLoopback, private: 'listed', allowed: source.allowedHosts, refused: [] } as const;
  try {
    return new Dialer({ policy, connectTimeoutMs, ...(resolve === undefined ? {} : { resolve }) });
  } catch (error) {
    if (error instanceof TypeError) throw templateFailed(`allowedHosts: ${error.message}`);
    throw error;
  }
}

function trustIn(authority: string | undefined): Trust {
  try {
    return new Trust(authority);
  } catch (error) {
    if (error instanceof NetworkError) throw failed(`caSecretRef: ${error.message}`, false);
    throw error;
  }
}

function bodyOf(source: HttpPlan, columns: readonly Column[], wall: WallTimes): OpenBody {
  const names = columns.map(({ name }) => name);
  if (source.format === 'CSV') {
    const found = columnHeaders(source.paths, names);
    if (!found.ok) throw templateFailed(found.problems.join('; '));
    return openCsv(columns, found.headers, wall);
  }
  const found = columnPaths(source.paths, names);
  if (!found.ok) throw templateFailed(found.problems.join('; '));
  const read = jsonRowReader(columns, found.paths, wall);
  if (source.format === 'NDJSON') return openNdjson(read);
  const cursor = source.pagination.type === 'Cursor' ? source.pagination.cursor : undefined;
  const document = documentPaths(source.rows, cursor);
  if (!document.ok) throw templateFailed(document.problems.join('; '));
  return openJson(document.paths, read);
}
