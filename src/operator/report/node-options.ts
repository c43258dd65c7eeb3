/**
 * How a runner's JavaScript heap fits into the memory of its container, as NODE_OPTIONS.
 *
 * Left to itself, V8 lets garbage pile up according to the memory that it sees, which on a large machine is much: a run that needs 130 MB then holds 250. Half of the
 * container is the heap's, as V8 itself would have it where it sees the limit; buffers of the upload and the program have the other half. The young generation is
 * small, because rows die young; in a smaller one they live long enough to be kept, which takes more memory and half again as much time.
 */
import { readQuantity } from '../../quantity/quantity.ts';

const MIB = 1_048_576;
const YOUNG_SEMI_SPACE_MIB = 3;
/** Below, the program itself does not fit, and the kernel's verdict says more than V8's. */
const LEAST_HEAP_MIB = 64;
/** V8's own most. */
const LARGEST_HEAP_MIB = 4096;

/** `memoryLimit`: a quantity of bytes, such as `512Mi`; without one V8 decides. */
export function nodeOptions(memoryLimit: string | undefined): string {
  const young = `--max-semi-space-size=${YOUNG_SEMI_SPACE_MIB}`;
  const bytes = memoryLimit === undefined ? undefined : readQuantity(memoryLimit);
  if (bytes === undefined) return young;
  const heap = Math.min(Math.max(Math.floor(Number(bytes) / 2 / MIB), LEAST_HEAP_MIB), LARGEST_HEAP_MIB);
  return `${young} --max-old-space-size=${heap}`;
}
