/** Parameters of a reports.json: Connect's rules for them, and what they are as parameters of a template. The Python program turns their values back (src/python). */
import { quoted } from '../foreign-text.ts';
import type { Place } from './mistakes.ts';
import { type Fields } from './mistakes.ts';

const NAME_LIMIT = 63;
const DESCRIPTION_LIMIT = 1024;
const CHOICES_LIMIT = 1000;

interface Kind {
  readonly type: string;
  /** Connect asks for an answer, which may be "all of them"; here that is no answer. */
  readonly canBeAll?: true;
  readonly hasChoices?: true;
  readonly hint?: string;
}

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['date_range', { type: 'Period' }],
  ['date', { type: 'Date' }],
  ['single_line', { type: 'String' }],
  ['object', { type: 'String', hint: 'JSON' }],
  ['product', { type: 'Strings', canBeAll: true, hint: 'IDs of products; without it, all' }],
  ['marketplace', { type: 'Strings', canBeAll: true, hint: 'IDs of marketplaces; without it, all' }],
  ['hub', { type: 'Strings', canBeAll: true, hint: 'IDs of hubs; without it, all' }],
  ['checkbox', { type: 'Choices', canBeAll: true, hasChoices: true, hint: 'without it, all' }],
  ['choice', { type: 'Choice', hasChoices: true }],
]);

/** The declarations of a template. */
export function checkParameters(report: Place, value: unknown): readonly object[] {
  if (value === undefined) return [];
  const ids = new Map<string, string>();
  return report
    .inside('parameters')
    .list(value, 0, 64)
    .flatMap((entry, index) => {
      const fields = report.inside(`parameters[${index}]`).object(entry);
      if (fields === undefined) return [];
      const place = report.inside(typeof fields['id'] === 'string' ? `parameters ${quoted(fields['id'])}` : `parameters[${index}]`);
      return checkOne(place, fields, ids);
    });
}

function checkOne(place: Place, fields: Fields, ids: Map<string, string>): readonly object[] {
  const id = place.text(fields, 'id', 256);
  const type = place.text(fields, 'type', 64);
  const title = place.text(fields, 'name', 4096);
  const description = place.text(fields, 'description', 16_384);
  const { required } = fields;
  if (required !== undefined && typeof required !== 'boolean') place.inside('required').wrong('must be true or false');
  const kind = type === undefined ? undefined : KINDS.get(type);
  if (type !== undefined && kind === undefined)
    place.inside('type').wrong(`must be one of ${[...KINDS.keys()].join(', ')}, not ${quoted(type)}`);
  const choices = choicesOf(place, fields, kind?.hasChoices === true);
  if (id === undefined || kind === undefined) return [];
  const name = parameterName(id);
  const other = ids.get(name);
  if (other === id) place.wrong('its id is another parameter’s, too; each needs its own');
  else if (other !== undefined) place.wrong(`its name becomes ${quoted(name)}, as that of ${quoted(other)} does; give it another id`);
  if (name.length > NAME_LIMIT) place.inside('id').wrong(`has more than ${NAME_LIMIT} characters`);
  ids.set(name, id);
  const words = [title, description, kind.hint === undefined ? undefined : `(${kind.hint})`].filter((word) => word !== undefined);
  return [
    {
      name,
      type: kind.type,
      ...(required === true && kind.canBeAll !== true ? { required: true } : {}),
      description: `${words.join('. ')}`.slice(0, DESCRIPTION_LIMIT).toWellFormed(),
      ...(kind.hasChoices ? { choices } : {}),
    },
  ];
}

/** Letters, digits and underscores stay; src/python does the same. */
function parameterName(id: string): string {
  const plain = id.replaceAll(/[^A-Za-z0-9_]/g, '_');
  return /^[A-Za-z]/.test(plain) ? plain : `p_${plain}`;
}

function choicesOf(place: Place, fields: Fields, needed: boolean): readonly object[] {
  if (fields['choices'] === undefined && !needed) return [];
  const at = place.inside('choices');
  const values = new Set<string>();
  const found = at.list(fields['choices'], 1, CHOICES_LIMIT).flatMap((entry, index) => {
    const own = place.inside(`choices[${index}]`);
    const choice = own.object(entry);
    const value = choice === undefined ? undefined : own.text(choice, 'value', 1024);
    const label = choice === undefined ? undefined : own.text(choice, 'label', 256);
    if (value === undefined || label === undefined) return [];
    if (values.has(value)) own.wrong(`the value ${quoted(value)} is there twice`);
    values.add(value);
    return [{ value, label }];
  });
  return found;
}
