/** Which of two states of an object is the older one, by resource version: decimal numbers that grow (KEP-5504). */

/** Whether `candidate` is older than `seen`; false when either is no such number, because then nobody can tell. */
export function isOlderVersion(candidate: string, seen: string): boolean {
  if (!/^\d{1,30}$/.test(candidate) || !/^\d{1,30}$/.test(seen)) return false;
  return BigInt(candidate) < BigInt(seen);
}
