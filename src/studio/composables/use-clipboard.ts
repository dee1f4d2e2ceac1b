import { useMessages } from './use-messages.ts';
import { useNotifications } from './use-notifications.ts';

/** Browsers offer the clipboard only on HTTPS and on localhost: elsewhere there is nothing to copy with. */
export function useClipboard() {
  const { t } = useMessages();
  const notifications = useNotifications();
  const isSupported = 'clipboard' in navigator;

  async function copy(value: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(value);
      notifications.add({ title: t('notification.copied'), type: 'success', icon: 'content_copy' });
    } catch {
      notifications.add({ title: t('notification.copy_failed'), type: 'error' });
    }
  }

  return { isSupported, copy };
}
