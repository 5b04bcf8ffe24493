// Before the first paint, so that a dark page never flashes white.
try {
  const theme = localStorage.getItem("faceserver.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // a browser that stores nothing follows the system
}
