/** The three servers that demo and tests run on, started together: control plane, S3 server and Postgres, all or none. */
import { ControlPlane } from './control-plane/control-plane.ts';
import { PostgresServer } from './postgres/postgres-server.ts';
import { S3Server } from './s3-server.ts';
import { provideTools } from './tools/provide.ts';
import { SERVER_TOOLS, type ToolPaths } from './tools/catalog.ts';
import { Workspace } from './workspace.ts';

export interface Servers {
  readonly workspace: Workspace;
  readonly tools: ToolPaths;
  readonly controlPlane: ControlPlane;
  readonly s3: S3Server;
  readonly postgres: PostgresServer;
}

/** Makes the tools present and starts the servers, some 4 s once the tools are there. Closing the workspace ends them; on failure they have ended already. */
export async function startServers(signal?: AbortSignal): Promise<Servers> {
  const tools = await provideTools(signal === undefined ? {} : { signal }, SERVER_TOOLS);
  const workspace = await Workspace.create();
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const starts = [
    ControlPlane.start(workspace, tools, stop),
    S3Server.start(workspace, tools, { signal: stop }),
    PostgresServer.start(workspace, { signal: stop }),
  ] as const;
  try {
    const [controlPlane, s3, postgres] = await Promise.all(starts);
    return { workspace, tools, controlPlane, s3, postgres };
  } catch (error) {
    // The others must not start programs in a workspace that is being closed.
    failed.abort(error);
    await Promise.allSettled(starts);
    await workspace.close();
    throw error;
  }
}
