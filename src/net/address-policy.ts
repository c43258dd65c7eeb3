/**
 * Which addresses a connection that a user caused may reach (security.md 4): pure, one decision an address.
 *
 * Loopback, unspecified, link-local, metadata, multicast and broadcast addresses are refused whatever the lists say; only the local demo and tests may reach loopback.
 */
import { type Address, type AddressClass, type Network, classify, contains, parseAddress, parseNetwork } from './addresses.ts';

export interface AddressPolicy {
  /** For the local demo and tests. */
  readonly allowLoopback: boolean;
  /** Whether private addresses need an entry in `allowed`. */
  readonly private: 'allow' | 'listed';
  /** Entries `host`, `host:port`, an address, `address:port` (`[v6]:port`) or a CIDR range. They allow private and reserved addresses, nothing else. */
  readonly allowed: readonly string[];
  /** Never reached, whatever else holds: the apiserver's addresses. Entries as in `allowed`, but no names. */
  readonly refused: readonly string[];
}

export interface Destination {
  /** As the user wrote it: a name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Why an address is not reached; undefined = it may be. */
export type Refusal = Exclude<AddressClass, 'public'> | 'listed';

export type AddressGuard = (destination: Destination, address: string) => Refusal | undefined;

type Entry =
  | { readonly kind: 'network'; readonly network: Network; readonly port: number | undefined }
  | { readonly kind: 'name'; readonly name: string; readonly port: number | undefined };

/** Throws TypeError, naming the entry, when a list cannot be read. */
export function addressGuard(policy: AddressPolicy): AddressGuard {
  const allowed = policy.allowed.map(parseEntry);
  const refused = policy.refused.map((text) => {
    const entry = parseEntry(text);
    // A name would have to be resolved for each decision, and the two answers could differ.
    if (entry.kind === 'name') throw new TypeError(`refused address "${text}" is a name; give its addresses`);
    return entry;
  });
  return (destination, text) => {
    const address = parseAddress(text);
    if (address === undefined) return 'reserved';
    const matches = (entry: Entry): boolean => matchesEntry(entry, destination, address);
    if (refused.some(matches)) return 'listed';
    const kind = classify(address);
    switch (kind) {
      case 'public':
        return undefined;
      case 'loopback':
        return policy.allowLoopback ? undefined : kind;
      case 'private':
        return policy.private === 'allow' || allowed.some(matches) ? undefined : kind;
      case 'reserved':
        return allowed.some(matches) ? undefined : kind;
      case 'unspecified':
      case 'linkLocal':
      case 'metadata':
      case 'multicast':
      case 'broadcast':
        return kind;
    }
  };
}

/** Lower case, without the root's dot: how names are compared. */
export function normalName(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

function matchesEntry(entry: Entry, destination: Destination, address: Address): boolean {
  if (entry.port !== undefined && entry.port !== destination.port) return false;
  return entry.kind === 'name' ? entry.name === normalName(destination.host) : contains(entry.network, address);
}

function parseEntry(text: string): Entry {
  const range = parseNetwork(text);
  if (range !== undefined) return { kind: 'network', network: range, port: undefined };
  const whole = exact(text);
  if (whole !== undefined) return { kind: 'network', network: whole, port: undefined };
  const { host, port } = splitPort(text);
  const address = exact(host);
  if (address !== undefined) return { kind: 'network', network: address, port };
  if (!/^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_.])?$/i.test(host))
    throw new TypeError(`"${text}" is not a host, host:port, address or CIDR range`);
  return { kind: 'name', name: normalName(host), port };
}

function exact(text: string): Network | undefined {
  const address = parseAddress(text);
  return address && { base: address, bits: address.family === 4 ? 32 : 128 };
}

function splitPort(text: string): { readonly host: string; readonly port: number | undefined } {
  const match = /^(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[^:]*))(?::(?<port>\d{1,5}))?$/.exec(text);
  const host = match?.groups?.['bracketed'] ?? match?.groups?.['plain'];
  const port = match?.groups?.['port'];
  if (host === undefined || (port !== undefined && (Number(port) === 0 || Number(port) > 65_535)))
    throw new TypeError(`"${text}" is not a host, host:port, address or CIDR range`);
  return { host, port: port === undefined ? undefined : Number(port) };
}
