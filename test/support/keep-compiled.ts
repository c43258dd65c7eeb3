/**
 * Keeps what Node has compiled in a test file's worker for the workers to come: Vitest and what packages a file imports. Vitest ends its workers by a signal, at which Node
 * would keep nothing, and each of some 300 workers would compile all of it anew.
 */
import { flushCompileCache } from 'node:module';
import { afterAll } from 'vitest';

afterAll(() => flushCompileCache());
