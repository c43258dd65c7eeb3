/**
 * What COPY would give: the server's own CSV of the same table, its bytes into the same bucket by the runner's uploader as they come. One process, as the runner.
 *
 * It is the least that any use of COPY can cost, not a file of Dossier: times, booleans and texts that begin like formulas look otherwise there.
 */
import { writeFileSync } from 'node:fs';
import pg, { type Connection, type Submittable } from 'pg';
import { PLAN_ENV, type RunPlan } from '../../src/runner/plan.ts';
import { openUploader } from '../../src/runner/upload/open.ts';

const COPY_DATA = 0x64;
const HEAD_BYTES = 5;

/** The whole COPY as one query of the driver, which sees none of its rows. */
class Copy implements Submittable {
  readonly #sql: string;
  readonly #ending = Promise.withResolvers<undefined>();
  readonly done: Promise<undefined> = this.#ending.promise;

  constructor(sql: string) {
    this.#sql = sql;
  }

  submit(connection: Connection): void {
    connection.query(this.#sql);
  }
  handleCommandComplete(): void {
    return;
  }
  handleReadyForQuery(): void {
    this.#ending.resolve(undefined);
  }
  handleError(error: unknown): void {
    this.#ending.reject(error);
  }
}

const plan = JSON.parse(process.env[PLAN_ENV.plan] ?? '') as RunPlan;
if (plan.source.kind !== 'postgres') throw new Error('a plan of another source');
const uploader = await openUploader(plan, process.env, new AbortController().signal);
const client = new pg.Client(process.env[PLAN_ENV.sourceUrl]);
await client.connect();
await client.query('begin transaction isolation level repeatable read read only');

const { stream } = (client as unknown as { readonly connection: Connection }).connection;
const toDriver = stream.listeners('data') as ((bytes: Buffer) => void)[];
stream.removeAllListeners('data');
let held: Buffer = Buffer.alloc(0);
let rows = 0;
let bytes = 0;
let writing: Promise<void> = Promise.resolve();
stream.on('data', (chunk: Buffer) => {
  const all = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
  const text = Buffer.allocUnsafe(all.length);
  let filled = 0;
  let at = 0;
  while (at + HEAD_BYTES <= all.length) {
    const end = at + 1 + all.readInt32BE(at + 1);
    if (end > all.length) break;
    if (all[at] === COPY_DATA) {
      filled += all.copy(text, filled, at + HEAD_BYTES, end);
      rows += 1;
    } else for (const listener of toDriver) listener(all.subarray(at, end));
    at = end;
  }
  held = all.subarray(at);
  if (filled === 0) return;
  bytes += filled;
  stream.pause();
  writing = uploader.write(text.subarray(0, filled)).then(() => {
    stream.resume();
  });
});
const copy = new Copy(`copy (${plan.source.query}) to stdout (format csv)`);
client.query(copy);
await copy.done;
await writing;
await client.query('commit');
await client.end();
await uploader.complete();
writeFileSync(process.env[PLAN_ENV.terminationLog] ?? '', JSON.stringify({ rows, bytes }));
