/** Lua without a Lua on the machine: Argo CD's health checks are run by it. Argo CD itself has Lua 5.1, this is 5.3; what both have is enough for them. */
import { createRequire } from 'node:module';

type State = object;

/** What is used of fengari, which brings no types. */
interface Fengari {
  readonly to_luastring: (text: string) => Uint8Array;
  readonly to_jsstring: (bytes: Uint8Array) => string;
  readonly lua: {
    readonly lua_getfield: (state: State, index: number, name: Uint8Array) => number;
    readonly lua_pcall: (state: State, args: number, results: number, handler: number) => number;
    readonly lua_tostring: (state: State, index: number) => Uint8Array | null;
    readonly lua_pop: (state: State, count: number) => void;
  };
  readonly lauxlib: {
    readonly luaL_newstate: () => State;
    readonly luaL_loadstring: (state: State, code: Uint8Array) => number;
  };
  readonly lualib: { readonly luaL_openlibs: (state: State) => void };
}

const { lua, lauxlib, lualib, to_luastring, to_jsstring } = createRequire(import.meta.url)('fengari') as Fengari;

/** What `code` returns: a table, of which the texts under `names` are given. Throws what Lua says. */
export function runLua<Name extends string>(code: string, names: readonly Name[]): Readonly<Record<Name, string | undefined>> {
  const state = lauxlib.luaL_newstate();
  lualib.luaL_openlibs(state);
  const text = (): string | undefined => {
    const bytes = lua.lua_tostring(state, -1);
    lua.lua_pop(state, 1);
    return bytes === null ? undefined : to_jsstring(bytes);
  };
  if (lauxlib.luaL_loadstring(state, to_luastring(code)) !== 0 || lua.lua_pcall(state, 0, 1, 0) !== 0) throw new Error(text());
  const entries = names.map((name) => {
    lua.lua_getfield(state, -1, to_luastring(name));
    return [name, text()] as const;
  });
  return Object.fromEntries(entries) as Record<Name, string | undefined>;
}

/** A value as the text of a Lua constructor. */
export function luaText(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(luaText).join(',')}}`;
  if (typeof value !== 'object' || value === null) return value === null ? 'nil' : JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `[${JSON.stringify(name)}]=${luaText(field)}`).join(',')}}`;
}
