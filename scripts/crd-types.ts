/**
 * TypeScript interfaces from the schema of a CRD: pure, text out.
 *
 * They describe an object as it was read from the apiserver, which fills in defaults: a field is optional unless it is required or has a default. What a user writes
 * has fewer fields, and is never typed by these. A schema that is not understood is an error, not `unknown`: a type that promises less than the CRD would hide mistakes.
 */

/** The part of a structural schema that types are made from. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

export interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly storage: boolean;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** Longest line of a doc comment, its indentation included. */
const COMMENT_WIDTH = 140;

/** A module with one interface for the kind and one for every object inside it, named by its path (ReportSpec, ReportSpecTemplateRef); not yet formatted. */
export function typesOf(crd: CustomResourceDefinition): string {
  const { group, names, versions } = crd.spec;
  const version = versions.find(({ storage }) => storage);
  if (version === undefined) throw new Error(`${names.kind}: no version is stored`);
  const interfaces = new Map<string, string>();
  const root = version.schema.openAPIV3Schema;
  const { spec, status } = root.properties ?? {};
  if (spec === undefined || status === undefined) throw new Error(`${names.kind}: spec and status are expected at the root`);
  const fields = [
    `readonly apiVersion: '${group}/${version.name}';`,
    `readonly kind: '${names.kind}';`,
    'readonly metadata: ObjectMeta;',
    field('spec', spec, root, typeOf(spec, `${names.kind}Spec`, interfaces)),
    field('status', status, root, typeOf(status, `${names.kind}Status`, interfaces)),
  ];
  const body = [comment(root, '') + interfaceText(names.kind, fields), ...interfaces.values()].join('\n');
  const condition = body.includes('readonly Condition[];') ? 'Condition, ' : '';
  return `import type { ${condition}ObjectMeta } from '../../kube/objects.ts';\n\n${body}`;
}

/** The type of a value; interfaces it needs are added to `interfaces`, name -> text, outer ones first. */
function typeOf(schema: Schema, name: string, interfaces: Map<string, string>): string {
  const type = plainType(schema, name, interfaces);
  return schema.nullable === true ? `${type} | null` : type;
}

function plainType(schema: Schema, name: string, interfaces: Map<string, string>): string {
  if (schema['x-kubernetes-int-or-string'] === true) return 'number | string | bigint'; // bigint: integers beyond 2^53 are read exactly
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return arrayType(schema, name, interfaces);
    case 'object':
      return objectType(schema, name, interfaces);
    case undefined:
      if (schema['x-kubernetes-preserve-unknown-fields'] === true) return 'unknown';
  }
  throw new Error(`${name}: a schema of type ${schema.type ?? 'none'} is not understood`);
}

function arrayType({ items }: Schema, name: string, interfaces: Map<string, string>): string {
  if (items === undefined) throw new Error(`${name}: an array without items`);
  // Conditions have one shape in all of Kubernetes, and one type here.
  if (name.endsWith('StatusConditions')) return 'readonly Condition[]';
  return `readonly (${typeOf(items, name.replace(/s$/, ''), interfaces)})[]`;
}

function objectType(schema: Schema, name: string, interfaces: Map<string, string>): string {
  const { properties, additionalProperties } = schema;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (properties !== undefined && (additionalProperties !== undefined || open))
    throw new Error(`${name}: named and free fields in one object`);
  if (additionalProperties !== undefined) return `Readonly<Record<string, ${typeOf(additionalProperties, `${name}Value`, interfaces)}>>`;
  if (open) return 'Readonly<Record<string, unknown>>';
  if (properties === undefined) throw new Error(`${name}: an object without fields`);
  if (interfaces.has(name)) throw new Error(`${name}: two objects would have this name`);
  interfaces.set(name, ''); // Takes its place before the objects inside it.
  const fields = Object.entries(properties).map(([key, property]) =>
    field(key, property, schema, typeOf(property, name + pascal(key), interfaces)),
  );
  interfaces.set(name, interfaceText(name, fields));
  return name;
}

function field(key: string, property: Schema, parent: Schema, type: string): string {
  const present = property.default !== undefined || (parent.required ?? []).includes(key);
  const name = /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key);
  return `${comment(property, '  ')}  readonly ${name}${present ? '' : '?'}: ${type};`;
}

function interfaceText(name: string, fields: readonly string[]): string {
  return `export interface ${name} {\n${fields.join('\n')}\n}\n`;
}

/** The description as a doc comment, wrapped; nothing when there is none. */
function comment({ description }: Schema, indent: string): string {
  if (description === undefined) return '';
  const text = description.replaceAll('*/', '*\\/');
  const one = `${indent}/** ${text} */`;
  if (one.length <= COMMENT_WIDTH && !text.includes('\n')) return `${one}\n`;
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && indent.length + 3 + last.length + 1 + word.length <= COMMENT_WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

function pascal(key: string): string {
  return key.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, first: string) => first.toUpperCase());
}
