import { useApi } from '@directus/extensions-sdk';
import type { RestCommand } from '@directus/sdk';
import { useI18n } from 'vue-i18n';
import { linesOf, resultOf, withParsedBody } from '../utilities/lines.ts';

/** A page of a list, with how many there are. */
export interface Page<Item> {
  data: Item[];
  meta: { total_count: number; filter_count: number };
}

/** How many requests of the pages are under way, and who waits until there is none. */
let running = 0;
const waiting: (() => void)[] = [];

async function count<Output>(work: Promise<Output>): Promise<Output> {
  running += 1;

  try {
    return await work;
  } finally {
    running -= 1;
    if (running === 0) for (const go of waiting.splice(0)) go();
  }
}

/** Resolves when no request of the pages is under way, for what would slow them down and is not urgent. */
export function whenQuiet(): Promise<void> {
  return running === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
}

/**
 * Runs the commands of the client with the session of the Data Studio, which Directus' own `axios` instance renews. What the
 * server says is said in the language of the user. Throws what the request throws.
 */
export function useClient() {
  const api = useApi();
  const { locale } = useI18n({ useScope: 'global' });

  const requestOf = (command: RestCommand<unknown, unknown>) => configOf(command, locale.value);

  async function send<Body>(command: RestCommand<unknown, unknown>, signal?: AbortSignal): Promise<Body> {
    const { data } = await count(api.request<Body>({ ...requestOf(command), ...(signal && { signal }) }));
    return data;
  }

  async function stream(command: RestCommand<unknown, unknown>, seen: (text: string) => void): Promise<string> {
    const asked = requestOf(command);

    const { data } = await api
      .request<string>({
        ...asked,
        headers: { ...asked.headers, Accept: 'application/x-ndjson' },
        responseType: 'text',
        transformResponse: (text: string) => text,
        onDownloadProgress: ({ event }: { event?: ProgressEvent }) => {
          const { responseText } = (event?.target ?? {}) as { responseText?: string };
          if (responseText) seen(responseText);
        },
      })
      .catch((error: unknown) => {
        throw withParsedBody(error);
      });

    return data;
  }

  return {
    /** What the command answers. */
    async request<Output>(command: RestCommand<Output, unknown>, signal?: AbortSignal): Promise<Output> {
      const body = await send<{ data: Output } | undefined>(command, signal);
      return body?.data as Output;
    },

    /** A page of what a list command answers. */
    requestPage<Item>(command: RestCommand<Item[], unknown>, signal?: AbortSignal): Promise<Page<Item>> {
      return send<Page<Item>>(command, signal);
    },

    /** What a command answers that takes long, which is told beforehand by the lines that have come so far. */
    async follow<Output>(command: RestCommand<Output, unknown>, seen: (lines: object[]) => void): Promise<Output> {
      return resultOf(await stream(command, (text) => seen(linesOf(text)))) as Output;
    },

    /** The lines that a command answers, told as they come. */
    async collect<Line extends object>(
      command: RestCommand<Line[], unknown>,
      seen: (lines: Line[]) => void,
    ): Promise<Line[]> {
      return linesOf(await stream(command, (text) => seen(linesOf(text) as Line[]))) as Line[];
    },
  };
}

/** A command as `axios` takes it, to be answered in that language. */
function configOf(command: RestCommand<unknown, unknown>, language: string) {
  const { path, method = 'GET', params, headers, body } = command();

  return {
    url: path,
    method,
    ...(params && { params }),
    ...(body !== undefined && { data: body }),
    headers: {
      'Accept-Language': language,
      ...(typeof body === 'string' && { 'Content-Type': 'application/json' }),
      ...headers,
    },
  };
}
