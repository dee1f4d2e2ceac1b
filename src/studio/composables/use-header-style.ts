import { resolveComponent } from 'vue';

interface HeaderStyle {
  /** Directus 11 has round icon buttons in its headers, Directus 12 square ones that carry their label where there is room. */
  round: boolean;
  /** The slot of `private-view` and `v-drawer` where the main action belongs. */
  primarySlot: 'actions' | 'actions:primary';
  /** In Directus 11 the content scrolls beneath the header, in Directus 12 it ends below it. */
  overlaps: boolean;
}

/**
 * How headers look in the Directus that runs. Told by what its button can do instead of by a version number: round buttons and
 * the slot for the main action replaced each other.
 */
export function useHeaderStyle(): HeaderStyle {
  const button = resolveComponent('VButton');
  const round = typeof button === 'object' && 'props' in button && 'rounded' in Object(button.props);
  return { round, primarySlot: round ? 'actions' : 'actions:primary', overlaps: round };
}
