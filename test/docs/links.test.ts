import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { anchors, page, pages, prose, REPOSITORY } from './pages.ts';

/** Links of a page to places in the repository. */
function links(path: string): readonly string[] {
  const found = [...prose(page(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return found.filter((target) => !/^[a-z]+:/.test(target));
}

function isThere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(REPOSITORY, path))) return false;
  return anchor === undefined || (statSync(join(REPOSITORY, path)).isFile() && anchors(page(path)).includes(anchor));
}

test.each(pages().map(({ path }) => path))('every link in %s leads somewhere', (path) => {
  expect(links(path).filter((link) => !isThere(path, link))).toEqual([]);
});

test('the README leads to every page of docs/ that is for users', () => {
  const pagesForUsers = pages().filter(({ path }) => /^docs\/(reference\/)?[^/]+\.md$/.test(path));
  const targets = links('README.md').map((link) => link.replace(/#.*/, ''));
  expect(targets).toEqual(expect.arrayContaining(pagesForUsers.map(({ path }) => path)));
});
