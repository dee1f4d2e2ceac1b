/** Texts of the message that stands where the pages, and all other texts with them, cannot be loaded. */
export const missingTexts = {
  'de-DE': {
    title: 'Diese Seite konnte nicht geladen werden',
    text: 'Prüfen Sie die Verbindung und laden Sie neu. Bleibt es dabei, fehlt dem Server eine Datei: Bitten Sie die Administration, die Tenancy-Erweiterung neu zu installieren.',
    reload: 'Neu laden',
  },
  'en-US': {
    title: 'This page could not be loaded',
    text: 'Check the connection, then reload. If that does not help, the server lacks a file: ask the administrator to install the tenancy extension again.',
    reload: 'Reload',
  },
};
