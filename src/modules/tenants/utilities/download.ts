/** Hands a text to the browser as a file to be saved. */
export function saveText(text: string, name: string, type: string): void {
  // Spreadsheets take a file without the mark for one of their own code page.
  const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: `${type};charset=utf-8` }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}
