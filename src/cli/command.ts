/** What a command of the plugin is, and what it works with. */
import type { KubeClient } from '../kube/client.ts';

/** What is wrong with the command line: shown in one line, exit code 2. */
export class UsageError extends Error {}

/** What did not work, in words for the person who asked: shown in one line, exit code 1. */
export class CommandError extends Error {}

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in the help; absent = a switch. */
  readonly value?: string;
  readonly multiple?: boolean;
  readonly help: string;
}

/** Options as they were given. */
export interface Given {
  readonly words: readonly string[];
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  has(name: string): boolean;
}

export interface World {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly signal: AbortSignal;
  /** Results, for programs. */
  readonly out: NodeJS.WritableStream;
  /** A line of what happens, for people. */
  say(line: string): void;
}

export interface Command {
  readonly name: string;
  /** Behind the name: `REPORT [-o FILE]`. */
  readonly synopsis: string;
  readonly summary: string;
  /** What it does, with examples. */
  readonly help: string;
  readonly options: readonly Option[];
  /** How many words without a dash: least and most. */
  readonly words: readonly [least: number, most: number];
  /** Resolves to the exit code. Throws UsageError, CommandError, KubeError, ConnectionError, or the signal's reason. */
  run(given: Given, world: World): Promise<number>;
}

/** A whole number of an option, within bounds. */
export function numberOf(given: Given, name: string, fallback: number, least: number, most: number): number {
  const text = given.text(name);
  if (text === undefined) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) throw new UsageError(`--${name} "${text}": must be a whole number from ${least} to ${most}`);
  return value;
}
