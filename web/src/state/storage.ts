// What the browser remembers for this page. Storage may be forbidden or full; then nothing is remembered and nothing breaks.
const PREFIX = "vedette.";

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // forbidden or full
  }
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}
