/**
 * A certificate authority in memory, for servers on the loopback address: the control plane, and Postgres or S3 servers that a test wants behind TLS.
 *
 * Keys are ECDSA P-256 (a whole control plane's certificates take some 20 ms). Certificates begin an hour ago, for clocks that disagree, and last a year, for a demo that is kept.
 */
import './reflect-metadata.ts';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;
const LIFETIME_MS = 365 * 24 * HOUR_MS;

/** A certificate with its private key, both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export class Authority {
  readonly #root: X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(root: X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.#root = root;
    this.#keys = keys;
  }

  static async create(commonName: string): Promise<Authority> {
    const keys = await generateKeys();
    const root = await X509CertificateGenerator.createSelfSigned({
      // A certificate whose issuer is named like its subject counts as self-signed; this keeps the authority's name apart from all that it issues.
      name: [{ OU: ['authority'] }, { CN: [commonName] }],
      keys,
      signingAlgorithm: ALGORITHM,
      ...validity(),
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new Authority(root, keys);
  }

  /** The authority's own certificate, PEM: what clients must trust. */
  get certificate(): string {
    return this.#root.toString('pem');
  }

  /** For a server that is reached under `names`, DNS names and IP addresses. */
  async issueServer(commonName: string, names: readonly string[] = ['localhost', '127.0.0.1', '::1']): Promise<Identity> {
    const alternatives = names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }));
    return this.#issue([{ CN: [commonName] }], [ExtendedKeyUsage.serverAuth], [new SubjectAlternativeNameExtension(alternatives)]);
  }

  /** For a client; Kubernetes reads the common name as the user and the organizations as its groups. */
  async issueClient(commonName: string, organizations: readonly string[] = []): Promise<Identity> {
    return this.#issue([...organizations.map((name) => ({ O: [name] })), { CN: [commonName] }], [ExtendedKeyUsage.clientAuth], []);
  }

  async #issue(
    subject: { readonly [attribute: string]: string[] }[],
    usages: ExtendedKeyUsage[],
    more: readonly Extension[],
  ): Promise<Identity> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.create({
      subject,
      issuer: this.#root.subjectName,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ALGORITHM,
      ...validity(),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension(usages),
        await AuthorityKeyIdentifierExtension.create(this.#keys.publicKey),
        ...more,
      ],
    });
    return { certificate: certificate.toString('pem'), key: await privateKeyPem(keys) };
  }
}

/** A key pair without a certificate, PEM: what signs service account tokens. */
export async function generateSigningKey(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  const keys = await generateKeys();
  const publicKey = await webcrypto.subtle.exportKey('spki', keys.publicKey);
  return { publicKey: PemConverter.encode(publicKey, PemConverter.PublicKeyTag), privateKey: await privateKeyPem(keys) };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), PemConverter.PrivateKeyTag);
}

function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - HOUR_MS), notAfter: new Date(now + LIFETIME_MS) };
}
