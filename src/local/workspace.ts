/**
 * What a run of local servers shares: one temporary folder and one guardian. Closing it, or the end of this process however it comes, stops every server and removes the folder.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Guardian } from './process/guardian.ts';
import { ServerProcess, type ServerSpec } from './process/server-process.ts';

export class Workspace implements AsyncDisposable {
  /** The temporary folder; other users may pass through it (a database server runs as another user under root) but not list it. */
  readonly folder: string;
  readonly #guardian: Guardian;
  readonly #servers = new Set<ServerProcess>();

  private constructor(folder: string, guardian: Guardian) {
    this.folder = folder;
    this.#guardian = guardian;
  }

  static async create(): Promise<Workspace> {
    const folder = join(tmpdir(), `dossier-${randomBytes(6).toString('hex')}`);
    const guardian = await Guardian.start();
    await guardian.order({ kind: 'remove', folder });
    await mkdir(folder, { mode: 0o711 });
    return new Workspace(folder, guardian);
  }

  /** Makes a new folder below the temporary one, for this user only, named `<name>-<random>`, and returns its path. */
  async makeFolder(name: string): Promise<string> {
    return mkdtemp(join(this.folder, `${name}-`));
  }

  /** Starts a server: it is running then, not yet ready. */
  async start(spec: ServerSpec): Promise<ServerProcess> {
    const server = await ServerProcess.start(spec, this.#guardian);
    this.#servers.add(server);
    void server.exited.then(() => this.#servers.delete(server));
    return server;
  }

  /** Stops every server and removes the folder. */
  async close(): Promise<void> {
    await Promise.all([...this.#servers].map((server) => server.stop()));
    await this.#guardian.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
