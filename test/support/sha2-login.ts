/**
 * The server's half of a login by caching_sha2_password, as MySQL 8 documents it, written from that page and not from the driver that is tried with it.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
 */
import { constants, createHash, generateKeyPairSync, privateDecrypt, type KeyObject } from 'node:crypto';

const MORE = 1;
const REQUEST_KEY = 2;
const FAST_SUCCESS = 3;
const FULL_AUTHENTICATION = 4;
/** Of the packet with which a client answers the greeting, before the user's name. */
const RESPONSE_HEAD = 32;

export interface Step {
  readonly answer: readonly Buffer[];
  /** What the client was asked for, or `welcome`, or how it was refused. */
  readonly step: string;
}

export class Sha2Login {
  readonly #account: { readonly password: string; readonly cached: boolean };
  readonly #scramble: Buffer;
  readonly #isSecure: boolean;
  #keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | undefined;
  #begun = false;

  constructor(account: { readonly password: string; readonly cached: boolean }, scramble: Buffer, isSecure: boolean) {
    this.#account = account;
    this.#scramble = scramble;
    this.#isSecure = isSecure;
  }

  next(body: Buffer): Step {
    if (!this.#begun) {
      this.#begun = true;
      return this.#first(body);
    }
    if (this.#isSecure) return this.#verdict(body.toString('utf8') === `${this.#account.password}\0`);
    if (body.length === 1 && body[0] === REQUEST_KEY) {
      this.#keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const pem = this.#keys.publicKey.export({ type: 'spki', format: 'pem' });
      return { answer: [Buffer.concat([Buffer.from([MORE]), Buffer.from(pem)])], step: 'key' };
    }
    if (this.#keys === undefined) return this.#verdict(false);
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const opened = privateDecrypt({ key: this.#keys.privateKey, padding, oaepHash: 'sha1' }, body);
    const password = opened.map((byte, index) => byte ^ (this.#scramble[index % this.#scramble.length] ?? 0));
    return this.#verdict(Buffer.from(password).toString('utf8') === `${this.#account.password}\0`);
  }

  #first(body: Buffer): Step {
    const afterName = body.indexOf(0, RESPONSE_HEAD) + 1;
    const token = body.subarray(afterName + 1, afterName + 1 + (body[afterName] ?? 0));
    const once = sha256(Buffer.from(this.#account.password));
    const mask = sha256(Buffer.concat([sha256(once), this.#scramble]));
    const wanted = once.map((byte, index) => byte ^ (mask[index] ?? 0));
    if (!token.equals(wanted)) return this.#verdict(false);
    if (this.#account.cached) return { answer: [Buffer.from([MORE, FAST_SUCCESS])], step: 'welcome' };
    return { answer: [Buffer.from([MORE, FULL_AUTHENTICATION])], step: 'full' };
  }

  #verdict(isRight: boolean): Step {
    return isRight ? { answer: [], step: 'welcome' } : { answer: [refusal()], step: 'refused' };
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** ER_ACCESS_DENIED_ERROR. */
function refusal(): Buffer {
  return Buffer.concat([Buffer.from([0xff, 1045 & 0xff, 1045 >> 8]), Buffer.from('#28000Access denied')]);
}
