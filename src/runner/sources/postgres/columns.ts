/**
 * A result's columns against the template's: matched by name, in the template's order, every mistake at once and before the first row.
 *
 * A column that is missing, surplus or of a type that never fits is the source's failure and not the template's: a view that somebody changed breaks a template that
 * was right. Surplus columns are refused because a file that silently lacks one is as wrong as one that has it twice.
 */
import { foreignText } from '../../../foreign-text.ts';
import { didYouMean } from '../../../nearest.ts';
import { atMostMistakes, MISTAKES_LIMIT } from '../../../mistakes.ts';
import { withArticle, type CellReader } from '../../cells/misfit.ts';
import { postgresReader, usualReading } from '../../cells/postgres-cells.ts';
import { ownColumnType, typeName, type PostgresType } from '../../cells/postgres-types.ts';
import type { WallTimes } from '../../cells/wall-times.ts';
import type { Column, TextReading } from '../../rows.ts';
import { failed } from './errors.ts';

export interface ResultColumn {
  readonly name: string;
  readonly type: PostgresType;
}

export interface ColumnReader {
  readonly column: Column;
  /** Index in the result's rows. */
  readonly index: number;
  readonly read: CellReader<string>;
  /** See usualReading. */
  readonly reading: TextReading | undefined;
}

/** @throws DossierError SourceFailed naming every column that does not fit. */
export function columnReaders(
  result: readonly ResultColumn[],
  declared: readonly Column[] | undefined,
  wall: WallTimes,
): readonly ColumnReader[] {
  const duplicates = [...new Set(result.map(({ name }) => name).filter((name, index, names) => names.indexOf(name) !== index))];
  if (duplicates.length > 0)
    throw failed(`the result has several columns named ${list(duplicates)}; give each a name of its own (… as name)`, false);
  const columns = declared ?? result.map(({ name, type }): Column => ({ name, header: name, type: ownColumnType(type) }));

  const indexes = new Map(result.map(({ name }, index) => [name, index]));
  const mistakes: string[] = [];
  const readers: ColumnReader[] = [];
  for (const column of columns) {
    const index = indexes.get(column.name);
    const found = index === undefined ? undefined : result[index];
    if (index === undefined || found === undefined) {
      mistakes.push(`column "${column.name}" is not in the result${nearHint(column.name, [...indexes.keys()])}`);
      continue;
    }
    const read = postgresReader(found.type, column.type, wall);
    if (read === undefined)
      mistakes.push(
        `column "${column.name}" is ${withKind(found.type)} in the result, which is never ${withArticle(column.type)}; cast it in the query`,
      );
    else readers.push({ column, index, read, reading: usualReading(found.type, column.type) });
  }
  const names = new Set(columns.map(({ name }) => name));
  const surplus = result.map(({ name }) => name).filter((name) => !names.has(name));
  if (surplus.length > 0) mistakes.push(`the result has ${list(surplus)}, which the template does not declare`);
  if (mistakes.length > 0)
    throw failed(`${atMostMistakes(mistakes).join('; ')}; the result has the columns ${list([...indexes.keys()])}`, false);
  return readers;
}

/** PostgreSQL folds names without quotes to lower case. */
function nearHint(name: string, result: readonly string[]): string {
  const folded = name.toLowerCase();
  if (folded !== name && result.includes(folded))
    return `, but "${folded}" is: names without quotes are lower case in PostgreSQL (as "${name}")`;
  return didYouMean(name, result);
}

function withKind(type: PostgresType): string {
  const name = typeName(type);
  return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
}

function list(names: readonly string[]): string {
  const told = names.slice(0, MISTAKES_LIMIT).map((name) => `"${foreignText(name, 64)}"`);
  return names.length > told.length ? `${told.join(', ')} and ${names.length - told.length} more` : told.join(', ');
}
