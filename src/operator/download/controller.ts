/** Looks at a ReportDownload when it changes and when its time has come: gather, decide, act. */
import type { ReconcileContext, Result } from '../../kube/controller.ts';
import type { ObjectKey } from '../../kube/store.ts';
import { StorageBusy } from '../storage/access.ts';
import { act } from './act.ts';
import { decide } from './decide.ts';
import { gather, type DownloadParts } from './gather.ts';

const BUSY_INTERVAL_MS = 1_000;

export async function reconcileDownload(parts: DownloadParts, key: ObjectKey, context: ReconcileContext): Promise<Result> {
  try {
    const view = await gather(parts, key, context.signal);
    if (view === undefined) return { kind: 'done' };
    const plan = decide(view, Date.now());
    await act(parts, view.download, plan, context);
    return plan.lookAgainAt === undefined ? { kind: 'done' } : { kind: 'lookAgainAt', epochMs: plan.lookAgainAt };
  } catch (error) {
    if (error instanceof StorageBusy) return { kind: 'requeueAfter', ms: BUSY_INTERVAL_MS * (1 + Math.random()) };
    throw error;
  }
}
