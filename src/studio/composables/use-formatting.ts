import { computed } from 'vue';
import { useMessages } from './use-messages.ts';

const STORAGE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Numbers, sizes and dates in the user's language. */
export function useFormatting() {
  const { locale } = useMessages();
  const numbers = computed(() => new Intl.NumberFormat(locale.value));
  const days = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium' }));
  const moments = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'long', timeStyle: 'short' }));

  const sizes = computed(() =>
    STORAGE_UNITS.map(
      (unit) =>
        new Intl.NumberFormat(locale.value, {
          style: 'unit',
          unit,
          unitDisplay: unit === 'byte' ? 'long' : 'short',
          maximumFractionDigits: 1,
        }),
    ),
  );

  return {
    formatCount: (count: number) => numbers.value.format(count),
    formatDay: (timestamp: string) => days.value.format(new Date(timestamp)),
    formatMoment: (timestamp: string) => moments.value.format(new Date(timestamp)),

    /** In decimal units, as Directus shows the sizes of files. */
    formatStorage(bytes: number): string {
      const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), STORAGE_UNITS.length - 1);
      return sizes.value[power]?.format(bytes / 1000 ** power) ?? '';
    },
  };
}
