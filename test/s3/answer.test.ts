import { describe, expect, test } from 'vitest';
import { isPlainAnswer } from '../../src/s3/answer.ts';

describe('an answer', () => {
  test.each<[string, string]>([
    ['that is empty', ''],
    ['with a declaration', '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code></Error>'],
    ['after white space', '\n\n\n<?xml version="1.0"?><CompleteMultipartUploadResult/>'],
    ['with the longest key', `<Key>${'k'.repeat(1_024)}</Key>`],
    ['with any script', '<Key>Rechnung März 請求書😀 &lt;&amp;</Key>'],
    ['that is one byte of an object', 'x'],
  ])('%s is plain', (_, text) => {
    expect(isPlainAnswer(Buffer.from(text))).toBe(true);
  });

  test.each<[string, string]>([
    ['a document type', '<!DOCTYPE a><a/>'],
    ['a document type in small letters', '<!doctype html><html/>'],
    ['a comment', '<a><!-- b --></a>'],
    ['CDATA', '<a><![CDATA[b]]></a>'],
    ['a second processing instruction', '<?xml version="1.0"?><?b?><a/>'],
    ['a very long text', `<a>${'b'.repeat(8_192)}</a>`],
    ['a very long text of lines', `<a>${'b\n'.repeat(4_096)}</a>`],
    ['a very long tag', `<a ${'b="c" '.repeat(2_000)}/>`],
  ])('with %s is not', (_, text) => {
    expect(isPlainAnswer(Buffer.from(text))).toBe(false);
  });
});
