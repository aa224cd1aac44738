// The theme chosen in the admin, before the first paint. A file, because the policy allows no inline script.
let theme = "auto";
try {
  theme = JSON.parse(localStorage.getItem("adminTheme")) || theme;
} catch {
  // storage is closed to us, or holds something else
}
const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
document.documentElement.classList.toggle("dark", dark);
