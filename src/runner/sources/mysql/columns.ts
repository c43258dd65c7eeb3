/** A result's columns against the template's: matched by name, in the template's order, every mistake at once and before the first row. */
import { foreignText } from '../../../foreign-text.ts';
import { atMostMistakes, MISTAKES_LIMIT } from '../../../mistakes.ts';
import { didYouMean } from '../../../nearest.ts';
import { isMisfit, Misfit, withArticle, type CellReader } from '../../cells/misfit.ts';
import { mysqlType, type MysqlField, type MysqlType } from '../../cells/mysql-types.ts';
import { postgresReader } from '../../cells/postgres-cells.ts';
import { ownColumnType, typeName } from '../../cells/postgres-types.ts';
import type { WallTimes } from '../../cells/wall-times.ts';
import type { Cell, Column, ColumnType } from '../../rows.ts';
import { failed } from './errors.ts';
import type { ServerClocks } from './server-clocks.ts';

export interface ColumnReader {
  readonly column: Column;
  /** Index in the result's rows. */
  readonly index: number;
  /** Of a value that is not null, as the driver gives it. */
  readonly read: CellReader<unknown>;
}

/** `clocks` is told of every instant. @throws DossierError SourceFailed naming every column that does not fit. */
export function columnReaders(
  fields: readonly MysqlField[],
  declared: readonly Column[] | undefined,
  wall: WallTimes,
  clocks: ServerClocks,
): readonly ColumnReader[] {
  const names = fields.map(({ name }) => name);
  const duplicates = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (duplicates.length > 0)
    throw failed(`the result has several columns named ${list(duplicates)}; give each a name of its own (… as name)`, false);
  const types = fields.map(mysqlType);
  const opaque = names.filter((_, index) => types[index] === undefined);
  if (opaque.length > 0)
    throw failed(`the result has ${list(opaque)} as a geometry or vector; select a text of it, e.g. st_astext(…)`, false);

  const columns = declared ?? fields.map(({ name }, index): Column => ({ name, header: name, type: ownType(types[index]) }));
  const mistakes: string[] = [];
  const readers = columns.flatMap((column): ColumnReader[] => {
    const index = names.indexOf(column.name);
    const type = types[index];
    if (type === undefined) {
      mistakes.push(`column "${column.name}" is not in the result${didYouMean(column.name, names)}`);
      return [];
    }
    const read = readerOf(type, column.type, wall, clocks);
    if (read !== undefined) return [{ column, index, read }];
    const kind = typeName(type.type);
    mistakes.push(
      `column "${column.name}" is ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind} in the result, which is never ${withArticle(column.type)}; cast it in the query`,
    );
    return [];
  });
  const surplus = names.filter((name) => !columns.some((column) => column.name === name));
  if (surplus.length > 0) mistakes.push(`the result has ${list(surplus)}, which the template does not declare`);
  if (mistakes.length > 0) throw failed(`${atMostMistakes(mistakes).join('; ')}; the result has the columns ${list(names)}`, false);
  return readers;
}

function ownType(type: MysqlType | undefined): ColumnType {
  return type === undefined ? 'String' : ownColumnType(type.type);
}

function readerOf(type: MysqlType, wanted: ColumnType, wall: WallTimes, clocks: ServerClocks): CellReader<unknown> | undefined {
  const read = textReader(type, wanted, wall);
  if (read === undefined) return undefined;
  return (value) => {
    const text = type.text(value);
    if (text === undefined) return new Misfit('is not what the server says that the column holds');
    const cell = read(text);
    if (!type.isInstant || typeof cell !== 'bigint') return cell;
    // What the protocol brings is in the session's zone, where an hour of each autumn is there twice.
    const second = Number(cell / 1_000_000_000n);
    if (wall.isShownAgain(second))
      return new Misfit(
        `is a time that clocks in ${wall.timeZone} showed twice, and MySQL does not say which; ask for timeZone UTC, or select unix_timestamp(…)`,
      );
    clocks.note(second, text);
    return cell;
  };
}

function textReader({ type }: MysqlType, wanted: ColumnType, wall: WallTimes): CellReader<string> | undefined {
  // There is no boolean in MySQL; what is declared as one is a tinyint(1).
  if (wanted === 'Boolean' && type.kind === 'scalar' && type.family === 'integer')
    return (text): Cell | Misfit =>
      text === '1' ? true : text === '0' ? false : new Misfit('is an Integer other than 0 and 1, which is not a Boolean');
  const read = postgresReader(type, wanted, wall);
  const isDay = type.kind === 'scalar' && (type.family === 'date' || type.family === 'timestamp');
  if (read === undefined || !isDay || wanted === 'String') return read;
  return (text) => {
    const cell = read(text);
    return isMisfit(cell) && text.includes('-00')
      ? new Misfit('is a day that is none, such as 0000-00-00; select nullif(…, 0) or the like')
      : cell;
  };
}

function list(names: readonly string[]): string {
  const told = names.slice(0, MISTAKES_LIMIT).map((name) => `"${foreignText(name, 64)}"`);
  return names.length > told.length ? `${told.join(', ')} and ${names.length - told.length} more` : told.join(', ');
}
