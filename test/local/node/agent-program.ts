/** What container-process.test.ts kills: an agent with one container. Prints the container's process id once it runs. */
import { ContainerLog } from '../../../src/local/node/container-log.ts';
import { ContainerProcess } from '../../../src/local/node/container-process.ts';
import { Guardian } from '../../../src/local/process/guardian.ts';

const log = new ContainerLog('/dev/null', () => 'now');
const environment = { PATH: process.env['PATH'] ?? '' };
const command = ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'];
const running = await ContainerProcess.start({ command, environment, workingDirectory: '/' }, log, await Guardian.start());
console.log(running.pid);
