/** Waiting for an object to become as wanted: asked for again and again, because a person waits for one object and a watch would not be quicker by much. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findCondition } from '../api/conditions.ts';
import type { Report } from '../api/generated/report.ts';
import { foreignText } from '../foreign-text.ts';
import { ConnectionError, isNotFound, KubeError } from '../kube/errors.ts';
import type { Condition, KubeObject } from '../kube/objects.ts';
import { REPORTS, type ResourceType } from '../kube/resources.ts';
import { CommandError, type World } from './command.ts';

const FIRST_INTERVAL_MS = 200;
const MAX_INTERVAL_MS = 2_000;

/** Resolves once `is` holds. An apiserver that is away for a moment is waited for; an object that is gone or a time that is over is a CommandError. */
export async function until<T extends KubeObject>(
  { client, namespace, signal }: World,
  type: ResourceType,
  name: string,
  seconds: number,
  is: (object: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  let interval = FIRST_INTERVAL_MS;
  for (;;) {
    try {
      const object = await client.get<T>(type, namespace, name, signal);
      if (is(object)) return object;
    } catch (error) {
      if (isNotFound(error)) throw new CommandError(`${type.kind} ${name} was deleted`);
      const passing = error instanceof ConnectionError || (error instanceof KubeError && error.status >= 500);
      if (!passing) throw error;
    }
    if (performance.now() >= deadline)
      throw new CommandError(`${type.kind} ${name}: not there yet after ${seconds} s; it goes on without you`);
    await sleep(interval, undefined, { signal });
    interval = Math.min(interval * 1.5, MAX_INTERVAL_MS);
  }
}

/** Waits for a Report's end and tells each step of it; resolves to the exit code: 0 = Ready. */
export async function followReport(world: World, name: string, seconds: number): Promise<number> {
  let told = '';
  const report = await until<Report>(world, REPORTS, name, seconds, ({ status }) => {
    const line = standing(status.phase, findCondition(status.conditions, 'Ready'));
    if (line !== told) world.say(`${name}: ${line}`);
    told = line;
    return status.phase === 'Ready' || status.phase === 'Failed';
  });
  return report.status.phase === 'Ready' ? 0 : 1;
}

/** `Pending (TemplateNotFound): what is missing`. */
export function standing(phase: string | undefined, ready: Condition | undefined): string {
  if (ready === undefined) return phase ?? 'not looked at yet';
  return `${phase ?? 'Pending'} (${ready.reason}): ${foreignText(ready.message, 2_048)}`;
}
