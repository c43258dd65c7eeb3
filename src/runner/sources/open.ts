/** The source that a plan names; only its own code is loaded, for memory's sake. */
import type { RunPlan } from '../plan.ts';
import type { RowSource } from '../rows.ts';

/** The caller closes it. `env` has the Secrets (PLAN_ENV). @throws DossierError, or the signal's reason. */
export async function openSource(
  plan: RunPlan,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<RowSource> {
  const { source } = plan;
  switch (source.kind) {
    case 'inline': {
      const { openInline } = await import('./inline.ts');
      return openInline(source, plan);
    }
    case 'mysql': {
      const { openMysql } = await import('./mysql.ts');
      return openMysql(source, plan, env, signal);
    }
    case 'postgres': {
      const { openPostgres } = await import('./postgres.ts');
      return openPostgres(source, plan, env, signal);
    }
    case 'http': {
      const { openHttp } = await import('./http.ts');
      return openHttp(source, plan, env);
    }
    case 'kubernetes': {
      const { openKubernetes } = await import('./kubernetes.ts');
      return openKubernetes(source, plan, env, signal);
    }
    case 's3': {
      const { openS3 } = await import('./s3.ts');
      return openS3(source, plan, env);
    }
    case 'code': {
      const { openCode } = await import('./code.ts');
      return openCode(plan, env);
    }
  }
}
