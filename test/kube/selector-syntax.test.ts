/** That these are the apiserver's rules, test/integration/kube/selector-syntax.test.ts shows. */
import { describe, expect, test } from 'vitest';
import { fieldSelectorProblem, labelSelectorProblem } from '../../src/kube/selector-syntax.ts';

describe('a label selector', () => {
  test.each<readonly [selector: string, says: string]>([
    ['app=', ''],
    ['a b', '"b" is no operator'],
    ['=web', 'the name of a label is missing before "="'],
    ['app in', 'not its end'],
    ['app in web', 'not "web"'],
    ['app in ()', 'must not be empty'],
    ['app in (a b)', 'before "b"'],
    ['app in (a', 'before its end'],
    ['app=web,', 'ends in a comma'],
    ['app=web tier=front', 'a comma is missing before "tier"'],
    ['replicas>many', 'compares with a whole number, not "many"'],
    ['App/=x', '"App/" is no name of a label'],
    ['app=-web', '"-web" is no value of a label'],
    [`app=${'x'.repeat(64)}`, '63 at most'],
    ['app=\u202eweb', '\\u{202e}web'],
  ])('%j', (selector, says) => {
    const problem = labelSelectorProblem(selector);
    if (says === '') expect(problem).toBeUndefined();
    else expect(problem).toContain(says);
  });
});

describe('a field selector', () => {
  test.each<readonly [selector: string, says: string]>([
    ['status.phase!=Running,metadata.name==a\\,b', ''],
    ['status.phase', '"status.phase" compares nothing'],
    ['=Running', 'names no field'],
    ['metadata.name=a=b', 'the value "a=b" has a "="'],
    ['metadata.name=a\\b', 'has a "=" or "\\"'],
  ])('%j', (selector, says) => {
    const problem = fieldSelectorProblem(selector);
    if (says === '') expect(problem).toBeUndefined();
    else expect(problem).toContain(says);
  });
});
