/** A row that a module yields, as the line of JSON that it becomes: every digit of integers, and nothing that JSON would change in silence. */
/** What TypeScript's library does not declare yet. */
const json = JSON as unknown as { rawJSON(text: string): object };

/** @throws TypeError, naming row and key, for what is no row or no value. */
export function rowText(row: unknown, number: number): string {
  if (typeof row !== 'object' || row === null)
    throw new TypeError(`row ${number} is ${row === null ? 'null' : `a ${typeof row}`}, not an object or a list`);
  if (saysNothing(row)) throw new TypeError(`row ${number} is of class ${row.constructor.name}, not an object or a list`);
  return JSON.stringify(row, function (this: unknown, key: string, value: unknown) {
    // A Date has been made a text before it comes here; an invalid one, null.
    const given = (this as Readonly<Record<string, unknown>>)[key];
    if (given instanceof Date && Number.isNaN(given.getTime())) throw new TypeError(`row ${number}: "${key}" is an invalid date`);
    switch (typeof value) {
      case 'bigint':
        return json.rawJSON(value.toString());
      case 'number':
        if (!Number.isFinite(value)) throw new TypeError(`row ${number}: "${key}" is ${value}, which JSON cannot say; yield null`);
        return value;
      case 'function':
      case 'symbol':
        throw new TypeError(`row ${number}: "${key}" is a ${typeof value}, which is no value`);
      case 'object':
        if (value !== null && saysNothing(value))
          throw new TypeError(`row ${number}: "${key}" is of class ${value.constructor.name}, which JSON cannot say`);
        return value;
      default:
        return value;
    }
  });
}

/** A Map, a promise, an object with private fields: JSON would make it {}, and a row of it would be one of empty cells. */
function saysNothing(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null || Array.isArray(value) || Object.keys(value).length > 0) return false;
  // Numbers and the like in an object of their own are taken out of it; a Date or a Temporal one writes itself.
  return typeof value.valueOf() === 'object' && !('toJSON' in value);
}
