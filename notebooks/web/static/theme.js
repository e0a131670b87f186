// Before anything is drawn: the reader's choice of light or dark, if there was one.
try {
  const chosen = localStorage.getItem("rnnlib-theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch { /* no storage here: the system's choice counts */ }
