// Loaded before the page is drawn, so that it never flashes in the other colours.
(() => {
  try {
    const theme = localStorage.getItem("omnibot.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is closed to us: as the system.
  }
})();
