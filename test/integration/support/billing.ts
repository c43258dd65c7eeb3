/** What most tests of Reports need: a namespace with an operator, a bucket with its Secret and ReportStorage, templates, and Reports to follow to their end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Report } from '../../../src/api/generated/report.ts';
import type { ReportTemplate } from '../../../src/api/generated/reporttemplate.ts';
import type { JsonPatchOperation, KubeClient, Manifest } from '../../../src/kube/client.ts';
import { isNotFound } from '../../../src/kube/errors.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { REPORT_STORAGES, REPORT_TEMPLATES, REPORTS, SECRETS, type ResourceType } from '../../../src/kube/resources.ts';
import { startOperator, type TestOperator } from './operator.ts';
import { adminClient, newBucket, newNamespace, s3 } from './servers.ts';

const DEADLINE_MS = 60_000;
const POLL_MS = 50;

export class Billing {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly bucket: string;
  readonly signal = AbortSignal.timeout(10 * DEADLINE_MS);
  readonly #patienceMs: number;

  /** `patienceMs`: how long it waits for whatever it waits for. */
  constructor(client: KubeClient, namespace: string, bucket: string, patienceMs: number = DEADLINE_MS) {
    this.#patienceMs = patienceMs;
    this.client = client;
    this.namespace = namespace;
    this.bucket = bucket;
  }

  async create<T extends KubeObject>(
    type: ResourceType,
    name: string,
    body: Readonly<Record<string, unknown>>,
    metadata: object = {},
  ): Promise<T> {
    const manifest: Manifest = {
      apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
      kind: type.kind,
      metadata: { name, namespace: this.namespace, ...metadata },
      ...body,
    };
    return this.client.create<T>(type, manifest, this.signal);
  }

  async patch<T extends KubeObject>(type: ResourceType, name: string, ...patch: readonly JsonPatchOperation[]): Promise<T> {
    return this.client.patchJson<T>(type, this.namespace, name, patch, this.signal);
  }

  /** Asks for a deletion; finalizers may keep the object for a while. */
  async delete(type: ResourceType, name: string): Promise<void> {
    await this.client.delete(type, this.namespace, name, { propagation: 'Background' }, this.signal);
  }

  async secret(name: string, data: Readonly<Record<string, string>>, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.create(SECRETS, name, { stringData: data }, { annotations });
  }

  /** The bucket of this test as a storage with root's keys; `archive` is the namespace's default one. */
  async storage(name = 'archive', s3Spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { endpoint, root } = s3();
    await this.secret(`${name}-keys`, { AWS_ACCESS_KEY_ID: root.accessKeyId, AWS_SECRET_ACCESS_KEY: root.secretAccessKey });
    const spec = {
      default: name === 'archive',
      s3: { bucket: this.bucket, endpoint, credentialsSecretRef: { name: `${name}-keys` }, ...s3Spec },
    };
    await this.create(REPORT_STORAGES, name, { spec });
  }

  async template(name: string, spec: Readonly<Record<string, unknown>>): Promise<ReportTemplate> {
    return this.create<ReportTemplate>(REPORT_TEMPLATES, name, { spec });
  }

  /** A template of two rows that needs no database. */
  async priceList(name = 'prices', more: Readonly<Record<string, unknown>> = {}): Promise<ReportTemplate> {
    return this.template(name, {
      source: {
        inline: {
          rows: [
            { sku: 'a', price: '1.50' },
            { sku: 'b', price: '20.00' },
          ],
        },
      },
      columns: [
        { name: 'sku', header: 'SKU', type: 'String' },
        { name: 'price', header: 'Price', type: 'Decimal' },
      ],
      formats: ['CSV', 'XLSX'],
      ...more,
    });
  }

  async report(name: string, spec: Readonly<Record<string, unknown>>): Promise<Report> {
    return this.create<Report>(REPORTS, name, { spec });
  }

  async get(name: string): Promise<Report> {
    return this.client.get<Report>(REPORTS, this.namespace, name, this.signal);
  }

  /** Waits until the Report is as asked, and resolves to it; a Report that never is ends the test with what it was last. */
  async until(name: string, is: (report: Report) => boolean): Promise<Report> {
    const deadline = performance.now() + this.#patienceMs;
    for (;;) {
      const report = await this.get(name);
      if (is(report)) return report;
      if (performance.now() > deadline)
        throw new Error(`Report ${name} never was as asked; it is: ${JSON.stringify(report.status, undefined, 2)}`);
      await sleep(POLL_MS);
    }
  }

  /** Waits until there is no such Report any more. */
  async gone(name: string): Promise<void> {
    const deadline = performance.now() + this.#patienceMs;
    for (;;) {
      try {
        const report = await this.get(name);
        if (performance.now() > deadline) throw new Error(`Report ${name} is still there: ${JSON.stringify(report, undefined, 2)}`);
      } catch (error) {
        if (isNotFound(error)) return;
        throw error;
      }
      await sleep(POLL_MS);
    }
  }

  /** Waits until the Report gives that reason. */
  async waiting(name: string, reason: string): Promise<Report> {
    return this.until(name, (report) => reasonOf(report) === reason);
  }

  async finished(name: string): Promise<Report> {
    return this.until(name, ({ status }) => status.phase === 'Ready' || status.phase === 'Failed');
  }
}

/** Reason of the Ready condition. */
export function reasonOf(report: Report): string | undefined {
  return report.status.conditions?.find(({ type }) => type === 'Ready')?.reason;
}

export function messageOf(report: Report): string {
  return report.status.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
}

/** For a test file or a suite: a namespace with an operator and a bucket, made before the first test and stopped after the last. */
export function useBilling(
  prefix: string,
  flags: readonly string[] = [],
): { readonly billing: () => Billing; readonly operator: () => TestOperator } {
  let billing: Billing | undefined;
  let operator: TestOperator | undefined;
  beforeAll(async () => {
    const client = adminClient();
    const namespace = await newNamespace(client, prefix);
    billing = new Billing(client, namespace, await newBucket(prefix));
    operator = startOperator(namespace, flags);
  });
  let failed = false;
  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail';
  });
  afterAll(async () => {
    if (failed) console.log(`operator of ${billing?.namespace ?? ''}:\n${operator?.log() ?? ''}`);
    await operator?.stop();
    await billing?.client.transport.close();
  });
  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('it is there once beforeAll has run');
    return value;
  };
  return { billing: () => started(billing), operator: () => started(operator) };
}
