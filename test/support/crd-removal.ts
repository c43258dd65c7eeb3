/**
 * Takes CRDs away without waiting for what Kubernetes forgets.
 *
 * Its CRD finalizer lists the objects while the storage may still be starting ("storage is (re)initializing"), looks again with a CRD from its cache, meets a conflict with its
 * own write, and then rightly thinks that an update will bring it back, but wrongly ignores that update because only the condition Terminating differs
 * (apiextensions-apiserver, pkg/controller/finalizer/crd_finalizer.go, as of 1.37): such a CRD goes with the resync of the informer, after up to five minutes, or at once
 * when anything else about it changes.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 1_000;
/** The one condition of those CRDs; `|` separates it from the name. */
const PATH = 'jsonpath={range .items[*]}{.metadata.name}|{.status.conditions[?(@.type=="Terminating")].reason}{"\\n"}{end}';

/** Runs `work`, which ends when CRDs are gone, and meanwhile touches those whose removal failed once. */
export async function whileCrdsGo<T>(kubectl: (args: readonly string[]) => Promise<string>, work: () => Promise<T>): Promise<T> {
  const done = new AbortController();
  const helping = touchForgotten(kubectl, done.signal);
  try {
    return await work();
  } finally {
    done.abort();
    await helping;
  }
}

async function touchForgotten(kubectl: (args: readonly string[]) => Promise<string>, done: AbortSignal): Promise<void> {
  for (let round = 0; !done.aborted; round += 1) {
    // Whether all is well is for `work` to say.
    const listed = await kubectl(['get', 'crds', '-o', PATH]).catch(() => '');
    for (const [, name = ''] of listed.matchAll(/^(.+)\|InstanceDeletionFailed$/gm)) {
      // It may go at this moment.
      await kubectl(['annotate', 'crd', name, '--overwrite', `test.dossier.dev/touched=${round}`]).catch(() => undefined);
    }
    await sleep(POLL_MS, undefined, { signal: done }).catch(() => undefined);
  }
}
