/** Reports whose rows a program of the user's own makes: what it is given, what it may say, and that nothing it does becomes a short file. */
import { beforeAll, describe, test } from 'vitest';
import { JOBS, NAMESPACES, REPORT_STORAGES, REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { bucketContent } from '../support/bucket-content.ts';
import { messageOf, useBilling } from '../support/billing.ts';
import { expectFailed } from '../support/failed.ts';
import { localNode } from '../support/node-control.ts';
import { podsOf, storyOf } from '../support/traces.ts';

interface CodePod {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly serviceAccountName?: string;
    readonly automountServiceAccountToken?: boolean;
    readonly enableServiceLinks?: boolean;
    readonly volumes: readonly unknown[];
    readonly initContainers: readonly {
      readonly name: string;
      readonly env: readonly { readonly name: string }[];
      readonly volumeMounts: unknown;
    }[];
    readonly containers: readonly { readonly volumeMounts: unknown }[];
  };
}

describe.concurrent('a program of the user', () => {
  const { billing } = useBilling('code');

  beforeAll(async () => {
    const path = '/metadata/labels/pod-security.kubernetes.io~1enforce';
    const { client, namespace, signal } = billing();
    await client.patchJson(NAMESPACES, undefined, namespace, [{ op: 'add', path, value: 'restricted' }], signal);
    await billing().storage();
  });

  /** A Report of its own template, whose program is this shell script. */
  async function run(
    name: string,
    script: string,
    more: { readonly job?: object; readonly container?: object; readonly spec?: object; readonly report?: object } = {},
  ): Promise<void> {
    await billing().template(name, {
      source: { container: { image: localNode().toolsImage, command: ['sh', '-c', script], ...more.container } },
      columns: [
        { name: 'id', type: 'String' },
        { name: 'total', type: 'Decimal' },
      ],
      formats: ['CSV'],
      job: { backoffLimit: 0, ...more.job },
      ...more.spec,
    });
    await billing().report(name, { templateRef: { name }, ...more.report });
  }

  async function fileOf(name: string): Promise<string> {
    const { objects } = await bucketContent(billing().bucket, `${billing().namespace}/${name}/`);
    return objects[0]?.bytes.toString() ?? '';
  }

  test('writes rows by name or in order, and they are the file', async ({ expect }) => {
    await run('rows', `printf '{"total":12.50,"id":"a"}\\n["b","9007199254740993.01"]' > "$DOSSIER_ROWS"`);
    const report = await billing().finished('rows');
    expect(messageOf(report)).toContain('2 rows');
    expect(report.status).toMatchObject({ phase: 'Ready', file: { rows: 2 } });
    expect(await fileOf('rows')).toBe('id,total\na,12.50\nb,9007199254740993.01\n');
  });

  test('is told what the Report asks for, in a file', async ({ expect }) => {
    await run('told', `id=$(cat "$DOSSIER_PARAMETERS" | sed 's/"/\\\\"/g'); printf '["%s",null]\\n' "$id" > "$DOSSIER_ROWS"`, {
      spec: {
        parameters: [
          { name: 'month', type: 'Period', required: true },
          { name: 'most', type: 'Integer' },
          { name: 'small', type: 'Integer', default: 7 },
          { name: 'regions', type: 'Strings' },
          { name: 'price', type: 'Decimal', default: '1.50' },
          { name: 'unpaid', type: 'Boolean', default: 'false' },
        ],
      },
      report: {
        timeZone: 'Europe/Berlin',
        parameters: [
          { name: 'month', period: { from: '2026-10-01', to: '2026-11-01' } },
          { name: 'most', value: '9007199254740993' },
        ],
      },
    });
    const report = await billing().finished('told');
    expect(report.status.phase, messageOf(report)).toBe('Ready');
    const csv = await fileOf('told');
    const told: unknown = JSON.parse(csv.slice(csv.indexOf('"') + 1, csv.lastIndexOf('"')).replaceAll('""', '"'));
    expect(told).toEqual({
      report: { name: 'told', namespace: billing().namespace, uid: report.metadata.uid },
      template: 'told',
      timeZone: 'Europe/Berlin',
      parameters: {
        month: { from: '2026-09-30T22:00:00Z', to: '2026-10-31T23:00:00Z' },
        most: '9007199254740993',
        small: 7,
        regions: null,
        price: '1.50',
        unpaid: false,
      },
    });
  });

  test('has nothing in its environment but what the template gives it, and no token anywhere', async ({ expect }) => {
    await billing().secret('usage-api', { token: 'SENTINEL-own' });
    await run(
      'environment',
      `for name in $(env | cut -d= -f1 | grep -v '^_$'); do printf '["%s",null]\\n' "$name"; done | sort > "$DOSSIER_ROWS"`,
      {
        container: {
          env: [
            { name: 'CURRENCY', value: 'EUR' },
            { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'usage-api', key: 'token' } } },
          ],
        },
      },
    );
    const report = await billing().finished('environment');
    expect(report.status.phase, messageOf(report)).toBe('Ready');
    // A local node gives what any container finds: PATH, HOME, HOSTNAME, the service kubernetes; PWD, OLDPWD and SHLVL are the shell's.
    const names = (await fileOf('environment'))
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[0] ?? '')
      .filter((name) => name !== '');
    const ours = names.filter((name) => !/^(KUBERNETES_.*|PATH|HOME|HOSTNAME|PWD|OLDPWD|SHLVL)$/.test(name));
    expect(ours).toEqual(['CURRENCY', 'DOSSIER_PARAMETERS', 'DOSSIER_ROWS', 'TMPDIR', 'TOKEN']);
    const [pod] = (await podsOf(billing(), 'environment')) as unknown as readonly CodePod[];
    expect(pod?.metadata.labels).toMatchObject({ 'dossier.dev/custom-code': 'true' });
    expect(pod?.spec).toMatchObject({ serviceAccountName: 'default', automountServiceAccountToken: false, enableServiceLinks: false });
    expect(JSON.stringify(pod?.spec.volumes)).not.toMatch(/serviceAccountToken|secret/);
    expect(pod?.spec.initContainers[0]?.volumeMounts).toEqual([
      { name: 'parameters', mountPath: '/in/parameters', readOnly: true },
      { name: 'out', mountPath: '/out' },
      { name: 'out', mountPath: '/tmp', subPath: 'tmp' },
    ]);
    expect(pod?.spec.containers[0]?.volumeMounts).toEqual([
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'out', mountPath: '/out', readOnly: true },
    ]);
  });

  test('that says 64 fails the Report with its last line, once', async ({ expect }) => {
    await run('mistake', `echo SENTINEL; echo 'there is no customer of that name' >&2; exit 64`, { job: { backoffLimit: 3 } });
    const report = await expectFailed(
      billing(),
      'mistake',
      'TemplateFailed',
      /^the template's code says: there is no customer of that name$/,
      'kept',
    );
    expect(await podsOf(billing(), 'mistake')).toHaveLength(1);
    expect(JSON.stringify(report.status)).not.toContain('SENTINEL');
  });

  test('that crashes is tried again, and then its log is where to look', async ({ expect }) => {
    await run('crash', `printf '["a",1]\\n' > "$DOSSIER_ROWS"; echo SENTINEL >&2; kill -11 $$$$`, { job: { backoffLimit: 1 } });
    const report = await expectFailed(
      billing(),
      'crash',
      'TemplateFailed',
      /^the template's code ended with signal 11 \(exit code 139\); see: kubectl logs -n \S+ crash-\S+ -c code \(tried 2 times\)$/,
      'kept',
    );
    expect(JSON.stringify(report.status)).not.toContain('SENTINEL');
    // Another try is announced once, and not after the last one.
    expect((await storyOf(billing(), 'Report', 'crash')).filter((event) => event === 'Normal Queued')).toHaveLength(1);
  });

  test.for([
    ['half', `printf '["a",1]\\n["b",' > "$DOSSIER_ROWS"`, /^code: line 2 of the rows ends after 5 bytes, within the JSON document$/],
    ['link', 'ln -s /etc/hostname "$DOSSIER_ROWS"', /is a symbolic link/],
    ['no-command', 'true', /before it began: its command cannot be started/, { container: { command: ['/no/such/program'] } }],
  ] as const)('that ends as %s leaves no file', async ([name, script, says, more]) => {
    await run(name, script, more);
    await expectFailed(billing(), name, 'TemplateFailed', says, 'kept');
  });

  test('that never ends is ended by the deadline, with all that it began', async ({ expect }) => {
    await run('endless', 'sleep 1000 & sleep 1000', { report: { activeDeadlineSeconds: 10 } });
    await billing().until('endless', (report) => messageOf(report) === "running the template's code");
    await expectFailed(billing(), 'endless', 'DeadlineExceeded', /10/, 'none');
    expect(await podsOf(billing(), 'endless')).toEqual([]);
  });

  test('that begins many processes and writes without end is stopped at its scratch size, and others go on', async ({ expect }) => {
    await run(
      'flood',
      `for n in 1 2 3 4 5 6 7 8 9 10; do (for m in 1 2 3 4 5; do sleep 1000 & done; wait) & done; cat /dev/zero > "$DOSSIER_ROWS"`,
      {
        job: { scratchSize: '64Mi' },
      },
    );
    await run('beside', `printf '["a",1]\\n' > "$DOSSIER_ROWS"`);
    expect((await billing().finished('beside')).status.phase).toBe('Ready');
    await expectFailed(billing(), 'flood', 'TemplateFailed', /^the template's code wrote more than 64Mi of files/, 'kept');
  });

  test('is refused a storage that the identity of its pod opens, unless both owners say otherwise', async ({ expect }) => {
    await billing().create(REPORT_STORAGES, 'own', { spec: { s3: { bucket: billing().bucket, region: 'eu-central-1' } } });
    await run('identity', 'true', { container: { trusted: true }, report: { storageRef: { name: 'own' } } });
    expect(messageOf(await billing().waiting('identity', 'StorageUnavailable'))).toMatch(
      /^ReportStorage "own" is opened by the pod's own identity, which the custom code of ReportTemplate "identity" could use too: /,
    );
    await billing().patch(REPORT_STORAGES, 'own', { op: 'add', path: '/spec/s3/allowCustomCode', value: true });
    // What is left is the operator's own question, which has nothing to do with code.
    await billing().until('identity', (report) => messageOf(report).includes('IdentityNotAllowed'));
    await billing().patch(REPORT_TEMPLATES, 'identity', { op: 'replace', path: '/spec/source/container/trusted', value: false });
    await billing().until('identity', (report) => messageOf(report).includes('could use too'));
  });

  test('gets no Secret that its owner keeps to some hosts', async ({ expect }) => {
    await billing().secret('kept', { token: 'x' }, { 'dossier.dev/allowed-hosts': 'api.example.com' });
    await run('kept', 'true', { container: { env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'kept', key: 'token' } } }] } });
    const report = await billing().waiting('kept', 'TemplateNotReady');
    expect(messageOf(report)).toContain('to which nothing holds custom code');
    expect(
      await billing().client.list(JOBS, { namespace: billing().namespace, labelSelector: 'dossier.dev/report=kept' }, billing().signal),
    ).toMatchObject({ items: [] });
  });
});
