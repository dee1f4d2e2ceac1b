import { useStores } from '@directus/extensions-sdk';

interface Notification {
  title: string;
  type: 'success' | 'warning' | 'error' | 'info';
  icon?: string;
}

interface NotificationsStore {
  add: (notification: Notification) => void;
}

/** The notifications in the corner of the Data Studio. */
export function useNotifications(): NotificationsStore {
  const { useNotificationsStore } = useStores() as { useNotificationsStore: () => NotificationsStore };
  return useNotificationsStore();
}
