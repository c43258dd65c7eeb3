/** How the runner's container gets a template's own workbook: as a file of a ConfigMap, or as one of the checkout that it sees anyway. */
import { PLAN_ENV, type RunPlan } from '../../runner/plan.ts';
import { envText } from '../plan-json.ts';

const VOLUME = 'workbook';
const FOLDER = '/in/workbook';
const FILE = 'workbook.xlsx';

interface WorkbookAccess {
  /** Of the container `runner`. */
  readonly env: readonly unknown[];
  readonly volumeMounts: readonly unknown[];
  readonly volumes: readonly unknown[];
}

/** `checkout`: the folder of the repository, and that of the source in it; undefined for sources that have none. */
export function workbookAccess(
  { format, xlsx }: RunPlan,
  checkout: { readonly tree: string; readonly folder: string } | undefined,
): WorkbookAccess {
  const from = format === 'XLSX' ? xlsx.workbook?.from : undefined;
  if (from === undefined) return { env: [], volumeMounts: [], volumes: [] };
  if (from.kind === 'git') {
    const { tree, folder } = checkout ?? { tree: FOLDER, folder: FOLDER };
    return {
      env: [
        { name: PLAN_ENV.workbook, value: envText(`${folder}/${from.path}`) },
        { name: PLAN_ENV.workbookTree, value: tree },
      ],
      volumeMounts: [],
      volumes: [],
    };
  }
  return {
    env: [{ name: PLAN_ENV.workbook, value: `${FOLDER}/${FILE}` }],
    volumeMounts: [{ name: VOLUME, mountPath: FOLDER, readOnly: true }],
    // Optional, so that a pod does not wait for one that is missing: the runner says so.
    volumes: [{ name: VOLUME, configMap: { name: from.name, items: [{ key: from.key, path: FILE }], optional: true } }],
  };
}
