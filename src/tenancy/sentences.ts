/** What stands for `{name}` in a sentence. */
export type SentenceValues = Readonly<Record<string, string | number>>;

/** Sentences of one language by those of this code, with the same `{names}`. */
export type Sentences = Readonly<Record<string, string>>;

/** The sentences of the language that is spoken now; `undefined` for English. */
let sentencesNow: () => Sentences | undefined = () => undefined;

/** Says how {@link say} finds the language of whoever is spoken to. Until then it speaks English. */
export function speakBy(find: typeof sentencesNow): void {
  sentencesNow = find;
}

/**
 * A sentence, or a part of one, in the language of whoever is spoken to. English is the key to the other languages, whose
 * sentences are in `src/texts/`; one that is missing there is said in English.
 *
 * @param english with `{names}` where values go
 */
export function say(english: string, values: SentenceValues = {}): string {
  const sentence = sentencesNow()?.[english] ?? english;
  return sentence.replace(/\{(\w+)\}/g, (name, key: string) => String(values[key] ?? name));
}

/**
 * A sentence as Directus itself says it, in the one language that it has: whoever is told it is not to see that it comes from
 * somewhere else, and so that there is something.
 */
export function asDirectus(sentence: string): string {
  return sentence;
}
