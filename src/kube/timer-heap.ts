/**
 * Many due times, one timer.
 *
 * The clock is an argument and is read again whenever the timer fires: a wall clock that jumps, a laptop that slept and a paused process are noticed within
 * `MAX_WAIT_MS`, and a due time beyond 24.8 days (where setTimeout fires at once) is only ever waited for in pieces.
 */

/** Longest single wait; bounds how late a clock jump is noticed. */
const MAX_WAIT_MS = 15_000;

interface Entry<K> {
  readonly key: K;
  at: number;
  /** Place in the heap, so that a key can be moved or removed in O(log n). */
  index: number;
}

/** One due time a key. Fires `onDue` with each key once its time has come, earliest first. */
export class TimerHeap<K> {
  readonly #now: () => number;
  readonly #onDue: (key: K) => void;
  readonly #heap: Entry<K>[] = [];
  readonly #entries = new Map<K, Entry<K>>();
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Infinity;

  constructor(now: () => number, onDue: (key: K) => void) {
    this.#now = now;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Sets or moves the due time of a key, in milliseconds of the clock given. Throws RangeError for NaN, which would be due never and hold up all others. */
  set(key: K, at: number): void {
    if (Number.isNaN(at)) throw new RangeError('a due time that is not a number');
    const known = this.#entries.get(key);
    if (known === undefined) {
      const entry = { key, at, index: this.#heap.length };
      this.#heap.push(entry);
      this.#entries.set(key, entry);
      this.#up(entry);
    } else {
      known.at = at;
      this.#up(known);
      this.#down(known);
    }
    this.#arm();
  }

  /** As `set`, but never later than what was set before. */
  setEarlier(key: K, at: number): void {
    this.set(key, Math.min(at, this.#entries.get(key)?.at ?? Infinity));
  }

  delete(key: K): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#remove(entry);
    this.#arm();
  }

  /** Forgets everything; nothing fires any more. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Infinity;
    this.#heap.length = 0;
    this.#entries.clear();
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#armedFor = Infinity;
      return;
    }
    if (this.#timer !== undefined && this.#armedFor <= first.at) return; // It will look again, and re-arm, in time.
    clearTimeout(this.#timer);
    const wait = Math.min(Math.max(first.at - this.#now(), 0), MAX_WAIT_MS);
    this.#armedFor = this.#now() + wait;
    this.#timer = setTimeout(() => this.#fire(), Math.ceil(wait));
  }

  #fire(): void {
    this.#timer = undefined;
    this.#armedFor = Infinity;
    const now = this.#now();
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#remove(first);
      this.#onDue(first.key);
    }
    this.#arm();
  }

  #remove(entry: Entry<K>): void {
    this.#entries.delete(entry.key);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    last.index = entry.index;
    this.#heap[entry.index] = last;
    this.#up(last);
    this.#down(last);
  }

  #up(entry: Entry<K>): void {
    while (entry.index > 0) {
      const parent = this.#heap[(entry.index - 1) >> 1];
      if (parent === undefined || parent.at <= entry.at) return;
      this.#swap(entry, parent);
    }
  }

  #down(entry: Entry<K>): void {
    for (;;) {
      const left = this.#heap[entry.index * 2 + 1];
      const right = this.#heap[entry.index * 2 + 2];
      const child = right !== undefined && left !== undefined && right.at < left.at ? right : left;
      if (child === undefined || child.at >= entry.at) return;
      this.#swap(child, entry);
    }
  }

  #swap(rising: Entry<K>, sinking: Entry<K>): void {
    const index = sinking.index;
    sinking.index = rising.index;
    rising.index = index;
    this.#heap[rising.index] = rising;
    this.#heap[sinking.index] = sinking;
  }
}
