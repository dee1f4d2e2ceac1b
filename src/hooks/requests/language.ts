import { readFileSync } from 'node:fs';
import type { Context, Middleware } from '../../runtime.ts';
import { CallContext } from '../../services/call-context.ts';
import { speakBy, type Sentences } from '../../tenancy/sentences.ts';

/** Languages beside English as requests ask for them, with the names of their files beside the bundle. */
const LANGUAGES = { de: 'de-DE' } as const;

type Language = keyof typeof LANGUAGES;

/** Found in whatever asks for one of them; most requests are spared the negotiation. */
const MAY_BE_ASKED_FOR = new RegExp(`\\b(?:${Object.keys(LANGUAGES).join('|')})\\b`, 'i');

const spoken = new CallContext<Sentences>();
speakBy(() => spoken.get());

/**
 * Lets a middleware, and all that answers the request after it, speak the language that the request asks for (`Accept-Language`),
 * as far as there are sentences in it.
 */
export function inOwnLanguage(middleware: Middleware, logger: Context['logger']): Middleware {
  const known = new Map<Language, Sentences>();

  const sentencesIn = (language: Language): Sentences => {
    const sentences = known.get(language) ?? readSentences(LANGUAGES[language], logger);
    known.set(language, sentences);
    return sentences;
  };

  return (request, response, next) => {
    if (!MAY_BE_ASKED_FOR.test(request.headers['accept-language'] ?? '')) return middleware(request, response, next);

    const language = request.acceptsLanguages('en', ...Object.keys(LANGUAGES)) as Language | 'en' | false;
    if (!language || language === 'en') middleware(request, response, next);
    else spoken.answer(sentencesIn(language), response, () => middleware(request, response, next));
  };
}

/** Nobody is refused anything for want of a file: without it English is spoken. */
function readSentences(locale: string, logger: Context['logger']): Sentences {
  const file = new URL(`./texts/${locale}.json`, import.meta.url);

  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Sentences;
  } catch (error) {
    logger.warn(
      error,
      `The tenancy extension speaks English instead of ${locale}. Install it again, with "dist/texts".`,
    );
    return {};
  }
}
