import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextLink } from '../../../../src/runner/sources/http/link-header.ts';

test.each<[story: string, header: string | undefined, target: string | undefined]>([
  ['no header', undefined, undefined],
  ['an empty header', '', undefined],
  ['one link', '<https://a/?page=2>; rel="next"', 'https://a/?page=2'],
  ['a token without quotes', '<?page=2>;rel=next', '?page=2'],
  ['the next one of several', '<?page=1>; rel="prev", <?page=3>; rel="next", <?page=9>; rel="last"', '?page=3'],
  ['none among several', '<?page=1>; rel="first", <?page=9>; rel="last"', undefined],
  ['several relations of one link', '<?2>; rel="last next"', '?2'],
  ['capitals', '<?2>; REL="NEXT"', '?2'],
  ['commas and semicolons in the target', '<?a=1,2;rel=next>; rel="next"', '?a=1,2;rel=next'],
  ['commas, semicolons and escapes in other parameters', '<?2>; title="a, \\"b\\"; rel=prev"; rel="next"', '?2'],
  ['the words of a next link in a title', '<?1>; title="<?2>; rel=next"; rel=prev', undefined],
  ['the first of two rel counts', '<?2>; rel=prev; rel=next', undefined],
  ['a relation that only begins like it', '<?2>; rel="nextish"', undefined],
  ['a link without parameters', '<?2>', undefined],
  ['a parameter without a value', '<?2>; crossorigin; rel=next', '?2'],
  ['spaces wherever they may be', ' <?2> ; rel = "next" , ', '?2'],
  ['empty elements', ', ,<?2>; rel=next,,', '?2'],
  ['empty parameters', '<?2>;; rel=next;', '?2'],
  ['an anchor: a link of something else', '<?2>; rel=next; anchor="#x"', undefined],
  ['the same next link twice', '<?2>; rel=next, <?2>; rel=next', '?2'],
])('%s', (_, header, target) => {
  expect(nextLink(header)).toEqual(target === undefined ? { kind: 'none' } : { kind: 'next', target });
});

test.each([
  ['no angle brackets', '?page=2; rel="next"'],
  ['an open bracket', '<?page=2; rel="next"'],
  ['text behind the target', '<?2> rel=next'],
  ['an open quote', '<?2>; rel="next'],
  ['two next links', '<?2>; rel=next, <?3>; rel=next'],
  ['text behind a link', '<?2>; rel=next <?3>'],
])('%s is malformed, and never taken for the last page', (_, header) => {
  expect(nextLink(header)).toEqual({ kind: 'malformed' });
});

test('a next link is found wherever it stands, among links of any kind', () => {
  const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,7}$/).filter((name) => name !== 'rel' && name !== 'anchor');
  const value = fc.string({ maxLength: 8, unit: fc.constantFrom('a', ',', ';', '<', '>', '"', '\\', ' ', '=') });
  const quoted = value.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`);
  const target = fc.string({ maxLength: 8, unit: fc.constantFrom('a', ',', ';', '"', '?', '=', ' ') });
  const link = fc
    .tuple(target, fc.array(fc.tuple(token, quoted), { maxLength: 3 }))
    .map(([uri, parameters]) => `<${uri}>${parameters.map(([name, text]) => `; ${name}=${text}`).join('')}; rel="prev"`);
  fc.assert(
    fc.property(fc.array(link, { maxLength: 3 }), target, fc.nat(3), (others, uri, at) => {
      const links = others.toSpliced(at, 0, `<${uri}>; rel="next"`);
      expect(nextLink(links.join(', '))).toEqual({ kind: 'next', target: uri });
      expect(nextLink(others.join(', '))).toEqual({ kind: 'none' });
    }),
  );
});

test('no header costs more than its length', () => {
  for (const part of ['<', '>', ';', ',', '"', '\\', ' ', '<>', ';a', ';a="', ' ;', ', ', ';a=']) {
    const started = performance.now();
    nextLink(`<?2>${part.repeat(16_384)}`);
    nextLink(part.repeat(16_384));
    expect(performance.now() - started).toBeLessThan(500);
  }
});
