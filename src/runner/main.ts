/**
 * The program of the runner's image. Without an argument it makes a Report's file; `fetch` gets a repository, and `code` runs a module from it: the steps of a pod whose
 * rows come from custom code, each in a container of its own; `describe` reads a repository's descriptor. None of them talks to Kubernetes.
 */
import { argv, env } from 'node:process';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(new Error(signal)));

switch (argv[2]) {
  case undefined: {
    const { makeReport } = await import('./report.ts');
    process.exitCode = await makeReport(env, stop.signal);
    break;
  }
  case 'fetch': {
    const { fetchStep } = await import('./fetch/step.ts');
    process.exitCode = await fetchStep(env, stop.signal);
    break;
  }
  case 'code': {
    const { codeStep } = await import('./code-host/step.ts');
    process.exit(await codeStep(env, stop.signal)); // whatever the module left waiting
    break;
  }
  case 'describe': {
    const { describeStep } = await import('./describe/step.ts');
    process.exitCode = await describeStep(env, stop.signal);
    break;
  }
  default:
    process.stderr.write(`unknown step "${argv[2]}": it is fetch, code, describe, or none\n`);
    process.exitCode = 64;
}
