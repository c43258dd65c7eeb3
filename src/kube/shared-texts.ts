/**
 * Lets objects of a cache have equal texts in common: JSON.parse makes each anew, and thousands of Reports say the same reasons, messages, times and kinds.
 * That is two fifths of what such an object takes (docs/benchmarks/schedules.md).
 */

/** Shorter ones are kept once by V8 itself; longer ones are rarely equal, and looking them up takes time. */
const MIN_LENGTH = 11;
const MAX_LENGTH = 128;
/** Texts that are remembered; names and UIDs are among them, so when there are so many, remembering begins anew. */
const LIMIT = 4_096;

export class SharedTexts {
  readonly #known = new Map<string, string>();

  /** Changes parsed JSON in place; nobody else may have it yet. Nothing here recurses: an object may be nested ten thousand levels deep. */
  share(root: object): void {
    const open = [root as Record<string, unknown>];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const key of Object.keys(node)) {
        const child = node[key];
        if (typeof child === 'string') node[key] = this.#shared(child);
        else if (typeof child === 'object' && child !== null) open.push(child as Record<string, unknown>);
      }
    }
  }

  #shared(text: string): string {
    if (text.length < MIN_LENGTH || text.length > MAX_LENGTH) return text;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= LIMIT) this.#known.clear();
    this.#known.set(text, text);
    return text;
  }
}
