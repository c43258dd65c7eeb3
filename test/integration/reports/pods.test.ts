/** What a cluster does to the pod of a run: refuses it, cannot pull its image, kills or evicts it, or loses its Job; each ends in a reason of its own or in another try. */
import { kill, platform } from 'node:process';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { runnerImage } from '../../../src/local/node/runner-image.ts';
import { JOBS, NAMESPACES, type ResourceType } from '../../../src/kube/resources.ts';
import { S3Proxy } from '../../support/s3-proxy.ts';
import { messageOf, reasonOf, useBilling } from '../support/billing.ts';
import { expectFailed } from '../support/failed.ts';
import { gatedBy, InvoiceDatabase, queryTemplate } from '../support/invoices.ts';
import { addImage, evict } from '../support/node-control.ts';
import { runnerOf } from '../support/runner-process.ts';
import { s3, uniqueName } from '../support/servers.ts';
import { jobsOf, podsOf, storyOf, tracesOf } from '../support/traces.ts';

const LIMIT_RANGES: ResourceType = { group: '', version: 'v1', kind: 'LimitRange', plural: 'limitranges', namespaced: true };
const ONCE = { backoffLimit: 0 };

type Meddle = (client: S3Client, place: { readonly Bucket: string; readonly Key: string }) => Promise<unknown>;

/** Puts something else in the place of a Report's file, with the UID in its metadata. */
function put(body: string, uidOf: (key: string) => string): Meddle {
  return (client, place) =>
    client.send(new PutObjectCommand({ ...place, Body: body, Metadata: { 'dossier-report-uid': uidOf(place.Key) } }));
}
const ownUid = (key: string): string => key.split('/')[2] ?? '';

describe.concurrent('the pod of a run', () => {
  const { billing } = useBilling('pods');
  let database: InvoiceDatabase;
  let proxy: S3Proxy;
  let s3Client: S3Client;
  const meddlers = new Map<string, Meddle>();

  beforeAll(async () => {
    // What the product promises of its pods, the apiserver enforces here for every test.
    const path = '/metadata/labels/pod-security.kubernetes.io~1enforce';
    const { client, namespace, signal } = billing();
    await client.patchJson(NAMESPACES, undefined, namespace, [{ op: 'add', path, value: 'restricted' }], signal);
    database = await InvoiceDatabase.create(billing());
    const { endpoint, region, root } = s3();
    s3Client = new S3Client({ endpoint, region, credentials: root, forcePathStyle: true });
    proxy = await S3Proxy.start(endpoint);
    const looks = new Map<string, number>();
    proxy.weather = ({ operation, url }) => {
      const key = decodeURIComponent(new URL(url, endpoint).pathname).split('/').slice(2).join('/');
      const meddle = operation === 'HeadObject' ? meddlers.get(key.split('/')[1] ?? '') : undefined;
      if (meddle === undefined) return 'pass';
      looks.set(key, (looks.get(key) ?? 0) + 1);
      // The first look is the runner's own, after its upload; the second is the operator's.
      return looks.get(key) === 2 ? { after: meddle(s3Client, { Bucket: billing().bucket, Key: key }).then(() => undefined) } : 'pass';
    };
    await billing().storage();
    await billing().storage('watched', { endpoint: proxy.endpoint });
    await billing().priceList();
  });
  afterAll(async () => {
    s3Client.destroy();
    await database.close();
    await proxy.close();
  });

  /** A Report whose runner waits behind a gate of its own; resolves to what opens it. */
  async function held(name: string, gate: number, job: Readonly<Record<string, unknown>>): Promise<() => Promise<void>> {
    await database.closeGate(gate);
    await billing().template(name, queryTemplate(`select 1 as one from ${gatedBy(gate)}`, { job }));
    await billing().report(name, { templateRef: { name } });
    return () => database.openGate(gate);
  }

  test('that a node under pressure evicts costs no try: another one makes the file', async ({ expect }) => {
    const open = await held('evicted', 1, ONCE);
    await billing().waiting('evicted', 'Rendering');
    const [first] = await podsOf(billing(), 'evicted');
    await evict(billing().namespace, first?.metadata.name ?? '');
    await vi.waitFor(async () => expect(await podsOf(billing(), 'evicted')).toHaveLength(2), { timeout: 30_000 });
    expect((await billing().get('evicted')).status.phase).toBe('Deploying');
    await open();
    expect((await billing().finished('evicted')).status).toMatchObject({ phase: 'Ready', attempt: 1, file: { rows: 1 } });
    expect((await tracesOf(billing(), 'evicted')).objects).toHaveLength(1);
  });

  test.skipIf(platform !== 'linux')('that crashes is followed by another one, which makes the file', async ({ expect }) => {
    const open = await held('crashed', 2, { backoffLimit: 1 });
    const { metadata } = await billing().waiting('crashed', 'Rendering');
    kill(await runnerOf(metadata.uid), 'SIGKILL');
    await billing().until('crashed', (report) => messageOf(report).startsWith('the last try failed (JobFailed'));
    expect((await billing().get('crashed')).status.phase).toBe('Deploying');
    await open();
    expect((await billing().finished('crashed')).status).toMatchObject({ phase: 'Ready', attempt: 1 });
    expect(await jobsOf(billing(), 'crashed')).toHaveLength(1);
    expect(await podsOf(billing(), 'crashed')).toHaveLength(2);
  });

  test.skipIf(platform !== 'linux')('that is killed leaves no result, but its exit code and the command that shows its log', async () => {
    await held('killed', 3, ONCE);
    const { metadata } = await billing().waiting('killed', 'Rendering');
    kill(await runnerOf(metadata.uid), 'SIGKILL');
    const command = `kubectl logs -n ${billing().namespace} killed-\\S+ -c runner`;
    const says = new RegExp(`^the runner ended with exit code 137 and left no result; see: ${command}$`);
    await expectFailed(billing(), 'killed', 'JobFailed', says, 'kept');
  });

  test('that needs more memory than its limit ends as OutOfMemory, naming the limit and the field', async () => {
    await held('hungry', 4, { ...ONCE, resources: { limits: { memory: '24Mi' } } });
    const says = /^the runner needed more memory than its limit of 24Mi; raise spec\.job\.resources\.limits\.memory of the template$/;
    await expectFailed(billing(), 'hungry', 'OutOfMemory', says, 'kept');
  });

  test('that writes more than it may is evicted for good: JobFailed, with the words of the kubelet', async () => {
    await held('chatty', 5, { ...ONCE, resources: { limits: { 'ephemeral-storage': '1Ki' } } });
    await expectFailed(billing(), 'chatty', 'JobFailed', /^pod chatty-\S+: Evicted: .*exceed.* limit.* 1Ki/, 'kept');
  });

  test('goes when somebody deletes the Job of a running Report, which says so', async () => {
    await held('jobless', 6, {});
    await billing().waiting('jobless', 'Rendering');
    const [job] = await jobsOf(billing(), 'jobless');
    await billing().delete(JOBS, job?.metadata.name ?? '');
    const says = /^Job jobless-\S+ was deleted before it finished; create a new Report$/;
    await expectFailed(billing(), 'jobless', 'JobDeleted', says, 'none');
  });

  test('passes the Pod Security level "restricted"', async ({ expect }) => {
    await billing().report('restricted', { templateRef: { name: 'prices' } });
    expect((await billing().finished('restricted')).status.phase).toBe('Ready');
  });

  test.each<[string, RegExp, Meddle]>([
    ['gone', /is not as it was written: it is not there$/, (client, place) => client.send(new DeleteObjectCommand(place))],
    ['shortened', /is not as it was written: it has 4 bytes instead of 25$/, put('SKU\n', ownUid)],
    ['changed', /is not as it was written: its ETag is another one$/, put('SKU,Price\na,9.50\nb,20.00\n', ownUid)],
  ])('made a file that is %s when it is checked: FileMissing', async (name, says, meddle) => {
    meddlers.set(name, meddle);
    await billing().report(name, { templateRef: { name: 'prices' }, storageRef: { name: 'watched' } });
    await expectFailed(billing(), name, 'FileMissing', says, 'kept');
  });

  test('made a file whose place another Report has taken: FileMissing, and the other file stays', async ({ expect }) => {
    meddlers.set(
      'taken',
      put('another', () => 'another-uid'),
    );
    await billing().report('taken', { templateRef: { name: 'prices' }, storageRef: { name: 'watched' } });
    const report = await billing().finished('taken');
    expect(reasonOf(report)).toBe('FileMissing');
    expect(messageOf(report)).toMatch(/is not as it was written: it belongs to another Report$/);
    expect((await tracesOf(billing(), 'taken')).objects).toHaveLength(1);
  });
});

describe.concurrent('an image', () => {
  const late = `dossier/${uniqueName('late')}:1`;
  const { billing } = useBilling('image', ['--runner-image', late]);
  const { billing: invalid } = useBilling('invalid', ['--runner-image', 'Dossier/Runner:1']);
  const { billing: absent } = useBilling('absent', [
    '--runner-image',
    `dossier/${uniqueName('absent')}:1`,
    '--runner-image-pull-policy',
    'Never',
  ]);

  test('that is pushed late keeps the Report Deploying with the reason ImagePull, and is found', async ({ expect }) => {
    await billing().storage();
    await billing().priceList();
    await billing().report('late', { templateRef: { name: 'prices' } });
    const waiting = await billing().waiting('late', 'ImagePull');
    expect(waiting.status.phase).toBe('Deploying');
    expect(messageOf(waiting)).toContain(`image ${late} cannot be pulled (`);
    await addImage(late, runnerImage());
    expect((await billing().finished('late')).status.phase).toBe('Ready');
    await expect.poll(() => storyOf(billing(), 'Report', 'late')).toContain('Warning ImagePull');
  });

  test('whose name is none fails at once', async () => {
    await invalid().storage();
    await invalid().priceList();
    await invalid().report('invalid', { templateRef: { name: 'prices' } });
    const says = /^image Dossier\/Runner:1 cannot be used \(InvalidImageName\): correct the name$/;
    await expectFailed(invalid(), 'invalid', 'ImagePullFailed', says, 'none');
  });

  test('that may not be pulled and is not there fails at once', async () => {
    await absent().storage();
    await absent().priceList();
    await absent().report('absent', { templateRef: { name: 'prices' } });
    const says = /^image dossier\/absent-\w+:1 cannot be used \(ErrImageNeverPull\): load it on the node, or let the kubelet pull it$/;
    await expectFailed(absent(), 'absent', 'ImagePullFailed', says, 'none');
  });
});

describe.concurrent('an admission rule of the namespace', () => {
  const { billing } = useBilling('refused');

  test('that refuses the pod ends the Report as PodRejected, with the words of the rule', async () => {
    await billing().storage();
    await billing().priceList();
    await billing().create(LIMIT_RANGES, 'small', { spec: { limits: [{ type: 'Container', max: { memory: '16Mi' } }] } });
    await billing().report('refused', { templateRef: { name: 'prices' } });
    const says = /^the cluster refuses the runner's pod: .*maximum memory usage per Container is 16Mi, but limit is 512Mi/;
    await expectFailed(billing(), 'refused', 'PodRejected', says, 'none');
  });

  test('as one does that names a priority class which does not exist', async () => {
    await billing().priceList('urgent', { job: { priorityClassName: 'there-is-none' } });
    await billing().report('urgent', { templateRef: { name: 'urgent' } });
    await expectFailed(billing(), 'urgent', 'PodRejected', /^the cluster refuses the runner's pod: .*there-is-none/, 'none');
  });
});
