/**
 * The process that holds everything the demo runs. It serves one program (host.ts) until the channel between them closes, or, once told to keep going, until `--stop`.
 *
 * It is stopped in order in every case that lets it run on: a closed channel, SIGTERM, an operator that died. If it is killed, the guardians stop its servers.
 */
import { abortable } from '../../net/abortable.ts';
import { describeFailure } from './failure.ts';
import type { HostNote } from './host.ts';
import { KeptDemo } from './kept.ts';
import { startStage, type DemoServers, type Stage } from './stage.ts';

/** Somebody wanted the end. */
class Ended extends Error {}

const stop = new AbortController();
let kept: KeptDemo | undefined;

process.stderr.on('error', () => undefined); // its reader may be gone
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(new Ended()));
process.on('disconnect', () => {
  if (kept === undefined) stop.abort(new Ended());
});
// The channel may have closed while this program was being loaded.
if (!process.connected) stop.abort(new Ended());

const resources = new AsyncDisposableStack();
try {
  await hold(stop.signal);
} catch (error) {
  // Said before everything ends: the program would see broken connections first, and not know why.
  if (!(stop.signal.reason instanceof Ended)) await tell({ kind: 'failed', message: describeFailure(error) });
} finally {
  await kept?.withdraw();
  await resources.disposeAsync();
}
if (process.connected) process.disconnect?.();

async function hold(signal: AbortSignal): Promise<never> {
  const stage = await startStage(resources, tellServers, signal);
  // The one order there is.
  process.on('message', () => void keep(stage).catch((error: unknown) => stop.abort(error)));
  await tell({ kind: 'ready' });
  return abortable(stage.operatorLost, signal);
}

function tellServers({ workspace, tools, controlPlane, s3, postgres, crm }: DemoServers): void {
  void tell({
    kind: 'servers',
    facts: {
      folder: workspace.folder,
      kubectl: tools.kubectl,
      kubeconfigFile: controlPlane.kubeconfigFile,
      apiserver: { url: controlPlane.url, ca: controlPlane.authority.certificate, admin: controlPlane.admin },
      postgres: postgres.access,
      s3: s3.admin,
      crm,
    },
  });
}

async function keep({ workspace }: Stage): Promise<void> {
  kept = await KeptDemo.announce(workspace.folder, process.env, () => stop.abort(new Ended()));
  await tell({ kind: 'kept' });
}

/** Resolves when it is sent, or when nobody is there any more to hear it. */
async function tell(note: HostNote): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(note, undefined, undefined, () => resolve());
  });
}
