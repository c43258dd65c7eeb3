/** The source that a plan names. */
import type { RunPlan } from '../plan.ts';
import type { RowSource } from '../rows.ts';
import { openCode } from './code.ts';
import { openHttp } from './http.ts';
import { openInline } from './inline.ts';
import { openKubernetes } from './kubernetes.ts';
import { openPostgres } from './postgres.ts';
import { openS3 } from './s3.ts';

/** The caller closes it. `env` has the Secrets (PLAN_ENV). @throws DossierError, or the signal's reason. */
export async function openSource(
  plan: RunPlan,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<RowSource> {
  const { source } = plan;
  switch (source.kind) {
    case 'inline':
      return openInline(source, plan);
    case 'mysql': {
      // Its driver is the largest, and few need it.
      const { openMysql } = await import('./mysql.ts');
      return openMysql(source, plan, env, signal);
    }
    case 'postgres':
      return openPostgres(source, plan, env, signal);
    case 'http':
      return openHttp(source, plan, env);
    case 'kubernetes':
      return openKubernetes(source, plan, env, signal);
    case 's3':
      return openS3(source, plan, env);
    case 'code':
      return openCode(plan, env);
  }
}
