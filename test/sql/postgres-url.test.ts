import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DossierError } from '../../src/errors.ts';
import { parsePostgresUrl, postgresDestination, type PostgresUrl } from '../../src/sql/postgres-url.ts';

const base: PostgresUrl = { host: 'db', port: 5432, user: 'u', password: 'p', database: 'd', tls: true, connectTimeoutSeconds: 10 };
const { password: _password, ...withoutPassword } = base;

function messageOf(url: string): string {
  try {
    parsePostgresUrl(url);
  } catch (error) {
    if (error instanceof DossierError && error.reason === 'SourceFailed' && !error.retryable) return error.message;
    throw error;
  }
  throw new Error('the URL was accepted');
}

describe('a connection URL is read', () => {
  test.each<[url: string, read: PostgresUrl]>([
    ['postgres://u:p@db/d', base],
    ['postgresql://u:p@db:/d', base],
    ['postgres://u:p@db/d\n', base],
    ['postgres://u@db/d', withoutPassword],
    ['postgres://u:@db/d', withoutPassword],
    ['postgres://u:p@db.example.com:6543/d', { ...base, host: 'db.example.com', port: 6543 }],
    ['postgres://u:p@10.0.0.5/d', { ...base, host: '10.0.0.5' }],
    ['postgres://u:p@[2001:db8::1]:6543/d', { ...base, host: '2001:db8::1', port: 6543 }],
    ['postgres://u:p@[::1]/d', { ...base, host: '::1' }],
    ['postgres://a%40b:p%2Fw%3A%40%25+x%20y:z@db/d%2Fe', { ...base, user: 'a@b', password: 'p/w:@%+x y:z', database: 'd/e' }],
    ['postgres://u:p@db/d?sslmode=disable', { ...base, tls: false }],
    ['postgres://u:p@db/d?sslmode=require', base],
    ['postgres://u:p@db/d?sslmode=verify-ca', base],
    ['postgres://u:p@db/d?sslmode=verify-full', base],
    ['postgres://u:p@db/d?', base],
    ['postgres://u:p@db/d?application_name=a%20b&connect_timeout=300', { ...base, applicationName: 'a b', connectTimeoutSeconds: 300 }],
  ])('%j', (url, read) => {
    expect(parsePostgresUrl(url)).toEqual(read);
  });
});

describe('a connection URL is refused with a remedy', () => {
  test.each<[url: string, message: RegExp]>([
    ['', /must begin with postgres:\/\//],
    ['mysql://u:p@db/d', /must begin with postgres:\/\//],
    ['host=db user=u', /must begin with/],
    [' postgres://u:p@db/d', /must begin with/],
    ['postgres://db/d', /names no user/],
    ['postgres://:p@db/d', /names no user/],
    ['postgres://u:p@w@db/d', /more than one @; .*%40/],
    ['postgres://u:p@db/d@e', /more than one @/],
    ['postgres://u:x@h/y?secret=1@db/d', /more than one @/],
    ['postgres://u:p#w@db/d', /has a #/],
    ['postgres://u:p%zz@db/d', /password has a % that is no escape/],
    ['postgres://u:p%ff@db/d', /password has a %/],
    ['postgres://u%00x:p@db/d', /user has a control character/],
    ['postgres://u:p%0a@db/d', /password has a control character/],
    ['postgres://u:p@db/d%00', /database has a control character/],
    ['postgres://u:p@/d', /names no host; a socket/],
    ['postgres://u:p@:5432/d', /names no host/],
    ['postgres://u:p@%2Fvar%2Frun%2Fpostgresql/d', /socket of the local machine/],
    ['postgres://u:p@%40abstract/d', /socket of the local machine/],
    ['postgres://u:p@a,b/d', /more than one host/],
    ['postgres://u:p@a:1,b:2/d', /more than one host/],
    ['postgres://u:p@::1/d', /port|host/],
    ['postgres://u:p@[::1/d', /IPv6/],
    ['postgres://u:p@[fe80::1%25eth0]/d', /IPv6 address without a zone/],
    ['postgres://u:p@[10.0.0.1]/d', /IPv6/],
    ['postgres://u:p@[::1]x/d', /port/],
    ['postgres://u:p@db x/d', /host is neither/],
    ['postgres://u:p@-db/d', /host is neither/],
    ['postgres://u:p@db:0/d', /port/],
    ['postgres://u:p@db:65536/d', /port/],
    ['postgres://u:p@db:5e3/d', /port/],
    ['postgres://u:p@db', /names no database/],
    ['postgres://u:p@db/', /names no database/],
    ['postgres://u:p@db?sslmode=disable', /names no database/],
    ['postgres://u:p@db/d/e', /database has a \//],
    ['postgres://u:p@db/d?sslmode=prefer', /fall back to clear text; write sslmode=verify-full/],
    ['postgres://u:p@db/d?sslmode=allow', /fall back to clear text/],
    ['postgres://u:p@db/d?sslmode=no-verify', /sslmode is not known/],
    ['postgres://u:p@db/d?sslmode', /option sslmode has no value/],
    ['postgres://u:p@db/d?sslmode=require&sslmode=disable', /sslmode is given twice/],
    ['postgres://u:p@db/d?sslrootcert=/etc/passwd', /sslrootcert reads a file.*caSecretRef/],
    ['postgres://u:p@db/d?sslcert=x', /sslcert reads a file/],
    ['postgres://u:p@db/d?passfile=x', /passfile reads a file/],
    ['postgres://u:p@db/d?service=x', /service reads a file/],
    ['postgres://u:p@db/d?host=/var/run', /option host is not allowed/],
    ['postgres://u:p@db/d?hostaddr=1.2.3.4', /option hostaddr is not allowed/],
    ['postgres://u:p@db/d?ssl=true', /TLS is on unless sslmode=disable/],
    ['postgres://u:p@db/d?options=-c%20x%3Dy', /option options is not allowed; there are sslmode/],
    ['postgres://u:p@db/d?SSLMODE=disable', /option SSLMODE is not allowed/],
    ['postgres://u:p@db/d?connect_timeout=0', /connect_timeout is not a number of seconds from 1 to 300/],
    ['postgres://u:p@db/d?connect_timeout=301', /connect_timeout/],
    [`postgres://u:p@db/${'d'.repeat(9000)}`, /longer than 8192/],
  ])('%j', (url, message) => {
    expect(messageOf(url)).toMatch(message);
  });

  test('a long hostile host is refused at once', () => {
    const start = performance.now();
    messageOf(`postgres://u:p@${'a'.repeat(250)}!/d`);
    messageOf(`postgres://u:p@${'a-'.repeat(4000)}/d`);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

/** What people really do: a password with any characters, unescaped. */
test('no message shows any part of a password, escaped or not', () => {
  const nasty = fc
    .array(fc.constantFrom('@', '/', '?', '#', ':', '&', '=', '%', '[', ']', ',', '1', '12', 'SENTINEL', 'SEN_TI'), {
      minLength: 1,
      maxLength: 8,
    })
    .map((parts) => `SENTINEL${parts.join('')}SENTINEL`);
  fc.assert(
    fc.property(nasty, (password) => {
      try {
        const { host, port, database, applicationName = '' } = parsePostgresUrl(`postgres://user:${password}@db/d`);
        expect(`${host} ${port} ${database} ${applicationName}`).toBe('db 5432 d ');
      } catch (error) {
        if (!(error instanceof DossierError)) throw error;
        expect(error.message).not.toContain('SENTINEL');
        expect(error.message).not.toContain('SEN_TI');
      }
    }),
    { numRuns: 5000 },
  );
});

test('whatever is percent-encoded comes back', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((value) => !/[\u0000-\u001f\u007f]/.test(value));
  fc.assert(
    fc.property(text, text, text, (user, password, database) => {
      const url = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@db/${encodeURIComponent(database)}`;
      expect(parsePostgresUrl(url)).toEqual({ ...base, user, password, database });
    }),
  );
});

test('the destination is host and port, or nothing', () => {
  expect(postgresDestination('postgres://u:p@db/d')).toBe('db:5432');
  expect(postgresDestination('postgres://u:p@[::1]:99/d')).toBe('[::1]:99');
  expect(postgresDestination('nonsense')).toBeUndefined();
});
