/** What weather did, counted by kind, to be printed when a run is over. */
export class Ledger {
  readonly #counts = new Map<string, number>();

  note(fault: string): void {
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** `3 x 409 Conflict to PATCH reports`, one a line, sorted. */
  lines(): readonly string[] {
    return [...this.#counts]
      .map(([fault, count]) => `${String(count).padStart(4)} x ${fault}`)
      .toSorted((a, b) => a.slice(7).localeCompare(b.slice(7)));
  }
}
