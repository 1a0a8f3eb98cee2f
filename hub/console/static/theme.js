// Bootstrap's colours follow the system's, or what the teammate chose; loaded before the styles, so
// that nothing flashes.
const dark = matchMedia("(prefers-color-scheme: dark)");
const page = document.documentElement;
const follow = () => { page.dataset.bsTheme = page.dataset.appearance ?? (dark.matches ? "dark" : "light"); };
follow();
dark.addEventListener("change", follow);
