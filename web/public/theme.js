// Runs before the first paint, so that a chosen theme does not flash. The page itself sets it later (state/preferences.ts).
try {
  const theme = localStorage.getItem("vedette.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // storage is forbidden: the system's theme holds
}
