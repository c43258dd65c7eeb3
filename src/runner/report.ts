/**
 * Makes a Report's file: reads its plan from the environment, moves rows from the source to the bucket, and leaves one line behind.
 *
 * It never talks to Kubernetes. Whatever happens, it ends with an exit code that the Job understands and a result in the termination log; a SIGTERM aborts the
 * upload first, so that a deleted or drained pod leaves no parts behind.
 */
import { writeFileSync } from 'node:fs';
import { parseExact } from '../exact-json.ts';
import { createLogger } from '../telemetry/log.ts';
import { endingOf, EXIT_DONE } from './exit.ts';
import { createEncoder } from './formats/create.ts';
import { infoFacts } from './formats/xlsx/info.ts';
import { runPipeline, type FileFacts } from './pipeline.ts';
import { PLAN_ENV, type RunPlan } from './plan.ts';
import { formatProgress, PROGRESS_INTERVAL_MS, type Progress } from './progress.ts';
import { formatResult, type RunResult } from './result.ts';
import { readRevision } from './sources/code/revision.ts';
import { openSource } from './sources/open.ts';
import { openUploader } from './upload/open.ts';
import { readWorkbookFile } from './workbook-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const log = createLogger('info');

/** Resolves to the exit code; never rejects. */
export async function makeReport(env: Environment, signal: AbortSignal): Promise<number> {
  try {
    const plan = readPlan(env);
    log.info({ report: plan.report, attempt: plan.attempt, source: plan.source.kind, format: plan.format }, 'started');
    const revision = await readRevision(env);
    const file = await produce(plan, env, signal);
    const { etag, versionId } = file.stored;
    leave(env, {
      ok: true,
      rows: file.rows,
      sheets: file.sheets,
      bytes: file.bytes,
      sha256: file.sha256,
      etag,
      ...(versionId === undefined ? {} : { versionId }),
      key: plan.output.key,
      ...(revision === undefined ? {} : { revision }),
    });
    log.info({ rows: file.rows, bytes: file.bytes }, 'done');
    return EXIT_DONE;
  } catch (error) {
    const { code, result } = endingOf(error, signal.aborted);
    leave(env, result);
    log.error({ err: error, exitCode: code, reason: result.reason }, 'failed');
    return code;
  }
}

async function produce(plan: RunPlan, env: Environment, signal: AbortSignal): Promise<FileFacts> {
  // First, because a workbook that cannot be used is found without asking anybody.
  const workbook = await readWorkbookFile(plan, env);
  const info = plan.xlsx.info ? infoFacts(plan, () => Temporal.Now.instant()) : undefined;
  const encoder = createEncoder(plan.format, { ...plan, workbook, info });
  const source = await openSource(plan, env, signal);
  try {
    const uploader = await openUploader(plan, env, signal);
    try {
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
function readPlan(env: Environment): RunPlan {
  const text = env[PLAN_ENV.plan];
  if (text === undefined) throw new TypeError(`${PLAN_ENV.plan} is not set: this program is started by the operator's Jobs`);
  return parseExact(text) as RunPlan;
}

function leave(env: Environment, result: RunResult): void {
  const path = env[PLAN_ENV.terminationLog];
  if (path !== undefined) writeFileSync(path, formatResult(result));
}
