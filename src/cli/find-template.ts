/** The template that somebody names on the command line. */
import type { ClusterReportTemplate } from '../api/generated/clusterreporttemplate.ts';
import type { ReportTemplate } from '../api/generated/reporttemplate.ts';
import { isNotFound } from '../kube/errors.ts';
import { CLUSTER_REPORT_TEMPLATES, REPORT_TEMPLATES } from '../kube/resources.ts';
import { CommandError, type World } from './command.ts';

/** Throws CommandError when there is none. */
export async function findTemplate(
  { client, namespace, signal }: World,
  kind: 'ReportTemplate' | 'ClusterReportTemplate',
  name: string,
): Promise<ReportTemplate | ClusterReportTemplate> {
  const isCluster = kind === 'ClusterReportTemplate';
  try {
    return await client.get<ReportTemplate | ClusterReportTemplate>(
      isCluster ? CLUSTER_REPORT_TEMPLATES : REPORT_TEMPLATES,
      isCluster ? undefined : namespace,
      name,
      signal,
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const where = isCluster ? 'in this cluster' : `in namespace ${namespace} (for a ClusterReportTemplate say --cluster)`;
    throw new CommandError(`there is no ${kind} "${name}" ${where}`);
  }
}
