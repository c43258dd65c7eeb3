/**
 * The Job's program: reads its plan from the environment, moves rows from the source to the bucket, and leaves one line behind.
 *
 * It never talks to Kubernetes. Whatever happens, it ends with an exit code that the Job understands and a result in the termination log; a SIGTERM aborts the
 * upload first, so that a deleted or drained pod leaves no parts behind.
 */
import { writeFileSync } from 'node:fs';
import { parseExact } from '../exact-json.ts';
import { createLogger } from '../telemetry/log.ts';
import { endingOf, EXIT_DONE } from './exit.ts';
import { createEncoder } from './formats/create.ts';
import { runPipeline, type FileFacts } from './pipeline.ts';
import { PLAN_ENV, type RunPlan } from './plan.ts';
import { formatProgress, PROGRESS_INTERVAL_MS, type Progress } from './progress.ts';
import { formatResult, type RunResult } from './result.ts';
import { openSource } from './sources/open.ts';
import { openUploader } from './upload/open.ts';

const log = createLogger('info');
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(new Error(signal)));

try {
  const plan = readPlan(process.env);
  log.info({ report: plan.report, attempt: plan.attempt, source: plan.source.kind, format: plan.format }, 'started');
  const file = await produce(plan, stop.signal);
  const { etag, versionId } = file.stored;
  leave({
    ok: true,
    rows: file.rows,
    sheets: file.sheets,
    bytes: file.bytes,
    sha256: file.sha256,
    etag,
    ...(versionId === undefined ? {} : { versionId }),
    key: plan.output.key,
  });
  log.info({ rows: file.rows, bytes: file.bytes }, 'done');
  process.exitCode = EXIT_DONE;
} catch (error) {
  const { code, result } = endingOf(error, stop.signal.aborted);
  leave(result);
  log.error({ err: error, exitCode: code, reason: result.reason }, 'failed');
  process.exitCode = code;
}

async function produce(plan: RunPlan, signal: AbortSignal): Promise<FileFacts> {
  const source = await openSource(plan, process.env, signal);
  try {
    const uploader = await openUploader(plan, process.env, signal);
    try {
      const encoder = createEncoder(plan.format, plan);
      return await runPipeline({ source, encoder, uploader, onProgress: progressLogger() }, signal);
    } catch (error) {
      await uploader
        .abort()
        .catch((problem: unknown) => log.warn({ err: problem }, 'the upload could not be aborted; the operator will do it'));
      throw error;
    }
  } finally {
    await source.close();
  }
}

/** At most one line in five seconds, and always one when the phase changes. */
function progressLogger(): (progress: Progress) => void {
  let lastAt = performance.now();
  let lastPhase: Progress['phase'] = 'Rendering';
  return (progress) => {
    const now = performance.now();
    if (progress.phase === lastPhase && now - lastAt < PROGRESS_INTERVAL_MS) return;
    lastAt = now;
    lastPhase = progress.phase;
    process.stdout.write(`${formatProgress(progress, new Date())}\n`);
  };
}

/** The operator wrote the plan; it is taken as it is. */
function readPlan(env: NodeJS.ProcessEnv): RunPlan {
  const text = env[PLAN_ENV.plan];
  if (text === undefined) throw new TypeError(`${PLAN_ENV.plan} is not set: this program is started by the operator's Jobs`);
  return parseExact(text) as RunPlan;
}

function leave(result: RunResult): void {
  const path = process.env[PLAN_ENV.terminationLog];
  if (path !== undefined) writeFileSync(path, formatResult(result));
}
