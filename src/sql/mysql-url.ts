/** `mysql://user:password@host:port/database?options`, also for MariaDB; the options are those of a Postgres source's URL. */
import { parseSqlUrl, sqlDestination, type SqlUrl, type SqlUrlKind } from './sql-url.ts';

export type MysqlUrl = SqlUrl;

const MYSQL: SqlUrlKind = {
  source: 'mysql',
  shape: /^(?:mysql|mariadb):\/\/([^/?#]*)(\/[^?#]*)?(\?[^#]*)?$/,
  schemes: 'mysql:// or mariadb://',
  defaultPort: 3306,
};

/** @throws DossierError SourceFailed, not retryable, naming what is wrong and never a value. */
export function parseMysqlUrl(given: string): MysqlUrl {
  return parseSqlUrl(MYSQL, given);
}

/** Where a URL leads (`db.example:3306`), or undefined when it cannot be read. Never throws. */
export function mysqlDestination(url: string): string | undefined {
  return sqlDestination(MYSQL, url);
}
