/**
 * The reference page of a kind, from its CRD: pure, Markdown out. What `kubectl explain` says field by field, on one page, with bounds and defaults.
 *
 * Objects follow each other in the order of the CRD, outer ones first, each with a table of its fields. The CRD's descriptions are the text: whoever wants to better a page
 * betters them, and `kubectl explain` with them.
 */

/** The part of a CRD that is shown. */
export interface DocumentedCrd {
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: { readonly kind: string; readonly plural: string; readonly shortNames?: readonly string[] };
    readonly versions: readonly {
      readonly name: string;
      readonly storage: boolean;
      readonly schema: { readonly openAPIV3Schema: FieldSchema };
      readonly additionalPrinterColumns?: readonly PrinterColumn[];
    }[];
  };
}

interface PrinterColumn {
  readonly name: string;
  readonly description?: string;
  /** Above 0 = only with `-o wide`. */
  readonly priority?: number;
}

export interface FieldSchema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly items?: FieldSchema;
  readonly additionalProperties?: FieldSchema;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** `source` names the CRD's file. */
export function referencePage(crd: DocumentedCrd, source: string): string {
  const { group, scope, names, versions } = crd.spec;
  const version = versions.find(({ storage }) => storage);
  if (version === undefined) throw new Error(`${names.kind}: no version is stored`);
  const root = version.schema.openAPIV3Schema;
  const shortNames = (names.shortNames ?? []).map(code).join(', ');
  return (
    [
      `<!-- Made from crds/${source} by \`npm run generate\`; not edited by hand. -->`,
      `# ${names.kind}`,
      text(root),
      `${code(`apiVersion: ${group}/${version.name}`)}, ${code(`kind: ${names.kind}`)}; ${scope === 'Namespaced' ? 'belongs to a namespace' : 'belongs to the cluster'}. ` +
        `For kubectl it is ${code(names.plural)}${shortNames === '' ? '' : ` (short: ${shortNames})`}; ${code(`kubectl explain ${names.kind.toLowerCase()}.spec`)} shows what stands here.`,
      ...printerColumns(version.additionalPrinterColumns ?? []),
      ...['spec', 'status'].flatMap((name) => sections(name, root.properties?.[name] ?? {})),
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

function printerColumns(columns: readonly PrinterColumn[]): readonly string[] {
  if (columns.length === 0) return [];
  const rows = columns.map(
    ({ name, description = '', priority = 0 }) => `| ${name.toUpperCase()} | ${cell(description)} | ${priority > 0 ? '`-o wide`' : ''} |`,
  );
  return ['## What `kubectl get` prints', ['| column | shows | |', '|---|---|---|', ...rows].join('\n')];
}

/** The section of an object, then those of the objects inside it. */
function sections(path: string, schema: FieldSchema): readonly string[] {
  const { properties = {}, required = [] } = schema;
  const rows = Object.entries(properties).map(([name, field]) => {
    const facts = [typeOf(field), ...(required.includes(name) ? ['**required**'] : []), ...bounds(field)];
    return `| ${code(name)} | ${facts.join('<br>')} | ${cell(text(field))} |`;
  });
  const table = ['| field | type | |', '|---|---|---|', ...rows].join('\n');
  const inner = Object.entries(properties).flatMap(([name, field]) => nested(`${path}.${name}`, field));
  return [`## ${path}`, text(schema), table, ...inner];
}

function nested(path: string, schema: FieldSchema): readonly string[] {
  if (schema.properties !== undefined) return sections(path, schema);
  if (schema.items?.properties !== undefined) return sections(`${path}[]`, schema.items);
  return [];
}

function typeOf({ type, format, items, additionalProperties, ...schema }: FieldSchema): string {
  if (schema['x-kubernetes-int-or-string'] === true) return 'integer or string';
  if (type === 'array' && items !== undefined) return `list of ${plural(typeOf(items))}`;
  if (type === 'object' && additionalProperties !== undefined) return `map of ${plural(typeOf(additionalProperties))}`;
  if (type === 'string' && format === 'date-time') return 'time';
  return type ?? 'any value';
}

function plural(type: string): string {
  return `${type}s`;
}

function bounds(schema: FieldSchema): readonly string[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, maxProperties } = schema;
  const values = schema.enum ?? schema.items?.enum;
  const found = [
    values === undefined ? undefined : `one of ${values.map((value) => code(shown(value))).join(', ')}`,
    range(minimum, maximum, ''),
    range(minLength, maxLength, ' characters'),
    range(minItems, maxItems, ' entries'),
    range(undefined, maxProperties, ' entries'),
    schema.default === undefined || isEmpty(schema.default) ? undefined : `default ${code(shown(schema.default))}`,
  ];
  return found.filter((bound) => bound !== undefined);
}

/** A bound that is there for the apiserver's arithmetic only (2^53 - 1) says nothing to a reader. */
function range(least: number | undefined, most: number | undefined, unit: string): string | undefined {
  const highest = most === Number.MAX_SAFE_INTEGER ? undefined : most;
  const lowest = least === 0 && unit !== '' ? undefined : least;
  if (lowest !== undefined && highest !== undefined) return `${number(lowest)} to ${number(highest)}${unit}`;
  if (highest !== undefined) return `at most ${number(highest)}${unit}`;
  return lowest === undefined ? undefined : `at least ${number(lowest)}${unit}`;
}

/** An object's default of no fields only makes way for the defaults of its fields. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function shown(value: unknown): string {
  if (value === '\t') return '"\\t"';
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function text({ description }: FieldSchema): string {
  return escape((description ?? '').replace(/\s+/g, ' ').trim());
}

/** Markdown takes tags and stars for markup; kubectl does not. */
function escape(description: string): string {
  return description.replaceAll('<', '&lt;').replaceAll('*', '\\*');
}

function cell(content: string): string {
  return content.replaceAll('|', '\\|');
}

function code(content: string): string {
  return `\`${content.replaceAll('|', '\\|')}\``;
}
