/** What the demo says when it cannot go on: one line with what is wrong and what helps; the end of a server's log below it, where there is one. */
import { tmpdir } from 'node:os';
import { StartError } from '../process/readiness.ts';

export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const remedy = remedyOf(error);
  if (remedy === undefined) return error.message;
  const [first = '', ...log] = error.message.split('\n');
  return [`${first.replace(/[.;]$/, '')}: ${remedy}`, ...log].join('\n');
}

function remedyOf(error: Error): string | undefined {
  if (error instanceof StartError && error.portTaken) return 'another program took its port each time; run the demo again';
  if (isCode(error, 'ENOSPC') || /no space left on device/i.test(error.message)) {
    return `free some space on the disk of ${tmpdir()} (the demo needs some 500 MB), or name another folder by TMPDIR`;
  }
  if (isCode(error, 'EMFILE') || isCode(error, 'ENFILE'))
    return 'too many files are open on this machine; raise the limit (ulimit -n 4096)';
  if (isCode(error, 'EACCES') || isCode(error, 'EPERM') || isCode(error, 'EROFS')) {
    return 'the demo may not write there; name another folder by --output (files) or TMPDIR (everything else)';
  }
  return undefined;
}

function isCode(error: Error, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
