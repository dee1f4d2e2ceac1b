import { computed } from 'vue';
import { useMessages } from './use-messages.ts';

const STORAGE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** In seconds, the longest first. */
const TIME_UNITS = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** Numbers, sizes and dates in the user's language. */
export function useFormatting() {
  const { locale } = useMessages();
  const numbers = computed(() => new Intl.NumberFormat(locale.value));
  const days = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium' }));
  const moments = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'long', timeStyle: 'short' }));

  const distances = computed(() => new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' }));
  const lists = computed(() => new Intl.ListFormat(locale.value));

  // Such days are in UTC, whatever the zone of the browser.
  const dates = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeZone: 'UTC' }));

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

    /** A day without time, such as `2026-01-31`. */
    formatDate: (date: string) => dates.value.format(new Date(date)),

    formatList: (names: readonly string[]) => lists.value.format(names),

    /** How long ago something was, such as "2 hours ago". */
    formatDistance(timestamp: string): string {
      const seconds = (Date.parse(timestamp) - Date.now()) / 1000;
      const [unit, length] = TIME_UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
      return distances.value.format(Math.trunc(seconds / length), unit);
    },

    /** In decimal units, as Directus shows the sizes of files. */
    formatStorage(bytes: number): string {
      const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), STORAGE_UNITS.length - 1);
      return sizes.value[power]?.format(bytes / 1000 ** power) ?? '';
    },
  };
}
