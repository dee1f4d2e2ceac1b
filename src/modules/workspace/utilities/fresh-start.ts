/** Where the browser keeps when somebody last went to another tenant, for all pages of this Directus. */
const KEY = 'tenancy-switched';

let known: string | null = null;
let isFollowing = false;

/**
 * Loads the Data Studio anew, and everything that it keeps in memory: permissions, collections, presets and rows are those of the
 * tenant in which it was opened. The other tabs of this browser have the same session, and do the same.
 *
 * @param page where to go on, below the root of the Data Studio
 */
export function startAnew(page = 'workspace'): void {
  localStorage.setItem(KEY, String(Date.now()));
  goTo(page);
}

/** Leaves what this tab shows of a tenant as soon as another tab has gone to another one, even if this one slept meanwhile. */
export function followSwitches(): void {
  known = localStorage.getItem(KEY);
  if (isFollowing) return;
  isFollowing = true;

  window.addEventListener('storage', follow);
  window.addEventListener('pageshow', follow);
}

function follow(): void {
  const latest = localStorage.getItem(KEY);
  if (latest === null || latest === known) return;
  known = latest;
  goTo('workspace');
}

function goTo(page: string): void {
  window.location.assign(new URL(page, document.baseURI));
}
