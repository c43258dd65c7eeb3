/** What guardian.test.ts kills: a program with a workspace and the servers named by its arguments, one shell command each. Prints one line of JSON when they run. */
import { join } from 'node:path';
import { Workspace } from '../../../src/local/workspace.ts';

const workspace = await Workspace.create();
const pids: number[] = [];
for (const [index, script] of process.argv.slice(2).entries()) {
  const name = `server-${index}`;
  const server = await workspace.start({ name, logFile: join(workspace.folder, `${name}.log`), command: '/bin/sh', args: ['-c', script] });
  pids.push(server.pid);
}
console.log(JSON.stringify({ folder: workspace.folder, pids }));
