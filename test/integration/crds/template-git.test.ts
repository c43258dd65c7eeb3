/** What the source git of a template may say: each rule and bound with the last value it accepts and the first it refuses. */
import { REPORT_TEMPLATES } from '../../../src/kube/resources.ts';
import { useApiserver } from './apiserver.ts';
import { objectName, verdictsOn, type Row } from './verdicts.ts';

const apiserver = useApiserver();
const git = { url: 'https://git.example.com/billing/reports.git', ref: { tag: 'v1.4.0' }, entrypoint: 'usage.ts' };
const columns = [{ name: 'id', type: 'String' }];
const { rows } = verdictsOn(apiserver, REPORT_TEMPLATES, { source: { git }, columns, formats: ['CSV'] });

const at = 'spec.source.git';
const inGit =
  (name: string) =>
  (value: unknown): object => ({ source: { git: { ...git, [name]: value } } });
const accepted = (...values: readonly unknown[]): readonly Row[] =>
  values.map((value) => [`${JSON.stringify(value)} is accepted`, value, 'accepted']);
const refused = (field: string, ...values: readonly unknown[]): readonly Row[] =>
  values.map((value) => [`${JSON.stringify(value)} is refused`, value, [`${field}: `]]);

rows('spec', (spec) => spec as object, [
  ['url, ref, entrypoint and columns are accepted', {}, 'accepted'],
  ['no columns are refused', { columns: undefined }, ['spec.columns: Required value', 'git needs columns']],
  [
    'a service account is refused',
    { job: { serviceAccountName: 'reporter' } },
    ['spec.job.serviceAccountName: Forbidden', 'source.git.trusted'],
  ],
  [
    'neither image nor entrypoint is refused',
    { source: { git: { ...git, entrypoint: undefined } } },
    [`${at}.entrypoint: `, 'give either'],
  ],
  ['both are refused', { source: { git: { ...git, image: 'python:3' } } }, [`${at}.entrypoint: `, 'give either']],
  [
    'an image with a command is accepted',
    { source: { git: { ...git, entrypoint: undefined, image: 'python:3', command: ['x'] } } },
    'accepted',
  ],
  ['a command without image is refused', { source: { git: { ...git, command: ['x'] } } }, [`${at}.command: `, 'image of your own']],
  [
    'ssh without a Secret is refused',
    { source: { git: { ...git, url: 'git@git.example.com:billing/reports.git' } } },
    [`${at}.credentialsSecretRef: Required value`, 'known_hosts'],
  ],
  [
    'an authority for ssh is refused',
    { source: { git: { ...git, url: 'git@h:a', credentialsSecretRef: { name: 'a' }, caSecretRef: { name: 'a', key: 'b' } } } },
    [`${at}.caSecretRef: `, 'is for https'],
  ],
]);
const withKey = (url: unknown): object => ({ source: { git: { ...git, url, credentialsSecretRef: { name: 'reports-git' } } } });
rows(`${at}.url`, withKey, [
  ...accepted(
    'https://git.example.com/a',
    'https://10.0.0.7:8443/a/b%20c.git',
    'https://[fd00::1]:8443/a',
    'ssh://git@git.example.com/billing/reports.git',
    'ssh://git@git.example.com:2222/~/reports.git',
    'git@git.example.com:billing/reports.git',
    'git@git.example.com:/srv/reports.git',
  ),
  ...refused(
    `${at}.url`,
    'http://git.example.com/a',
    'https://user:SENTINEL@git.example.com/a',
    'https://git.example.com',
    'https://git.example.com/a?b=c',
    'file:///etc',
    '/srv/reports.git',
    '-oProxyCommand=x',
    'ext::sh -c id',
    'ssh://git.example.com/a',
    'ssh://-oProxyCommand=x@h/a',
    'ssh://git@-oProxyCommand=x/a',
    'git@-oProxyCommand=x:a',
    'git@h:-a',
    'git@h:a b',
    'git://git.example.com/a',
  ),
  ['a password is not repeated', 'https://user:SENTINEL@git.example.com/a', [`${at}.url: Invalid value: must be https`]],
]);
rows(`${at}.ref`, inGit('ref'), [
  ...accepted({ branch: 'release/2026-11' }, { tag: 'v1.4.0+build@2' }, { commit: 'a'.repeat(40) }, { commit: '0'.repeat(64) }),
  ...refused(`${at}.ref`, {}, { tag: 'a', branch: 'b' }),
  ...refused(
    `${at}.ref.branch`,
    ...['-x', '--upload-pack=x', 'a..b', 'a b', 'a//b', 'a/', 'a.lock', 'a@{1}', 'a:b', 'a*', '/a', ''].map((branch) => ({ branch })),
  ),
  ...refused(`${at}.ref.tag`, { tag: '-x' }, { tag: 'x'.repeat(256) }),
  ...refused(`${at}.ref.commit`, { commit: 'a'.repeat(39) }, { commit: 'HEAD' }, { commit: 'A'.repeat(40) }),
]);
rows(`${at}.path`, inGit('path'), [
  ...accepted('reports', 'reports/usage-2', 'a b/ü'),
  ...refused(`${at}.path`, '/etc', '../x', 'a/../b', 'a/./b', 'a//b', 'a/', '.git', 'a/.GIT/hooks', '-x', '', 'a\\b', 'a\nb'),
]);
rows(`${at}.entrypoint`, inGit('entrypoint'), [
  ...accepted('usage.ts', 'src/usage.mjs', 'a/b.js', 'x.mts'),
  ...refused(`${at}.entrypoint`, '/usage.ts', '../usage.ts', 'a/../usage.ts', '-usage.ts', 'usage.py', 'usage', '.git/x.js'),
]);
rows(
  `${at}.credentialsSecretRef.name`,
  (name) => ({ source: { git: { ...git, credentialsSecretRef: { name } } } }),
  objectName(`${at}.credentialsSecretRef.name`),
);
