import { onBeforeUnmount, onMounted, ref } from 'vue';
import type { Ref } from 'vue';
import { onBeforeRouteLeave, onBeforeRouteUpdate, useRouter } from 'vue-router';
import type { RouteLocationNormalized } from 'vue-router';

/** Stops the way out of a page with unsaved edits, until the user decides. */
export function useEditsGuard(hasEdits: Readonly<Ref<boolean>>, discard: () => void) {
  const router = useRouter();
  const destination = ref<string | null>(null);

  function hold(to: RouteLocationNormalized): boolean {
    if (!hasEdits.value) return true;
    destination.value = to.fullPath;
    return false;
  }

  onBeforeRouteLeave(hold);
  onBeforeRouteUpdate((to, from) => to.path === from.path || hold(to));

  // The browser's own question, for closing the tab and loading another page.
  function holdUnload(event: BeforeUnloadEvent): void {
    if (hasEdits.value) event.preventDefault();
  }

  onMounted(() => window.addEventListener('beforeunload', holdUnload));
  onBeforeUnmount(() => window.removeEventListener('beforeunload', holdUnload));

  function stay(): void {
    destination.value = null;
  }

  function leave(): void {
    const to = destination.value;
    destination.value = null;
    discard();
    if (to !== null) void router.push(to);
  }

  return { destination, stay, leave };
}
