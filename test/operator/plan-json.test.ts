import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReportRepository } from '../../src/api/generated/reportrepository.ts';
import { parseExact } from '../../src/exact-json.ts';
import { expand } from '../../src/local/node/environment.ts';
import { planJsonOf } from '../../src/operator/plan-json.ts';
import { codeSteps } from '../../src/operator/report/custom-code.ts';
import { workbookAccess } from '../../src/operator/report/workbook-volume.ts';
import { jobManifest } from '../../src/operator/repository/job.ts';
import type { Template } from '../../src/operator/template/template.ts';
import type { RunPlan } from '../../src/runner/plan.ts';

const environment = new Map([['HOME', '/root']]);

test.each(['select $$it is$$', 'select $body$ $(HOME) $body$', '$(HOME)', '$$(HOME)', '$', '\\$', 'costs 5 $'])(
  'what the kubelet makes of a variable does not change %s',
  (query) => {
    expect(parseExact(expand(planJsonOf({ query }), environment))).toEqual({ query });
  },
);

describe('names of files in a repository reach their step as they are', () => {
  const path = 'a$$b/$(DOSSIER_STORAGE_SECRET_ACCESS_KEY)$.ts';
  const known = new Map([['DOSSIER_STORAGE_SECRET_ACCESS_KEY', 'sentinel']]);
  const valueOf = (env: readonly unknown[], name: string): string =>
    expand((env as readonly { readonly name: string; readonly value: string }[]).find((each) => each.name === name)?.value ?? '', known);
  const runner = { image: 'runner', imagePullPolicy: 'Never', imagePullSecrets: [], resources: { requests: {}, limits: {} } } as const;

  test('the entrypoint', () => {
    const git = { url: 'https://git.example/x', ref: { tag: 'v1' }, path: 'reports$$', entrypoint: path, trusted: false };
    const template = { spec: { source: { git }, job: { scratchSize: '1Gi' } } } as unknown as Template;
    const plan = { report: {}, template: {}, parameters: [], timeZone: 'UTC', allowLoopback: false } as unknown as RunPlan;
    const { initContainers } = codeSteps(template, plan, runner, 'job', undefined);
    const code = initContainers[1] as { readonly env: readonly unknown[]; readonly workingDir: string };
    expect(valueOf(code.env, 'DOSSIER_ENTRYPOINT')).toBe(`/in/checkout/tree/reports$$/${path}`);
    expect(code.workingDir).toBe('/in/checkout/tree/reports$$'); // which nobody expands
  });

  test('the workbook', () => {
    const plan = { format: 'XLSX', xlsx: { workbook: { from: { kind: 'git', path } } } } as unknown as RunPlan;
    const { env } = workbookAccess(plan, { tree: '/in/checkout/tree', folder: '/in/checkout/tree/reports$$' });
    expect(valueOf(env, 'DOSSIER_WORKBOOK')).toBe(`/in/checkout/tree/reports$$/${path}`);
  });

  test('the folder of a descriptor', () => {
    const repository = {
      metadata: { name: 'team' },
      spec: { git: { url: 'https://git.example/x', ref: { branch: 'main' } }, path: '$(X)$$', templates: {} },
    };
    const manifest = jobManifest(repository as unknown as ReportRepository, { jobName: 'job' }, runner, false);
    const { containers } = (
      manifest as unknown as {
        readonly spec: { readonly template: { readonly spec: { readonly containers: { readonly env: unknown[] }[] } } };
      }
    ).spec.template.spec;
    expect(valueOf(containers[0]?.env ?? [], 'DOSSIER_DESCRIBE')).toBe('/in/checkout/tree/$(X)$$');
  });
});

test('nor any other plan', () => {
  const text = fc.string({ unit: fc.constantFrom('$', '(', ')', 'HOME', '\\', '"', 'ä', ' ') });
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n))), (plan) => {
      const read = parseExact(expand(planJsonOf(plan), environment));
      expect(planJsonOf(read)).toBe(planJsonOf(plan));
    }),
  );
});
