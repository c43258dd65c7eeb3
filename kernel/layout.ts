/**
 * What the kernel and its caller share: buffers in the kernel's memory, and the tags that say what each cell is.
 *
 * The caller fills three buffers with a run of cells: `tags` (one a cell), `units` (the UTF-16 of all texts, one after the other) and `values` (eight bytes for
 * each cell that is a number or a time). The kernel reads them in step and writes the file's text to the page. Nothing is ever written outside of these buffers:
 * before each cell the kernel asks for the room that it could need at worst, and stops when there is less.
 */

/** Cells in a run. */
export const CELLS: u32 = 16_384;
/** UTF-16 units in a run. */
export const UNITS: u32 = 131_072;
/** UTF-16 units of the longest text that may be in a run; the caller writes longer ones itself (`raw`). */
export const LONGEST_TEXT: u32 = 65_536;
/** Most bytes that one UTF-16 unit becomes: `_x0001_`. */
export const BYTES_PER_UNIT: u32 = 7;
/** What deflate can refer back to. */
export const HISTORY: u32 = 32_768;
/** Bytes of rows that are read at once, and columns of a row. */
export const INPUT_BYTES: u32 = 131_072;
export const WIRE_COLUMNS: u32 = 1664;
/** History and text that has not been taken yet. */
export const PAGE_BYTES: u32 = 1_048_576;
/** Bytes of `raw` that fit in any page that was just taken. */
export const RAW_BYTES: u32 = 65_536;

// A tag below LONGEST_TEXT + 1 is the length of a text that is written as its column's kind says.
/** Text of our own making that needs no escapes (a number), with its length. */
export const TAG_PLAIN: u32 = 0x4000_0000;
/** A time in nanoseconds since 1970, with the number of its zone's span. */
export const TAG_TIME: u32 = 0x8000_0000;
/** What the caller must write itself. */
export const TAG_ODD: u32 = 0xffff_fff0;
/** A number that is an integer. */
export const TAG_INTEGER: u32 = 0xffff_fff1;
/** Hundredths, an integer. */
export const TAG_CENTS: u32 = 0xffff_fff2;
export const TAG_FALSE: u32 = 0xffff_fff3;
export const TAG_TRUE: u32 = 0xffff_fff4;
export const TAG_NULL: u32 = 0xffff_fff5;

/** What a text of a column is. */
export const KIND_TEXT: u32 = 0;
/** `-?digits[.digits]`. */
export const KIND_DECIMAL: u32 = 1;
/** `YYYY-MM-DD`. */
export const KIND_DATE: u32 = 2;
/** Written as it is. */
export const KIND_READY: u32 = 3;

/** How the text of a column is read by `readRows`. */
export const READ_BY_CALLER: u32 = 0;
export const READ_TEXT: u32 = 1;
export const READ_INTEGER: u32 = 2;
export const READ_DECIMAL: u32 = 3;
export const READ_NUMBER: u32 = 4;
export const READ_BOOLEAN: u32 = 5;
export const READ_DATE: u32 = 6;
export const READ_TIME: u32 = 7;

/** Why `run` came back. */
export const STOPPED_DONE: u32 = 0;
/** The page must be taken before it goes on. */
export const STOPPED_FULL: u32 = 1;
/** The cell at `cursor()` is the caller's: it is odd, or its text is not what its column's kind says. */
export const STOPPED_ODD: u32 = 2;

/** What `run` writes. */
export const FORMAT_DELIMITED: u32 = 0;
export const FORMAT_JSON: u32 = 1;
export const FORMAT_SHEET: u32 = 2;

/** Bytes behind each buffer that vector instructions may read or write. */
const SLACK: u32 = 64;

export const tags: usize = heap.alloc(CELLS * 4 + SLACK);
export const units: usize = heap.alloc(UNITS * 2 + SLACK);
export const values: usize = heap.alloc(CELLS * 8 + SLACK);
export const input: usize = heap.alloc(INPUT_BYTES + SLACK);
export const page: usize = heap.alloc(PAGE_BYTES + SLACK);
