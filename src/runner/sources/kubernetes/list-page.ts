/** A page of a list (`{kind, metadata: {continue, resourceVersion}, items: [...]}`) as one object after another: of a page only its bytes and one object are held. */
import type { JsonScalar, JsonValue } from '../../../json-stream/json-number.ts';
import { JsonError, JsonTokenizer, type JsonEvents } from '../../../json-stream/tokenizer.ts';
import { ValueBuilder } from '../../../json-stream/value-builder.ts';

export interface PageEnd {
  /** Where the next page begins; empty = this was the last one. */
  readonly continueToken: string;
  /** The moment that the page shows; empty where the server has none. */
  readonly resourceVersion: string;
}

/** The objects of a page in the batches in which its pieces complete them; returns how it ends. @throws JsonError */
export function* readPage(pieces: readonly Buffer[]): Generator<readonly JsonValue[], PageEnd> {
  const list = new ListEvents();
  const tokenizer = new JsonTokenizer(list);
  for (const piece of pieces) {
    tokenizer.write(piece);
    yield list.takeItems();
  }
  tokenizer.end();
  return list.end();
}

class ListEvents implements JsonEvents {
  readonly #builder = new ValueBuilder();
  /** Open containers of the value that is being built, or skipped. */
  #inside = 0;
  /** Where that value belongs. */
  #target: 'item' | 'metadata' | 'nowhere' = 'nowhere';
  /** 0 = before the list, 1 = in it, 2 = in its items. */
  #level = 0;
  #member = '';
  #items: JsonValue[] = [];
  #sawItems = false;
  #metadata: JsonValue = null;

  takeItems(): readonly JsonValue[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  end(): PageEnd {
    if (!this.#sawItems) throw noList();
    return { continueToken: textOf(this.#metadata, 'continue'), resourceVersion: textOf(this.#metadata, 'resourceVersion') };
  }

  beginObject(): void {
    if (this.#inside === 0 && this.#level === 0) {
      this.#level = 1;
      return;
    }
    this.#begin();
    if (this.#target !== 'nowhere') this.#builder.beginObject();
  }

  beginArray(): void {
    if (this.#inside === 0 && this.#level === 0) throw noList();
    if (this.#inside === 0 && this.#level === 1 && this.#member === 'items') {
      this.#level = 2;
      this.#sawItems = true;
      return;
    }
    this.#begin();
    if (this.#target !== 'nowhere') this.#builder.beginArray();
  }

  name(name: string): void {
    if (this.#inside === 0) this.#member = name;
    else if (this.#target !== 'nowhere') this.#builder.name(name);
  }

  endObject(): void {
    if (this.#inside === 0) this.#level = 0;
    else {
      if (this.#target !== 'nowhere') this.#builder.endObject();
      this.#end();
    }
  }

  endArray(): void {
    if (this.#inside === 0) this.#level = 1;
    else {
      if (this.#target !== 'nowhere') this.#builder.endArray();
      this.#end();
    }
  }

  scalar(value: JsonScalar): void {
    if (this.#inside > 0) {
      if (this.#target !== 'nowhere') this.#builder.scalar(value);
    } else if (this.#level !== 1) throw noList();
    // An empty list of Go is null.
    else if (this.#member === 'items' && value === null) this.#sawItems = true;
  }

  #begin(): void {
    if (this.#inside === 0) this.#target = this.#level === 2 ? 'item' : this.#member === 'metadata' ? 'metadata' : 'nowhere';
    this.#inside += 1;
  }

  #end(): void {
    this.#inside -= 1;
    if (this.#inside > 0 || this.#target === 'nowhere') return;
    const value = this.#builder.take() as JsonValue;
    if (this.#target === 'item') this.#items.push(value);
    else this.#metadata = value;
  }
}

function noList(): JsonError {
  return new JsonError('is no list of objects');
}

function textOf(metadata: JsonValue, name: 'continue' | 'resourceVersion'): string {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return '';
  const value = (metadata as Readonly<Record<string, JsonValue>>)[name];
  return typeof value === 'string' ? value : '';
}
