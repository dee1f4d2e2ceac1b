/** An idempotency key of 128 random bits. Not `crypto.randomUUID()`, which browsers offer on HTTPS and on localhost only. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
