/** What tests of ReportRepositories need: a git server behind https that asks for a token, repositories of it, and what became of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findCondition } from '../../../src/api/conditions.ts';
import type { ReportRepository } from '../../../src/api/generated/reportrepository.ts';
import type { ReportTemplate } from '../../../src/api/generated/reporttemplate.ts';
import { isNotFound } from '../../../src/kube/errors.ts';
import { REPORT_REPOSITORIES, REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { FETCH_ANNOTATION } from '../../../src/operator/repository/fetching.ts';
import { GitServer, type Files } from '../../support/git-server.ts';
import type { Billing } from './billing.ts';

const POLL_MS = 50;
const DEADLINE_MS = 60_000;
const MODULE = 'export default function* () { yield { id: "a", total: "1.50" }; }\n';
const COLUMNS = '[{ name: id, type: String }, { name: total, type: Decimal }]';

/** A repository with these entries, each in YAML's flow style. */
export function descriptor(...entries: readonly string[]): Files {
  return { 'dossier.yaml': `templates:\n${entries.map((entry) => `  - { ${entry} }\n`).join('')}`, 'usage.ts': MODULE };
}

/** An entry that is sound. */
export function entry(name: string, more = ''): string {
  return `name: ${name}, entrypoint: usage.ts, columns: ${COLUMNS}${more}`;
}

export function says({ status }: ReportRepository): string {
  return findCondition(status.conditions, 'Ready')?.message ?? '';
}

export class Repositories {
  readonly server: GitServer;
  readonly #billing: Billing;

  private constructor(server: GitServer, billing: Billing) {
    this.server = server;
    this.#billing = billing;
  }

  /** With the Secrets `git` and `git-ca`. */
  static async start(billing: Billing): Promise<Repositories> {
    const server = await GitServer.start();
    await billing.secret('git', { token: 'SENTINEL-token' });
    await billing.secret('git-ca', { 'ca.crt': server.ca });
    return new Repositories(server, billing);
  }

  async create(name: string, spec: Readonly<Record<string, unknown>> = {}, git: object = {}): Promise<void> {
    this.server.accounts.set(name, { username: 'git', password: 'SENTINEL-token' });
    const own = {
      url: this.server.url(name),
      ref: { branch: 'main' },
      credentialsSecretRef: { name: 'git' },
      caSecretRef: { name: 'git-ca', key: 'ca.crt' },
    };
    await this.#billing.create(REPORT_REPOSITORIES, name, { spec: { git: { ...own, ...git }, ...spec } });
  }

  async until(name: string, is: (repository: ReportRepository) => boolean): Promise<ReportRepository> {
    const { client, namespace, signal } = this.#billing;
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const found = await client.get<ReportRepository>(REPORT_REPOSITORIES, namespace, name, signal);
      if (is(found)) return found;
      if (performance.now() > deadline) throw new Error(`${name} never was as asked; it is: ${JSON.stringify(found.status, undefined, 2)}`);
      await sleep(POLL_MS);
    }
  }

  /** Ready at that commit. */
  async at(name: string, commit: string): Promise<ReportRepository> {
    return this.until(name, ({ status }) => status.phase === 'Ready' && status.commit === commit);
  }

  async reasoned(name: string, reason: string): Promise<ReportRepository> {
    return this.until(name, ({ status }) => findCondition(status.conditions, 'Ready')?.reason === reason);
  }

  /** As `kubectl annotate` would ask for it; the answer stands in status.lastHandledFetch. */
  async lookAgain(name: string, value: string): Promise<void> {
    await this.#billing.patch(REPORT_REPOSITORIES, name, {
      op: 'add',
      path: '/metadata/annotations',
      value: { [FETCH_ANNOTATION]: value },
    });
  }

  async template(name: string): Promise<ReportTemplate | undefined> {
    const { client, namespace, signal } = this.#billing;
    try {
      return await client.get<ReportTemplate>(REPORT_TEMPLATES, namespace, name, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}
