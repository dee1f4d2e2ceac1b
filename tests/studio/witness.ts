import type { Page } from 'playwright-core';

/** What went wrong in the Data Studio while somebody worked in it. */
export interface Witness {
  /** What was refused, what scripts complained of, and what stood on the page that should not; since the last time. */
  testify(): Promise<string[]>;
}

/**
 * Watches a page: every answer of 400 and more, every error of its scripts, and any of the `forbidden` words, be it on the page
 * or in an answer.
 */
export function watch(page: Page, forbidden: RegExp): Witness {
  const seen: string[] = [];
  const pending = new Set<Promise<void>>();

  page.on('pageerror', (error) => seen.push(`page: ${error.message}`));

  page.on('console', (message) => {
    const isRequest = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isRequest) seen.push(`console: ${message.text()}`);
  });

  page.on('response', (response) => {
    const request = response.request();
    const { pathname, search } = new URL(response.url());
    const name = `${request.method()} ${pathname}${decodeURIComponent(search)}`;
    if (response.status() >= 400) seen.push(`${name} ${response.status()}`);
    if (!['fetch', 'xhr'].includes(request.resourceType())) return;

    // A body is gone when the page has left before it was read; so has whoever might have seen it.
    const reading = response.text().then(
      (text) => {
        if (forbidden.test(text)) seen.push(`${name} tells ${forbidden.exec(text)![0]}`);
      },
      () => undefined,
    );
    pending.add(reading);
    void reading.finally(() => pending.delete(reading));
  });

  return {
    async testify() {
      await page.waitForLoadState('networkidle');
      await Promise.all(pending);
      const text = await page.locator('body').innerText();
      if (forbidden.test(text)) seen.push(`${page.url()} shows ${forbidden.exec(text)![0]}`);
      return seen.splice(0);
    },
  };
}
