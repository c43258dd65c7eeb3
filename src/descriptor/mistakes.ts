/** Gathers every mistake of a descriptor, so that whoever wrote it sees all of them at once, each beginning with file and field. */
import { foreignText, quoted } from '../foreign-text.ts';
import { nearest } from '../nearest.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** One place in a descriptor, and what was found wrong there and below. */
export class Place {
  readonly path: string;
  readonly #found: string[];

  constructor(path: string, found: string[] = []) {
    this.path = path;
    this.#found = found;
  }

  /** A place inside this one, which tells its mistakes to the same list. */
  inside(name: string): Place {
    return new Place(`${this.path}: ${name}`, this.#found);
  }

  get mistakes(): readonly string[] {
    return this.#found;
  }

  /** `clause` says what is wrong and what would be right. */
  wrong(clause: string): void {
    this.#found.push(`${this.path}: ${clause}`);
  }

  object(value: unknown): Fields | undefined {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
    this.wrong(`must be an object of fields${isGiven(value)}`);
    return undefined;
  }

  list(value: unknown, least: number, most: number): readonly unknown[] {
    if (Array.isArray(value) && value.length >= least && value.length <= most) return value as readonly unknown[];
    this.wrong(`must be a list of ${least} to ${most} entries${Array.isArray(value) ? `, not ${value.length}` : isGiven(value)}`);
    return [];
  }

  /** A required text of at most `most` characters. */
  text(fields: Fields, field: string, most: number): string | undefined {
    const value = fields[field];
    if (typeof value === 'string' && value.trim() !== '' && value.length <= most) return value;
    this.inside(field).wrong(
      typeof value === 'string' && value.length > most
        ? `has ${value.length.toLocaleString('en-US')} characters; at most ${most.toLocaleString('en-US')} are allowed`
        : `must be a text${isGiven(value)}`,
    );
    return undefined;
  }

  optionalText(fields: Fields, field: string, most: number): string | undefined {
    return fields[field] === undefined ? undefined : this.text(fields, field, most);
  }

  /** Names every field that is not known; `refusals` are those that are known and do not belong here. */
  knownOnly(fields: Fields, known: readonly string[], refusals: ReadonlyMap<string, string> = new Map()): void {
    for (const field of Object.keys(fields)) {
      if (known.includes(field)) continue;
      const refusal = refusals.get(field);
      const near = nearest(field, known, 1)[0];
      this.inside(foreignText(field, 64)).wrong(
        refusal ?? `is no field here${near === undefined ? `; there are ${known.join(', ')}` : `; did you mean ${near}?`}`,
      );
    }
  }
}

/** What stands there instead, as the end of a clause. */
function isGiven(value: unknown): string {
  if (value === undefined) return '; it is missing';
  if (value === null) return ', not null';
  if (Array.isArray(value)) return ', not a list';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return `, not ${quoted(value)}`;
  return ', not an object';
}
