// Slides: reveal.js, with the light or dark that the pages have.

const chosen = document.documentElement.dataset.theme;
const isDark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.classList.toggle("rnnlib-dark", isDark);

// A formula that is wider than the slide becomes smaller, and so does whatever is too tall for it.
const fit = ({ currentSlide }) => {
  for (const box of currentSlide.querySelectorAll(".math")) {
    const formula = box.querySelector("math");
    const size = parseFloat(getComputedStyle(formula).fontSize);
    if (box.scrollWidth > box.clientWidth) formula.style.fontSize = `${size * box.clientWidth / box.scrollWidth - 0.5}px`;
  }
  const tall = currentSlide.scrollHeight;
  if (tall > 700 && !currentSlide.style.zoom) currentSlide.style.zoom = Math.max(700 / tall, 0.6);
};
addEventListener("DOMContentLoaded", async () => {
  Reveal.on("ready", fit);
  Reveal.on("slidechanged", fit);
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0.05, hash: true, slideNumber: "c/t", center: false, transition: "none",
    plugins: [RevealNotes],
  });
});
