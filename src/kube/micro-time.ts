/** metav1.MicroTime: exactly six digits of a second, or the apiserver answers 400. */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/Z$/, '000Z');
}
