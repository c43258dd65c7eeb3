import { describe, expect, test } from 'vitest';
import { addressGuard, type AddressPolicy, type Refusal } from '../../src/net/address-policy.ts';

const closed: AddressPolicy = { allowLoopback: false, private: 'listed', allowed: [], refused: [] };
const forStorages: AddressPolicy = { ...closed, private: 'allow' };

describe('a connection that a user caused', () => {
  test.each<[string, Partial<AddressPolicy>, string, number, string, Refusal | undefined]>([
    ['reaches a public address', closed, 'example.com', 443, '93.184.216.34', undefined],
    ['does not reach a private address unless it is listed', closed, 'minio', 9000, '10.0.0.7', 'private'],
    ['reaches a private address where the policy allows them', forStorages, 'minio', 9000, '10.0.0.7', undefined],
    ['reaches a private address whose name is listed', { allowed: ['minio.storage'] }, 'minio.storage', 9000, '10.0.0.7', undefined],
    ['compares names without case and last dot', { allowed: ['Minio.Storage.'] }, 'minio.storage', 9000, '10.0.0.7', undefined],
    ['does not take a listed name for another', { allowed: ['minio.storage'] }, 'evil-minio.storage', 9000, '10.0.0.7', 'private'],
    ['reaches a listed name only at its port', { allowed: ['minio:9000'] }, 'minio', 9001, '10.0.0.7', 'private'],
    ['reaches a listed name at its port', { allowed: ['minio:9000'] }, 'minio', 9000, '10.0.0.7', undefined],
    ['reaches a listed range under any name', { allowed: ['10.0.0.0/24'] }, 'anything', 1, '10.0.0.7', undefined],
    ['does not reach beside a listed range', { allowed: ['10.0.0.0/24'] }, 'anything', 1, '10.0.1.7', 'private'],
    ['reaches a listed address', { allowed: ['10.0.0.7'] }, 'anything', 1, '10.0.0.7', undefined],
    ['reaches a listed address in its IPv6 form', { allowed: ['10.0.0.7'] }, 'anything', 1, '::ffff:10.0.0.7', undefined],
    ['reaches a listed IPv6 address at its port', { allowed: ['[fd00::7]:9000'] }, 'anything', 9000, 'fd00:0::7', undefined],
    ['reaches reserved space only where it is listed', { allowed: ['240.0.0.0/4'] }, 'pod', 1, '240.1.2.3', undefined],
    ['does not reach reserved space otherwise', forStorages, 'pod', 1, '240.1.2.3', 'reserved'],
    ['never reaches loopback by a listed name', { allowed: ['localhost'] }, 'localhost', 80, '127.0.0.1', 'loopback'],
    ['never reaches loopback by a listed range', { allowed: ['127.0.0.0/8', '0.0.0.0/0'] }, 'x', 80, '127.0.0.1', 'loopback'],
    ['never reaches metadata by a listed range', { allowed: ['169.254.169.254', '0.0.0.0/0'] }, 'x', 80, '169.254.169.254', 'metadata'],
    ['never reaches metadata inside an allowed private range', forStorages, 'x', 80, 'fd00:ec2::254', 'metadata'],
    ['never reaches link-local', { ...forStorages, allowed: ['fe80::/10'] }, 'x', 80, 'fe80::1%eth0', 'linkLocal'],
    ['never reaches multicast', { ...forStorages, allowed: ['224.0.0.0/4'] }, 'x', 80, '224.0.0.1', 'multicast'],
    ['never reaches broadcast', { ...forStorages, allowed: ['255.255.255.255'] }, 'x', 80, '255.255.255.255', 'broadcast'],
    ['never reaches the unspecified address', { ...forStorages, allowLoopback: true }, 'x', 80, '0.0.0.0', 'unspecified'],
    ['reaches loopback in the demo', { allowLoopback: true }, 'localhost', 80, '::ffff:127.0.0.1', undefined],
    ['never reaches a refused address', { ...forStorages, refused: ['10.96.0.1'] }, 'x', 9000, '10.96.0.1', 'listed'],
    ['never reaches a refused address in IPv6 clothes', { ...forStorages, refused: ['10.96.0.1'] }, 'x', 443, '64:ff9b::a60:1', 'listed'],
    ['never reaches a refused public address', { refused: ['93.184.216.34'] }, 'x', 443, '93.184.216.34', 'listed'],
    ['is refused before it is allowed', { allowed: ['10.96.0.1'], refused: ['10.96.0.1:443'] }, 'x', 443, '10.96.0.1', 'listed'],
    ['is refused at the named port only', { allowLoopback: true, refused: ['127.0.0.1:6443'] }, 'x', 9000, '127.0.0.1', undefined],
    ['does not take a name for an address', { allowed: ['x'] }, 'x', 80, 'localhost', 'reserved'],
  ])('%s', (_, policy, host, port, address, expected) => {
    expect(addressGuard({ ...closed, ...policy })({ host, port }, address)).toBe(expected);
  });
});

describe('a list of addresses', () => {
  test.each([
    '',
    'http://minio',
    'minio:',
    'minio:0',
    'minio:65536',
    'minio:http',
    'a b',
    '10.0.0.0/33',
    '[fd00::1',
    '[fd00::1]:x',
    '-x',
    'minio/24',
  ])('refuses the entry %j and names it', (entry) => {
    expect(() => addressGuard({ ...closed, allowed: [entry] })).toThrow(`"${entry}"`);
  });

  test('refuses names where only addresses make sense', () => {
    expect(() => addressGuard({ ...closed, refused: ['kubernetes.default'] })).toThrow('"kubernetes.default" is a name');
  });
});
