/**
 * Specs that the apiserver accepts and that together have every field of every kind: what rows of bad input are made from by changing one thing.
 *
 * A new field of a CRD needs a place here; test/api/spec-samples.test.ts says so.
 */

const SECRET = { name: 'billing-db', key: 'url' };
const CA = { name: 'private-ca', key: 'ca.crt' };
const COLUMN = { name: 'id', header: 'Invoice', type: 'Decimal', numberFormat: '0.00', width: 14 };

const REPORT = {
  templateRef: { kind: 'ReportTemplate', name: 'invoices' },
  parameters: [
    { name: 'region', value: 'emea' },
    { name: 'customers', values: ['acme'] },
    { name: 'month', period: { from: '2026-10-01', to: '2026-11-01' } },
    { name: 'year', period: { relative: 'LastYear' } },
    { name: 'week', period: { lastDays: 7 } },
  ],
  format: 'CSV',
  compression: 'Gzip',
  timeZone: 'Europe/Berlin',
  fileName: 'invoices',
  storageRef: { name: 'archive' },
  startDeadlineSeconds: 60,
  activeDeadlineSeconds: 60,
  deletionPolicy: 'Retain',
  description: 'October',
};

const SCHEDULE = {
  schedule: '0 6 1 * *',
  timeZone: 'Europe/Berlin',
  suspend: false,
  concurrencyPolicy: 'Forbid',
  startingDeadlineSeconds: 600,
  missedRuns: { policy: 'Latest', limit: 10 },
  report: { metadata: { labels: { team: 'billing' }, annotations: { note: 'monthly' } }, spec: REPORT },
  history: { successful: 30, failed: 5 },
};
const { schedule: _, ...BY_CALENDAR } = SCHEDULE;

const PARAMETERS = [
  { name: 'code', type: 'String', required: true, description: 'Code', pattern: '[A-Z]+', minLength: 1, maxLength: 8, default: 'DE' },
  { name: 'codes', type: 'Strings', maxItems: 3, defaultValues: ['DE'] },
  { name: 'amount', type: 'Decimal', minimum: '0.01', maximum: '99.99', default: '12.50' },
  { name: 'region', type: 'Choice', choices: [{ value: 'emea', label: 'EMEA' }], default: 'emea' },
  { name: 'month', type: 'Period', maxDays: 31, defaultPeriod: { from: '2026-10-01', to: '2026-11-01' } },
  { name: 'year', type: 'Period', defaultPeriod: { relative: 'LastYear' } },
  { name: 'week', type: 'Period', defaultPeriod: { lastDays: 7 } },
];

const QUANTITIES = { cpu: '1', memory: '1Gi', 'ephemeral-storage': '1Gi' };

/** Everything of a template but its source. */
const TEMPLATE = {
  title: 'Invoices',
  description: 'One line per invoice',
  parameters: PARAMETERS,
  columns: [COLUMN],
  formats: ['CSV', 'XLSX'],
  compression: 'Gzip',
  csv: { delimiter: ';', header: true, bom: false, quote: 'All', lineEnding: 'CRLF', null: 'NULL', formulas: 'Keep' },
  json: { decimals: 'Number', integers: 'String' },
  xlsx: {
    sheetName: 'Invoices',
    freezeHeader: true,
    autoFilter: true,
    info: true,
    workbook: { configMapRef: { name: 'forms', key: 'invoices.xlsx' }, sheet: 'Data', startRow: 2, startColumn: 1 },
  },
  storageRef: { name: 'archive' },
  allowedStorageRefs: [{ name: 'partners' }],
  maxRunning: 4,
  job: {
    serviceAccountName: 'reporter',
    resources: { requests: QUANTITIES, limits: QUANTITIES },
    scratchSize: '1Gi',
    nodeSelector: { disk: 'fast' },
    tolerations: [{ key: 'pool', operator: 'Equal', value: 'batch', effect: 'NoExecute', tolerationSeconds: 60 }],
    priorityClassName: 'batch',
    imagePullSecrets: [{ name: 'registry' }],
    labels: { team: 'billing' },
    activeDeadlineSeconds: 60,
    backoffLimit: 1,
    ttlSecondsAfterFinished: 60,
  },
};

const HTTP = {
  url: 'https://api.example.com/v1',
  query: [{ name: 'state', value: 'open' }],
  headers: [
    { name: 'X-Tenant', value: 'acme' },
    { name: 'Authorization', valueFrom: { secretKeyRef: SECRET } },
  ],
  format: 'JSON',
  rows: '$.items',
  pagination: { type: 'Page', parameter: 'page', start: 1, sizeParameter: 'size', size: 100, shortPageEnds: true },
  allowedHosts: ['api.example.com'],
  caSecretRef: CA,
};
const BY_CURSOR = { type: 'Cursor', parameter: 'after', cursor: '$.next' };

const PATHS = [
  { name: 'id', type: 'String', path: '$.metadata.name', extract: '^(.*)$', default: 'none' },
  { name: 'zone', type: 'String', path: '$.spec.zone' },
];
const KUBERNETES = {
  apiVersion: 'v1',
  kind: 'Pod',
  labelSelector: 'team=billing',
  fieldSelector: 'status.phase=Running',
  allNamespaces: false,
  forEach: '$.spec.containers[*]',
  also: [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      labelSelector: 'team=billing',
      fieldSelector: 'metadata.name=a',
      forEach: '$.spec.template.spec.containers[*]',
      joinOn: ['id'],
      paths: [{ column: 'id', path: '$.metadata.name' }],
    },
  ],
  where: [
    { column: 'zone', operator: 'In', values: ['a'] },
    { column: 'id', operator: 'In', parameter: 'code' },
  ],
  groupBy: ['id'],
};
const COUNTED = [
  ...PATHS,
  { name: 'n', type: 'Integer', aggregate: 'Count' },
  { name: 'half', type: 'Decimal', formula: 'n / 2', scale: 2 },
];

const CONTAINER = {
  image: 'registry.example.com/code:1',
  command: ['python3'],
  args: ['-u'],
  env: [
    { name: 'LEVEL', value: 'info' },
    { name: 'TOKEN', valueFrom: { secretKeyRef: SECRET } },
  ],
  trusted: false,
};

const GIT = {
  url: 'https://git.example.com/reports.git',
  ref: { tag: 'v1' },
  path: 'reports',
  entrypoint: 'usage.ts',
  credentialsSecretRef: { name: 'git' },
  caSecretRef: CA,
  env: CONTAINER.env,
  trusted: false,
};
const GIT_PROGRAM = { url: GIT.url, image: CONTAINER.image, command: ['python3'], args: ['-u'] };
/** Custom code runs as the default service account. */
const OF_CODE = { ...TEMPLATE, job: { ...TEMPLATE.job, serviceAccountName: undefined } };

const S3 = { storageRef: { name: 'archive' }, format: 'CSV', csv: { delimiter: ';', null: 'NULL', formulas: 'Unescape' } };

const TEMPLATES: readonly object[] = [
  { ...TEMPLATE, source: { inline: { rows: [{ id: 1 }] } } },
  {
    ...TEMPLATE,
    source: { postgres: { urlFrom: { secretKeyRef: SECRET }, query: 'select 1 as id', statementTimeoutSeconds: 60, caSecretRef: CA } },
  },
  {
    ...TEMPLATE,
    source: { mysql: { urlFrom: { secretKeyRef: SECRET }, query: 'select 1 as id', statementTimeoutSeconds: 60, caSecretRef: CA } },
  },
  { ...TEMPLATE, source: { http: HTTP } },
  { ...TEMPLATE, source: { http: { ...HTTP, pagination: BY_CURSOR } } },
  { ...TEMPLATE, source: { kubernetes: KUBERNETES }, columns: COUNTED },
  { ...TEMPLATE, source: { s3: { ...S3, key: 'imports/2026-10.csv' } } },
  { ...TEMPLATE, source: { s3: { ...S3, prefix: 'imports/' } } },
  { ...OF_CODE, source: { container: CONTAINER } },
  { ...OF_CODE, source: { git: GIT }, xlsx: { workbook: { path: 'forms/invoices.xlsx', sheet: 'Data' } } },
  { ...OF_CODE, source: { git: { ...GIT_PROGRAM, ref: { branch: 'main' } } } },
  { ...OF_CODE, source: { git: { ...GIT_PROGRAM, ref: { commit: 'a'.repeat(40) } } } },
];

const REPOSITORY = {
  git: { url: GIT.url, ref: { branch: 'main' }, credentialsSecretRef: { name: 'git' }, caSecretRef: CA },
  path: 'reports',
  intervalSeconds: 600,
  templates: {
    job: { ...TEMPLATE.job, serviceAccountName: undefined },
    storageRef: { name: 'archive' },
    formats: ['CSV'],
    env: CONTAINER.env,
    pythonImage: 'registry.example.com/python:1',
  },
};

const LABELS = { team: 'billing' };
const NAMESPACES = { matchLabels: LABELS, matchExpressions: [{ key: 'team', operator: 'In', values: ['billing'] }] };

/** By kind. */
export const SPEC_SAMPLES: Readonly<Record<string, readonly object[]>> = {
  Report: [REPORT],
  ReportSchedule: [
    SCHEDULE,
    { ...BY_CALENDAR, calendar: { frequency: 'Weekly', at: '06:00', daysOfWeek: ['Monday'] } },
    { ...BY_CALENDAR, calendar: { frequency: 'Monthly', at: '06:00', daysOfMonth: [1, -1] } },
  ],
  ReportTemplate: TEMPLATES,
  ClusterReportTemplate: TEMPLATES.map((template) => ({ ...template, allowedNamespaces: NAMESPACES })),
  ReportRepository: [
    REPOSITORY,
    { git: { ...REPOSITORY.git, ref: { tag: 'v1' } } },
    { git: { ...REPOSITORY.git, ref: { commit: 'a'.repeat(40) } } },
  ],
  ReportStorage: [
    {
      default: true,
      s3: {
        bucket: 'reports',
        prefix: 'billing',
        endpoint: 'https://s3.example.com',
        publicEndpoint: 'https://files.example.com',
        region: 'eu-central-1',
        forcePathStyle: true,
        credentialsSecretRef: { name: 'keys' },
        caSecretRef: CA,
        serverSideEncryption: 'AES256',
        checksums: 'SHA256',
        allowCustomCode: false,
      },
    },
  ],
  ReportDownload: [{ reportRef: { name: 'invoices' }, expirationSeconds: 600 }],
};
