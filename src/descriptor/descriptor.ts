/**
 * What a repository's descriptor says, in the one form in which it leaves the pod that read it: a list of templates, or of mistakes.
 *
 * The pod's log carries it, and the operator takes it for what it is: text that others wrote. Only the fields named here are taken, and of a template's spec only those that
 * a repository may decide; what stands in them is the apiserver's to judge, by the schema of ReportTemplate.
 */
import { JSON_DEPTH_LIMIT, parseExact } from '../exact-json.ts';
import { foreignText } from '../foreign-text.ts';

/** Of the whole, as JSON. */
export const DESCRIBED_LIMIT_BYTES = 256 * 1024;
export const TEMPLATES_LIMIT = 100;
export const WARNINGS_LIMIT = 20;
export const NAME_LIMIT = 60;
/** Of one word of a command. */
export const WORD_LIMIT = 4096;
const WORDS_LIMIT = 64;
const MISTAKES_LIMIT = 200;

/** Fields of a ReportTemplate's spec that a repository decides. */
export const SPEC_FIELDS = ['title', 'description', 'parameters', 'columns', 'formats', 'compression', 'csv', 'json', 'xlsx'] as const;
export type TemplatePart = Readonly<Partial<Record<(typeof SPEC_FIELDS)[number], unknown>>>;

/** What runs. Paths are relative to the descriptor's folder. */
export type DescribedCode =
  /** A .ts or .js module, run by the runner itself. */
  | { readonly kind: 'module'; readonly entrypoint: string }
  | { readonly kind: 'image'; readonly image: string; readonly command?: readonly string[]; readonly args?: readonly string[] }
  /** A function of a reports.json, run by the Python image with these words. */
  | { readonly kind: 'python'; readonly args: readonly string[] };

export interface DescribedTemplate {
  /** The template is `<repository>-<name>`. */
  readonly name: string;
  /** As messages name it: `dossier.yaml: templates "usage"`. */
  readonly place: string;
  readonly code: DescribedCode;
  readonly spec: TemplatePart;
}

export type Described =
  | { readonly kind: 'templates'; readonly templates: readonly DescribedTemplate[]; readonly warnings: readonly string[] }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly string[] };

/** Undefined for what is none. Never throws. */
export function parseDescribed(text: string): Described | undefined {
  if (text.length > DESCRIBED_LIMIT_BYTES) return undefined;
  try {
    return describedOf(parseExact(text));
  } catch {
    return undefined; // no JSON, or not of this form
  }
}

class NotDescribed extends Error {}

function describedOf(value: unknown): Described {
  const { templates, warnings, mistakes } = objectOf(value);
  if (mistakes !== undefined) {
    return { kind: 'mistakes', mistakes: listOf(mistakes, MISTAKES_LIMIT).map((mistake) => foreignText(textOf(mistake, 4096))) };
  }
  const found = listOf(templates, TEMPLATES_LIMIT).map(templateOf);
  if (new Set(found.map(({ name }) => name)).size < found.length) throw new NotDescribed();
  return {
    kind: 'templates',
    templates: found,
    warnings: listOf(warnings, WARNINGS_LIMIT).map((warning) => foreignText(textOf(warning, 4096))),
  };
}

function templateOf(value: unknown): DescribedTemplate {
  const { name, place, code, spec } = objectOf(value);
  const given = objectOf(spec);
  if (Object.keys(given).some((field) => !SPEC_FIELDS.some((known) => known === field))) throw new NotDescribed();
  const workbook = (given['xlsx'] as { readonly workbook?: { readonly configMapRef?: unknown } } | undefined)?.workbook;
  if (workbook?.configMapRef !== undefined) throw new NotDescribed();
  if (typeof name !== 'string' || !isEntryName(name)) throw new NotDescribed();
  return { name, place: foreignText(textOf(place, 200)), code: codeOf(code), spec: given };
}

function codeOf(value: unknown): DescribedCode {
  const { kind, entrypoint, image, command, args } = objectOf(value);
  switch (kind) {
    case 'module':
      return { kind, entrypoint: textOf(entrypoint, 512) };
    case 'image':
      return {
        kind,
        image: textOf(image, 512),
        ...(command === undefined ? {} : { command: wordsOf(command) }),
        ...(args === undefined ? {} : { args: wordsOf(args) }),
      };
    case 'python':
      return { kind, args: wordsOf(args) };
    default:
      throw new NotDescribed();
  }
}

/** Whether it can end the name of a ReportTemplate. */
export function isEntryName(name: string): boolean {
  return name.length <= NAME_LIMIT && /^[a-z0-9-]*[a-z0-9]$/.test(name);
}

/** Lower case, with a dash for every character that a name cannot have. */
export function entryName(given: string): string {
  return given.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new NotDescribed();
  return value as Readonly<Record<string, unknown>>;
}

function listOf(value: unknown, most: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most) throw new NotDescribed();
  return value as readonly unknown[];
}

function textOf(value: unknown, most: number): string {
  if (typeof value !== 'string' || value === '' || value.length > most) throw new NotDescribed();
  return value;
}

function wordsOf(value: unknown): readonly string[] {
  return listOf(value, WORDS_LIMIT).map((word) => textOf(word, WORD_LIMIT));
}

/** How deep values of a descriptor may nest: the list of templates and a spec stand around them. */
export const VALUE_DEPTH_LIMIT = JSON_DEPTH_LIMIT - 4;
