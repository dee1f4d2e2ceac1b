import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDirectory } from './hosts/child.ts';

const directory = join(projectDirectory, 'src', 'texts');

/** The languages, beside English, in which the server speaks: a folder for each, with a file for each part of the code. */
export const LOCALES: readonly string[] = readdirSync(directory).sort();

/**
 * The sentences of a language by those of the code.
 *
 * @throws where two files say the same sentence differently
 */
export function readTexts(locale: string): Record<string, string> {
  const texts: Record<string, string> = {};

  for (const file of readdirSync(join(directory, locale)).sort()) {
    const part = JSON.parse(readFileSync(join(directory, locale, file), 'utf8')) as Record<string, string>;

    for (const [english, sentence] of Object.entries(part)) {
      if ((texts[english] ?? sentence) !== sentence) throw new Error(`${locale} says two things for "${english}".`);
      texts[english] = sentence;
    }
  }

  return texts;
}
