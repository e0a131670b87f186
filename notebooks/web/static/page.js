// What a page does besides being read: light or dark, the list of pages on a phone, search.

const root = document.documentElement;
const find = (selector, within = document) => within.querySelector(selector);

// Light or dark: as the system has it, until the reader says otherwise.
const system = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print"); // is light
const theme = find("button.theme");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
const showTheme = () => {
  theme.setAttribute("aria-pressed", isDark());
  root.classList.toggle("rnnlib-dark", isDark() && !paper.matches); // the figures ask for this one
};
theme.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  try { localStorage.setItem("rnnlib-theme", root.dataset.theme); } catch { /* for this page only */ }
  showTheme();
});
for (const asked of [system, paper]) asked.addEventListener("change", showTheme);
showTheme();

// The list of pages: always there on a wide screen, behind a button on a narrow one.
const menu = find("button.menu");
const parts = find("#parts");
const showParts = (open) => {
  parts.classList.toggle("open", open);
  menu.setAttribute("aria-expanded", open);
};
menu.addEventListener("click", () => showParts(!parts.classList.contains("open")));
parts.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && parts.classList.contains("open")) { showParts(false); menu.focus(); }
});
parts.addEventListener("click", (event) => { if (event.target.closest("a")) showParts(false); });
const current = find('[aria-current="page"]', parts);
if (current) parts.scrollTop = current.offsetTop - parts.clientHeight / 3;

// What scrolls sideways can be reached by keyboard, if it does scroll.
const reachable = () => {
  for (const box of document.querySelectorAll("pre, .wide, .math, .output:has(> .figure)")) {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
new ResizeObserver(reachable).observe(find("#main"));

// Search: Pagefind's index, loaded when it is first asked.
const dialog = find("#search");
const [field, status, results] = ["input", "[role=status]", "ul"].map((name) => find(name, dialog));
let loaded, waiting, asked = 0;
const open = () => { dialog.showModal(); field.select(); };
find("button.search").addEventListener("click", open);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !dialog.open) {
    event.preventDefault();
    open();
  }
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
field.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(search, 150);                          // when the reader rests
});

async function search() {
  const turn = ++asked, words = field.value.trim();
  loaded ??= import("../pagefind/pagefind.js").then(async (module) => { await module.init(); return module; });
  const found = words ? await (await loaded).search(words) : { results: [] };
  const pages = await Promise.all(found.results.slice(0, 8).map((result) => result.data()));
  if (turn !== asked) return;                                 // more was asked meanwhile
  status.textContent = words ? `${found.results.length} pages` : "";
  results.replaceChildren(...pages.flatMap(({ meta, sub_results: places }) => places.slice(0, 3).map((place) => {
    const item = document.createElement("li"), link = document.createElement("a"), excerpt = document.createElement("p");
    link.href = place.url;
    link.textContent = place.title === meta.title ? meta.title : `${meta.title}: ${place.title}`;
    excerpt.innerHTML = place.excerpt;
    item.append(link, excerpt);
    return item;
  })));
}
results.addEventListener("click", (event) => { if (event.target.closest("a")) dialog.close(); });
