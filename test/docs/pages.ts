/** The pages that users read, and what in them can be checked: blocks of code, links, headings. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const REPOSITORY = join(import.meta.dirname, '../..');

export interface Block {
  /** What stands behind the fence: sh, yaml, sql ... */
  readonly language: string;
  readonly text: string;
}

export interface Page {
  /** Path in the repository. */
  readonly path: string;
  readonly text: string;
}

/** README, CONTRIBUTING and everything below docs/. */
export function pages(): readonly Page[] {
  const docs = readdirSync(join(REPOSITORY, 'docs'), { recursive: true, encoding: 'utf8' });
  const paths = ['README.md', 'CONTRIBUTING.md', ...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))];
  return paths.toSorted().map(page);
}

export function page(path: string): Page {
  return { path, text: readFileSync(join(REPOSITORY, path), 'utf8') };
}

export function blocks({ text }: Page): readonly Block[] {
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, language = '', content = '']) => ({ language, text: content }));
}

/** Text without its blocks of code. */
export function prose({ text }: Page): string {
  return text.replaceAll(/^```[^]*?^```$/gm, '');
}

/** As GitHub makes anchors of headings. */
export function anchors(text: Page): readonly string[] {
  return headings(text).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Without their marks and backticks. */
export function headings(text: Page, level = '#{1,6}'): readonly string[] {
  return [...prose(text).matchAll(new RegExp(`^${level} (.*)$`, 'gm'))].map(([, heading = '']) => heading.replaceAll('`', ''));
}

/** The cells of every table row but the heads, without backticks. */
export function tableRows(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^\| (.*) \|$/gm)]
    .map(([, row = '']) => row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|').replaceAll('`', '')))
    .filter((cells) => cells.some((cell) => !/^-*$/.test(cell)));
}

/** The section below a heading, up to the next one of the same or a higher level. */
export function section({ text }: Page, heading: string): string {
  const start = new RegExp(`^(#+) ${heading}$`, 'm').exec(text);
  if (start === null) throw new Error(`there is no heading ${heading}`);
  const rest = text.slice(start.index + start[0].length);
  const end = new RegExp(`^#{1,${(start[1] ?? '').length}} `, 'm').exec(rest);
  return end === null ? rest : rest.slice(0, end.index);
}
