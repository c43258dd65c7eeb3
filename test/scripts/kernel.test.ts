import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generateKernel } from '../../scripts/generate-kernel.ts';
import * as kernel from '../../src/runner/kernel/kernel.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('the kernel', () => {
  test('in src/ is what kernel/ compiles to (make generate)', { timeout: 60_000 }, async () => {
    expect(await generateKernel()).toBe(readFileSync(join(ROOT, 'src/runner/kernel/module.ts'), 'utf8'));
  });

  test('runs here, and names its sizes and tags as its caller does', () => {
    expect(kernel.newKernel()).toBeDefined();
    const source = ['layout.ts', 'columns.ts', 'index.ts'].map((file) => readFileSync(join(ROOT, 'kernel', file), 'utf8')).join('\n');
    const declared = new Map(
      [...source.matchAll(/const ([A-Z_]+): u32 = ([\da-fx_]+);/g)].map(([, name = '', value = '']) => [
        name,
        Number(value.replaceAll('_', '')),
      ]),
    );
    const shared = Object.entries(kernel).filter(([, value]) => typeof value === 'number');
    expect(shared.length).toBeGreaterThan(15);
    for (const [name, value] of shared) expect([name, declared.get(name)]).toEqual([name, value]);
  });
});
