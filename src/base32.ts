const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Bytes as RFC 4648 base32 without padding, in lower case: letters and digits that a Kubernetes name may hold. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((value >> bits) & 31);
    }
  }
  if (bits > 0) text += ALPHABET.charAt((value << (5 - bits)) & 31);
  return text;
}
