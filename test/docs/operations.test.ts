import { describe, expect, test } from 'vitest';
import { helpText, parseOptions } from '../../src/operator/options.ts';
import { page, section, tableRows } from './pages.ts';

const PAGE = page('docs/operations.md');
const flags = tableRows(section(PAGE, 'Flags')).filter(([flag]) => flag?.startsWith('--'));

describe('the list of flags', () => {
  const inHelp = [...helpText().matchAll(/^ {2}(--\S+ \S+)$/gm)].map(([, flag]) => flag);

  test('is that of --help, in its order', () => {
    expect(inHelp.length).toBeGreaterThan(10);
    expect(flags.map(([flag]) => flag)).toEqual(inHelp);
  });

  test('gives the defaults that --help gives', () => {
    const defaults = [...helpText().matchAll(/^ {2}--(\S+) \S+\n {6}.*\(default (.*)\)$/gm)].map(([, flag, fallback]) => [flag, fallback]);
    const written = new Map(flags.map(([flag = '', fallback]) => [flag.split(' ')[0]?.slice(2), fallback]));
    for (const [flag, fallback] of defaults) expect([flag, written.get(flag)]).toEqual([flag, fallback]);
  });
});

test('the resources of a runner are those that the operator gives', () => {
  const settings = parseOptions(['--runner-image', 'image'], {});
  if (settings === 'help') throw new Error('nobody asked for help');
  const { requests, limits } = settings.runner.resources;
  const rows = tableRows(section(PAGE, 'Sizing')).filter(([name]) => name !== '');
  expect(rows).toEqual(Object.keys(requests).map((name) => [name, requests[name], limits[name]]));
});
