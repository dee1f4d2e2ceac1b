import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page, type Route } from 'playwright-core';
import type { App } from 'vue';
import type {} from 'vue-router';
import { projectDirectory } from '../../scripts/hosts/child.ts';
import type { DoctorReport } from '../../src/tenancy/doctor/report.ts';

const CHROMIUM_PATHS = [
  process.env['TEST_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const chromiumPath = CHROMIUM_PATHS.find((path) => path !== undefined && existsSync(path));

/** Whether browser tests are left out: only where there is no Chromium, and never in CI, where that is a failure. */
export const isBrowserMissing = chromiumPath === undefined && !process.env['CI'];

if (isBrowserMissing) {
  console.warn('Browser tests are skipped: no Chromium was found. Install it, or name its path in TEST_CHROMIUM.');
}

/** Where the Data Studio notes half a second after any page that the user was there. */
export const TRACKING = '/users/me/track/page';

/** @throws where there is no Chromium */
export function launchBrowser(): Promise<Browser> {
  if (chromiumPath === undefined)
    throw new Error('No Chromium was found. Install it, or name its path in TEST_CHROMIUM.');

  // The sandbox needs privileges that containers do not have; nothing but the Directus of the test is opened. Without graphics
  // hardware the picture on the login page takes most of the processor.
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-3d-apis'] });
}

/** A page of its own with what went wrong in it. */
export interface Studio {
  context: BrowserContext;
  page: Page;
  /** Errors and warnings of the page's own scripts. */
  complaints: string[];
  /** Requests to the bundle's endpoint that were refused: method, path and status. */
  refusals: string[];
}

export interface StudioOptions {
  colorScheme?: 'light' | 'dark';
  width?: number;
  height?: number;
}

/** Opens a page without a session. */
export async function openStudio(
  browser: Browser,
  url: string,
  { colorScheme = 'light', width = 1280, height = 800 }: StudioOptions = {},
): Promise<Studio> {
  const context = await browser.newContext({
    baseURL: url,
    colorScheme,
    locale: 'en-US',
    reducedMotion: 'reduce',
    viewport: { width, height },
  });

  await context.addInitScript(recordShifts);

  // A phone starts with both sidebars open otherwise: Directus remembers their state in the browser.
  if (width < 600) {
    await context.addInitScript(() => {
      localStorage.setItem('nav-bar-collapsed', 'true');
      localStorage.setItem('sidebar-collapsed', 'true');
    });
  }

  const page = await context.newPage();
  const complaints: string[] = [];
  const refusals: string[] = [];

  // The picture on the login page of Directus 12 complains about missing graphics hardware.
  const complain = (text: string): void => {
    if (!page.url().includes('/admin/login')) complaints.push(text);
  };

  page.on('pageerror', (error) => complain(error.message));

  page.on('console', (message) => {
    // Refused requests are looked at below.
    const isRequest = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isRequest) complain(message.text());
  });

  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith('/tenancy/') || response.status() < 400) return;
    refusals.push(`${response.request().method()} ${pathname} ${response.status()}`);
  });

  return { context, page, complaints, refusals };
}

interface Credentials {
  email: string;
  password: string;
}

/** Logs in through the login page. */
export async function logInByHand(page: Page, { email, password }: Credentials): Promise<void> {
  await page.goto('/admin/login');
  await page.locator('input[type="email"]').fill(email);
  await page.locator('input[type="password"]').fill(password);
  await page.locator('button[type="submit"]').click();
  await page.waitForURL((url) => !url.pathname.startsWith('/admin/login'));
}

/**
 * Logs in, gets the cookie of the login page without the page, and opens the Data Studio. Puts off the questions about owner and
 * licence that Directus asks then.
 */
export async function logIn(page: Page, { email, password }: Credentials): Promise<void> {
  const context = page.context();
  const answer = await context.request.post('/auth/login', { data: { email, password, mode: 'session' } });
  if (!answer.ok()) throw new Error(`${email} could not log in: ${await answer.text()}`);

  // Directus 12 forgets at every login that they were put off.
  const { origin } = new URL(answer.url());

  await context.addCookies(
    ['license-banner-dismissed', 'license-onboarding-dismissed', 'license-login-modal-dismissed'].map((name) => ({
      name,
      value: 'true',
      url: origin,
    })),
  );

  // Where the login page leads to; the root leads to the login page, which asks whether to go on.
  await page.goto('/admin/content');
}

/** Where the Data Studio loads the pages of the bundle from. */
export const PAGES = '/tenancy/pages.js';

/**
 * Opens a page of the Tenants module, and waits until it stays where it is. The doctor answers last, and what he fails slides in above
 * the content: a click at that moment begins on a button and ends beside it.
 *
 * @param open goes to the page, or loads it again
 */
export async function untilExamined(page: Page, open: () => Promise<unknown>): Promise<void> {
  const [report] = await Promise.all([nextReport(page), open()]);

  if (report.checks.some(({ status }) => status === 'fail')) {
    await page.getByRole('alert').filter({ visible: true }).first().waitFor();
  }

  await page.evaluate(untilUnmoved);
}

/** What the doctor answers next. A page that is left cancels its request. */
async function nextReport(page: Page): Promise<DoctorReport> {
  for (;;) {
    const request = await page.waitForRequest((each) => new URL(each.url()).pathname === '/tenancy/doctor');
    const response = await request.response();
    if (response) return ((await response.json()) as { data: DoctorReport }).data;
  }
}

/** Keeps a picture of the page under `.artifacts/`. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const directory = join(projectDirectory, '.artifacts');
  await mkdir(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`), animations: 'disabled' });
}

/** What axe says of parts of a page. */
export interface Accessibility {
  /** Rules that apply and hold. */
  passed: number;
  /** Each rule that does not hold, with the elements. */
  violations: string[];
}

/**
 * What axe says of parts of the page, by selectors; Directus' own elements are left out by `except`.
 *
 * @throws where axe-core is not installed
 */
export async function examineAccessibility(page: Page, parts: string[], except: string[] = []): Promise<Accessibility> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const context = JSON.stringify({ include: parts.map((part) => [part]), exclude: except.map((part) => [part]) });

  // A button that was disabled a moment ago has the colors of neither state.
  await page.evaluate(untilUnmoved);

  return page.evaluate<Accessibility>(
    `axe.run(${context}).then(({ passes, violations }) => ({
      passed: passes.length,
      violations: violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')),
    }))`,
  );
}

/** The violations that {@link examineAccessibility} finds. */
export async function findBarriers(page: Page, parts: string[], except: string[] = []): Promise<string[]> {
  return (await examineAccessibility(page, parts, except)).violations;
}

/**
 * Goes to a page as a link of the Data Studio does, and waits until all is loaded. The answers of the bundle's endpoint are held
 * back until Directus has put its sidebars where they stay, so that the page is seen while it loads.
 *
 * @param path below `/admin`
 * @param content what is there in the end
 * @returns which elements moved from then on although nobody did anything, and how far in pixels
 */
export async function goWithin(page: Page, path: string, content: string): Promise<string[]> {
  // The network is idle for a moment before the Data Studio has begun as well.
  await page.locator('.module-bar').waitFor();

  const held: Route[] = [];
  const answers: Promise<unknown>[] = [];
  let isHolding = true;

  const hold = (route: Route): unknown => {
    // The page itself, without which there is nothing to look at.
    if (route.request().url().endsWith(PAGES)) return route.continue();
    answers.push(route.request().response());
    return isHolding ? held.push(route) : route.continue();
  };

  await page.route('**/tenancy/**', hold);

  await page.evaluate((to) => {
    const root = document.querySelector<Element & { __vue_app__?: App }>('#app');
    if (!root?.__vue_app__) throw new Error('The Data Studio is not there yet.');
    return root.__vue_app__.config.globalProperties.$router.push(to);
  }, path);

  await page.evaluate(untilStill);
  await page.evaluate(() => void ((window as RecordingWindow).shifts.length = 0));
  isHolding = false;
  await Promise.all(held.map((route) => route.continue()));

  await page.locator(content).filter({ visible: true }).first().waitFor();

  // An answer can lead to another request.
  for (let known = -1; known !== answers.length;) {
    known = answers.length;
    await Promise.all(answers);
    await page.waitForFunction(() => !document.querySelector('main .v-skeleton-loader'));
    await page.evaluate(untilStill);
  }

  await page.unroute('**/tenancy/**', hold);
  return page.evaluate(() => (window as RecordingWindow).shifts);
}

/** Runs in the page: resolves when its main part has had the same place for some frames. */
function untilStill(): Promise<void> {
  const placeNow = (): string => JSON.stringify(document.querySelector('main')?.getBoundingClientRect());

  return new Promise((resolve) => {
    const look = (before: string, times: number): void => {
      const place = placeNow();
      if (times === 20) resolve();
      else requestAnimationFrame(() => look(place, place === before ? times + 1 : 0));
    };

    look(placeNow(), 0);
  });
}

/** Runs in the page: resolves when no animation or transition that has an end is still running. */
async function untilUnmoved(): Promise<void> {
  const running = (): Animation[] =>
    document
      .getAnimations()
      .filter(
        ({ effect, playState }) => playState === 'running' && Number.isFinite(effect?.getComputedTiming().endTime),
      );

  // The end of one can be the start of another; one that is taken away before its end rejects.
  for (let animations = running(); animations.length > 0; animations = running()) {
    await Promise.allSettled(animations.map(({ finished }) => finished));
  }
}

type RecordingWindow = Window & typeof globalThis & { shifts: string[] };

/** Runs in the page, before its own scripts (https://wicg.github.io/layout-instability/). */
function recordShifts(): void {
  interface LayoutShift extends PerformanceEntry {
    value: number;
    hadRecentInput: boolean;
    sources: { node?: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
  }

  const shifts: string[] = [];
  Object.assign(window, { shifts });

  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries() as LayoutShift[]) {
      if (hadRecentInput) continue;
      const names = sources.flatMap(({ node, previousRect: from, currentRect: to }) => {
        const element = node instanceof Element ? node : node?.parentElement;
        if (!element?.closest('main')) return [];
        const name = `${element.tagName.toLowerCase()}.${[...element.classList].join('.')}`;
        return `${name} by ${to.x - from.x}, ${to.y - from.y}`;
      });
      if (names.length > 0) shifts.push(`${names.join('; ')} (${value.toFixed(3)})`);
    }
  }).observe({ type: 'layout-shift', buffered: true });
}
