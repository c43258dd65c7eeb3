/**
 * Preloaded into the runner (`node --import`): leaves the most memory that the process ever held in the file `DOSSIER_BENCH_PEAK`, in kibibytes.
 *
 * On Linux it is the kernel's VmHWM of this program; `maxRSS` is there never less than what the parent held when it forked. JavaScript, because to strip types takes memory.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = process.env['DOSSIER_BENCH_PEAK'];
if (file === undefined) throw new TypeError('DOSSIER_BENCH_PEAK is not set');

process.once('exit', () => writeFileSync(file, String(peakKib())));

function peakKib() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}
