// Slides: reveal.js, with the light or dark that the pages have.

const chosen = document.documentElement.dataset.theme;
const isDark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.classList.toggle("rnnlib-dark", isDark);

// A formula that is wider than the slide becomes smaller, and so does whatever is too tall for it.
const fit = (slide) => {
  for (const box of slide.querySelectorAll(".math")) {
    const formula = box.querySelector("math");
    const size = parseFloat(getComputedStyle(formula).fontSize);
    if (box.scrollWidth > box.clientWidth) formula.style.fontSize = `${size * box.clientWidth / box.scrollWidth - 0.5}px`;
  }
  slide.style.zoom = "";
  const tall = slide.scrollHeight;
  if (tall > 700) slide.style.zoom = Math.max(700 / tall, 0.6);
};

// An answer brings its figure: the slide has grown since it was shown.
let waiting = 0;
const grown = () => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => {
    const slide = Reveal.getCurrentSlide();
    if (slide && slide.scrollHeight * (slide.style.zoom || 1) > 705) fit(slide);
  });
};
addEventListener("DOMContentLoaded", async () => {
  Reveal.on("ready", ({ currentSlide }) => fit(currentSlide));
  Reveal.on("slidechanged", ({ currentSlide }) => fit(currentSlide));
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0.05, hash: true, slideNumber: "c/t", center: false, transition: "none",
    plugins: [RevealNotes],
  });
  const slides = document.querySelector(".slides");
  slides.addEventListener("load", grown, true);          // of a picture
  new MutationObserver(grown).observe(slides, { childList: true, subtree: true });
});
