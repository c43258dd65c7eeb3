/** `npm run tools`: makes every tool of demo and tests present and prints where it is. */
import { TOOLS } from './catalog.ts';
import { provideTools, ToolsMissingError } from './provide.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stop.abort(new Error(`stopped by ${signal}`));
  });
}

try {
  const paths = await provideTools({ signal: stop.signal });
  for (const tool of Object.values(TOOLS)) console.log(`${tool.name} ${tool.version} ${paths[tool.name]}`);
} catch (error) {
  if (error instanceof ToolsMissingError || stop.signal.aborted) console.error((error as Error).message);
  else throw error;
  process.exitCode = 1;
}
