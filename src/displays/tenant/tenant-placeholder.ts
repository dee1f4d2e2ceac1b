import { defineComponent, h, shallowRef, type Component } from 'vue';
import { loadPages } from '../../studio/utilities/pages.ts';

const display = shallowRef<Component>();

/** The name of a tenant, and its display as soon as that is loaded. */
export default defineComponent({
  inheritAttrs: false,
  setup(_props, { attrs }) {
    // Without it the name remains, which says who it is.
    loadPages().then(
      ({ TenantDisplay }) => (display.value = TenantDisplay),
      () => undefined,
    );

    return () => (display.value ? h(display.value, attrs) : h('span', nameOf(attrs['value'])));
  },
});

function nameOf(value: unknown): string {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : value;
  return typeof name === 'string' ? name : '';
}
