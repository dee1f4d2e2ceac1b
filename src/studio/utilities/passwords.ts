/** Without characters that are mistaken for one another when read aloud or copied by hand. */
const LETTERS_AND_DIGITS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
/** Those that the strong password policy of Directus counts. */
const SIGNS = '_.!?+*#';
const ALPHABET = LETTERS_AND_DIGITS + SIGNS;

/** Twenty characters of this alphabet are about 119 bits. */
const LENGTH = 20;

/** What password policies usually ask for, Directus' own "strong" included. */
const KINDS = [/[a-z]/, /[A-Z]/, /[0-9]/, /[_.!?+*#]/];

/** A random password with every kind of character. */
export function generatePassword(): string {
  for (;;) {
    const password = Array.from({ length: LENGTH }, () => ALPHABET.charAt(randomIndex(ALPHABET.length))).join('');
    if (KINDS.every((kind) => kind.test(password))) return password;
  }
}

/** Every index below `length` with the same probability: bytes that would favour the first ones are thrown away. */
function randomIndex(length: number): number {
  const limit = 256 - (256 % length);

  for (;;) {
    const [byte = limit] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < limit) return byte % length;
  }
}
