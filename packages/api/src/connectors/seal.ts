import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const nonceLength = 12;
const tagLength = 16;

/** Encrypts with AES-256-GCM; the result opens only under the same key and for the same `owner`. Holds nonce, tag and ciphertext. */
export function seal(key: Uint8Array, owner: string, text: string): Uint8Array {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  cipher.setAAD(Buffer.from(owner));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** What was sealed; throws when key or owner are others, or a byte was changed. */
export function unseal(key: Uint8Array, owner: string, sealed: Uint8Array): string {
  const nonce = sealed.subarray(0, nonceLength);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  decipher.setAAD(Buffer.from(owner));
  decipher.setAuthTag(sealed.subarray(nonceLength, nonceLength + tagLength));
  const rest = sealed.subarray(nonceLength + tagLength);
  return Buffer.concat([decipher.update(rest), decipher.final()]).toString('utf8');
}
