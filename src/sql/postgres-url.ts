/** `postgres://user:password@host:port/database?options` (PostgreSQL's documentation, "Connection URIs", narrowed by sql-url.ts). */
import { parseSqlUrl, sqlDestination, type SqlUrl, type SqlUrlKind } from './sql-url.ts';

export type PostgresUrl = SqlUrl;

const POSTGRES: SqlUrlKind = {
  source: 'postgres',
  shape: /^postgres(?:ql)?:\/\/([^/?#]*)(\/[^?#]*)?(\?[^#]*)?$/,
  schemes: 'postgres:// or postgresql://',
  defaultPort: 5432,
};

/** @throws DossierError SourceFailed, not retryable, naming what is wrong and never a value. */
export function parsePostgresUrl(given: string): PostgresUrl {
  return parseSqlUrl(POSTGRES, given);
}

/** Where a URL leads (`db.example:5432`, `[::1]:5432`), or undefined when it cannot be read. Never throws. */
export function postgresDestination(url: string): string | undefined {
  return sqlDestination(POSTGRES, url);
}
