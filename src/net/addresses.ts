/**
 * What an IP address is, in the terms of the IANA special-purpose registries.
 *
 * A guard that compares text is passed by the next spelling, so an address is a number here, and an IPv6 address that only wraps an IPv4 one (mapped, compatible,
 * translated, NAT64, 6to4) is judged as the IPv4 address that would be reached. Only what `node:net` calls an IP is one; octal, hexadecimal and short forms are names,
 * and go through the resolver, whose answer is judged.
 *
 * https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
 */
import { isIP, isIPv4 } from 'node:net';

export type AddressClass =
  | 'loopback'
  | 'unspecified'
  | 'linkLocal'
  /** Where clouds serve credentials to their machines. */
  | 'metadata'
  | 'multicast'
  | 'broadcast'
  /** Documentation, benchmarks, protocol assignments, tunnels (Teredo) and space that nobody was given. */
  | 'reserved'
  /** RFC 1918, RFC 6598 (100.64.0.0/10), RFC 4193 (fc00::/7) and the old site-local range. */
  | 'private'
  | 'public';

/** An address as a number. Wrapped IPv4 addresses are unwrapped: two spellings of one destination are equal. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A range: the first `bits` bits of `base`. */
export interface Network {
  readonly base: Address;
  readonly bits: number;
}

/** The address that `text` spells, or undefined when it is a name. A zone (`fe80::1%eth0`) is left out. */
export function parseAddress(text: string): Address | undefined {
  switch (isIP(text)) {
    case 4:
      return { family: 4, value: ipv4Value(text) };
    case 6:
      return unwrap(ipv6Value(text.split('%', 1)[0] ?? ''));
    default:
      return undefined;
  }
}

/** The range that `text` (`10.0.0.0/8`, `fd00::/8`) spells, or undefined. Bits beyond the prefix are ignored. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const length = text.slice(slash + 1);
  if (slash < 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const literal = text.slice(0, slash);
  const bits = Number(length);
  const family = isIP(literal);
  if (family === 4 && bits <= 32) return { base: { family, value: ipv4Value(literal) }, bits };
  // Not unwrapped: ::ffff:10.0.0.0/104 counts its bits in IPv6.
  if (family === 6 && bits <= 128 && !literal.includes('%')) return { base: { family, value: ipv6Value(literal) }, bits };
  return undefined;
}

export function contains(network: Network, address: Address): boolean {
  if (network.base.family !== address.family) return false;
  const hostBits = BigInt((address.family === 4 ? 32 : 128) - network.bits);
  return network.base.value >> hostBits === address.value >> hostBits;
}

/** The first range that holds the address decides. */
export function classify(address: Address): AddressClass {
  const row = RANGES.find(([network]) => contains(network, address));
  if (row !== undefined) return row[1];
  return address.family === 4 ? 'public' : 'reserved';
}

const RANGES: readonly (readonly [Network, AddressClass])[] = (
  [
    ['169.254.169.254/32', 'metadata'],
    ['100.100.100.200/32', 'metadata'], // Alibaba Cloud
    ['168.63.129.16/32', 'metadata'], // Azure
    ['192.0.0.192/32', 'metadata'], // Oracle Cloud
    ['0.0.0.0/8', 'unspecified'],
    ['127.0.0.0/8', 'loopback'],
    ['169.254.0.0/16', 'linkLocal'],
    ['10.0.0.0/8', 'private'],
    ['172.16.0.0/12', 'private'],
    ['192.168.0.0/16', 'private'],
    ['100.64.0.0/10', 'private'],
    ['192.0.0.0/24', 'reserved'],
    ['192.0.2.0/24', 'reserved'],
    ['192.88.99.0/24', 'reserved'],
    ['198.18.0.0/15', 'reserved'],
    ['198.51.100.0/24', 'reserved'],
    ['203.0.113.0/24', 'reserved'],
    ['224.0.0.0/4', 'multicast'],
    ['255.255.255.255/32', 'broadcast'],
    ['240.0.0.0/4', 'reserved'],
    ['::/128', 'unspecified'],
    ['::1/128', 'loopback'],
    ['fd00:ec2::254/128', 'metadata'], // AWS
    ['fd00:ec2::23/128', 'metadata'], // AWS, identities of pods
    ['fd20:ce::254/128', 'metadata'], // Google Cloud
    ['fe80::/10', 'linkLocal'],
    ['fc00::/7', 'private'],
    ['fec0::/10', 'private'],
    ['ff00::/8', 'multicast'],
    ['2001::/23', 'reserved'],
    ['2001:db8::/32', 'reserved'],
    ['3fff::/20', 'reserved'],
    ['2000::/3', 'public'], // all the rest of IPv6 has not been given to anybody
  ] satisfies [string, AddressClass][]
).map(([text, kind]) => [network(text), kind]);

/** IPv6 ranges that carry an IPv4 address, and by how many bits it stands above the lowest. */
const WRAPPERS: readonly (readonly [Network, bigint])[] = (
  [
    ['::ffff:0:0/96', 0n], // IPv4-mapped, RFC 4291
    ['::ffff:0:0:0/96', 0n], // IPv4-translated, RFC 2765
    ['64:ff9b::/96', 0n], // NAT64, RFC 6052
    ['2002::/16', 80n], // 6to4, RFC 3056
    ['::/96', 0n], // IPv4-compatible, RFC 4291, withdrawn; comes last because :: and ::1 are no wrappers
  ] satisfies [string, bigint][]
).map(([text, shift]) => [network(text), shift]);

function unwrap(value: bigint): Address {
  const whole: Address = { family: 6, value };
  if (value <= 1n) return whole;
  const wrapper = WRAPPERS.find(([range]) => contains(range, whole));
  return wrapper === undefined ? whole : { family: 4, value: (value >> wrapper[1]) & 0xffff_ffffn };
}

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (parsed === undefined) throw new TypeError(`${text} is not a network`);
  return parsed;
}

function ipv4Value(text: string): bigint {
  return text.split('.').reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function ipv6Value(text: string): bigint {
  const [head = '', tail] = text.split('::', 2);
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const middle = new Array<bigint>(8 - front.length - back.length).fill(0n);
  return [...front, ...middle, ...back].reduce((value, group) => (value << 16n) | group, 0n);
}

function groups(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!isIPv4(part)) return [BigInt(`0x${part}`)];
    const value = ipv4Value(part);
    return [value >> 16n, value & 0xffffn];
  });
}
