/**
 * What an answer of an object store must look like before the SDK's parser may have it. Pure.
 *
 * The parser was written for S3: a mebibyte of plain text in one element holds the event loop for three seconds, a thousand attributes cost more than a thousand uploads, and
 * a document type is skipped instead of refused. S3's own answers are short and plain, so everything else is refused, in time that grows with the
 * length and nothing else.
 */

/** security.md 8 allows 1 MiB; a quarter of that is three pages of the longest keys, and what the parser needs some 80 ms for at worst. */
export const ANSWER_LIMIT_BYTES = 262_144;
/** Of one text or tag. An object key has 1,024 bytes; what AWS says of a wrong signature some 2,000. */
const LONGEST_RUN = 8_192;

/** Whether `bytes` (at most ANSWER_LIMIT_BYTES) may be parsed: no document type, comment or CDATA, one XML declaration at most, no very long text or tag. */
export function isPlainAnswer(bytes: Buffer): boolean {
  // Every character that matters is ASCII, and in UTF-8 nothing else holds ASCII bytes. latin1 takes no time.
  const text = bytes.toString('latin1');
  if (text.includes('<!') || text.indexOf('<?') !== text.lastIndexOf('<?')) return false;
  return text.split('<').every((run) => run.length <= LONGEST_RUN);
}
