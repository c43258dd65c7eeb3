/**
 * One instance of the WebAssembly kernel (kernel/): its functions, and the buffers that it shares with its caller.
 *
 * It is compiled in some milliseconds, once a process, and needs nothing from outside. Where the runtime cannot run it (no vector instructions, WebAssembly
 * forbidden, no address space left), there is none, and the reference encoders write the files.
 */
import { KERNEL } from './module.ts';

/** Sizes and tags, as kernel/layout.ts has them; a unit test compares them. */
export const CELLS = 16_384;
export const UNITS = 131_072;
export const LONGEST_TEXT = 65_536;
export const RAW_BYTES = 65_536;
export const SPANS = 1024;
export const INPUT_BYTES = 131_072;
export const WIRE_COLUMNS = 1664;

export const TAG_PLAIN = 0x4000_0000;
export const TAG_TIME = 0x8000_0000;
export const TAG_ODD = 0xffff_fff0;
export const TAG_INTEGER = 0xffff_fff1;
export const TAG_CENTS = 0xffff_fff2;
export const TAG_FALSE = 0xffff_fff3;
export const TAG_TRUE = 0xffff_fff4;
export const TAG_NULL = 0xffff_fff5;

export const KIND_TEXT = 0;
export const KIND_DECIMAL = 1;
export const KIND_DATE = 2;
export const KIND_READY = 3;

export const READ_BY_CALLER = 0;
export const READ_TEXT = 1;
export const READ_INTEGER = 2;
export const READ_DECIMAL = 3;
export const READ_NUMBER = 4;
export const READ_BOOLEAN = 5;
export const READ_DATE = 6;
export const READ_TIME = 7;

export const STOPPED_DONE = 0;
export const STOPPED_FULL = 1;
export const STOPPED_ODD = 2;

export const FORMAT_DELIMITED = 0;
export const FORMAT_JSON = 1;
export const FORMAT_SHEET = 2;

/** What kernel/index.ts exports; addresses are offsets in `memory`. */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  setColumns(count: number): void;
  setColumn(index: number, kind: number, flags: number): void;
  setPiece(index: number, piece: number, length: number): number;
  setSpan(index: number, offsetSeconds: number, textLength: number): number;
  setSpanBounds(index: number, from: number, to: number): void;
  setReadings(columns: number, textLimit: number, decimalLimit: number, bigints: boolean): void;
  setReading(column: number, field: number, reading: number): void;
  doubtsAddress(): number;
  doubtsOfRun(): number;
  inputAddress(): number;
  inputRead(): number;
  readRows(length: number): number;
  setDelimited(delimiter: number, quoteAll: boolean, guarded: boolean): void;
  setFormat(format: number, roomAround: number): void;
  setRowStart(length: number): number;
  setRowEnd(length: number): number;
  tagsAddress(): number;
  unitsAddress(): number;
  valuesAddress(): number;
  textStart(): number;
  textEnd(): number;
  cursor(): number;
  begin(cells: number): void;
  run(): number;
  skip(): void;
  raw(length: number): number;
  rawFilled(): void;
  taken(): void;
  setSheetRows(rows: number): void;
  setPacked(shortestSearched: number): void;
  beginPacked(): void;
  endPacked(): void;
  packedStart(): number;
  packedEnd(): number;
  packedTaken(): void;
}

/** The part of the API that is used here; Node's types leave it out. */
interface WebAssemblyApi {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

let compiled: object | undefined;

/** A new instance with memory of its own, or undefined where there can be none. */
export function newKernel(): KernelExports | undefined {
  try {
    const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
    compiled ??= new Module(Buffer.from(KERNEL, 'base64'));
    return new Instance(compiled).exports as KernelExports;
  } catch {
    return undefined;
  }
}

/** Writes text as UTF-8 where `place` says, given its length in bytes. */
export function putText(kernel: KernelExports, text: string, place: (length: number) => number): void {
  const bytes = Buffer.from(text);
  // The place may lie in memory that has just grown, which has a new buffer.
  const address = place(bytes.length);
  Buffer.from(kernel.memory.buffer).set(bytes, address);
}
