import { describe, expect, test } from 'vitest';
import { selects, type LabelSelector } from '../../src/kube/label-selector.ts';

const labels = { team: 'billing', stage: '', 'kubernetes.io/metadata.name': 'invoices' };

describe('a selector', () => {
  test.each<[story: string, selector: LabelSelector, selected: boolean]>([
    ['that is empty selects everything', {}, true],
    ['with empty parts selects everything', { matchLabels: {}, matchExpressions: [] }, true],
    ['selects by one label', { matchLabels: { team: 'billing' } }, true],
    ['does not select another value', { matchLabels: { team: 'sales' } }, false],
    ['does not select a part of a value', { matchLabels: { team: 'bill' } }, false],
    ['does not select where the label is missing', { matchLabels: { region: 'emea' } }, false],
    ['tells a missing label from an empty one', { matchLabels: { stage: '' } }, true],
    ['does not take a missing label for an empty one', { matchLabels: { region: '' } }, false],
    ['selects by the name of a namespace', { matchLabels: { 'kubernetes.io/metadata.name': 'invoices' } }, true],
    ['needs all of its labels', { matchLabels: { team: 'billing', stage: 'live' } }, false],
    ['selects one of several values', { matchExpressions: [{ key: 'team', operator: 'In', values: ['sales', 'billing'] }] }, true],
    ['does not select a value beside them', { matchExpressions: [{ key: 'team', operator: 'In', values: ['sales'] }] }, false],
    ['does not select In where the label is missing', { matchExpressions: [{ key: 'region', operator: 'In', values: [''] }] }, false],
    ['does not select In without values', { matchExpressions: [{ key: 'team', operator: 'In' }] }, false],
    ['excludes values', { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['billing'] }] }, false],
    ['does not exclude other values', { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['sales'] }] }, true],
    ['selects NotIn where the label is missing', { matchExpressions: [{ key: 'region', operator: 'NotIn', values: ['emea'] }] }, true],
    ['selects a label of any value', { matchExpressions: [{ key: 'stage', operator: 'Exists' }] }, true],
    ['does not select a missing label of any value', { matchExpressions: [{ key: 'region', operator: 'Exists' }] }, false],
    ['selects a missing label', { matchExpressions: [{ key: 'region', operator: 'DoesNotExist' }] }, true],
    ['does not select a label that must be missing', { matchExpressions: [{ key: 'stage', operator: 'DoesNotExist' }] }, false],
    [
      'needs labels and expressions',
      { matchLabels: { team: 'billing' }, matchExpressions: [{ key: 'region', operator: 'Exists' }] },
      false,
    ],
    [
      'needs all of its expressions',
      {
        matchExpressions: [
          { key: 'team', operator: 'Exists' },
          { key: 'team', operator: 'NotIn', values: ['billing'] },
        ],
      },
      false,
    ],
    ['knows no labels but those of the object', { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, false],
  ])('%s', (_, selector, selected) => expect(selects(selector, labels)).toBe(selected));
});
