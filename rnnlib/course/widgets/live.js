// The front end of every live figure, question and puzzle, and of text that changes. It computes nothing: it
// shows frames that Python painted, keeps those it has seen, and asks for the neighbours of the present one
// while the reader rests.

const KEPT = 300; // frames of one figure, at most
const HOVER = 60; // ms that a finger rests on a place before its frame is asked for
const REST = 70; // ms without a move before neighbours are asked for
const LATE = 400; // ms after which a picture that is not yet that of its controls fades
const DEAF = 800; // ms after which an idle kernel will not answer any more
const SILENCE = 5000; // ms after which a missing answer is told
const AHEAD = 3; // steps in the direction of the last move
const FEW = 12; // states of a figure that are all fetched
const BRIEF = 20; // letters of a label and its value: then the tools stand beside two controls
const TALL = 37, LEAST = 15; // em: of a figure with all that belongs to it, and of its picture if that is too little
const GONE = "The kernel was restarted: run this cell again.";
const SILENT = "No answer: the kernel is busy, or it was restarted. Then run this cell again.";

const stores = new Map(); // frames by the key of a figure, for all its views: {state: frame}

const make = (tag, props = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  if (element.tabIndex >= 0) element.setAttribute("data-lm-suppress-shortcuts", "true"); // Jupyter's keys stay out
  return element;
};

const same = (a, b) => a.length === b.length && a.every((value, k) => value === b[k]);
const clamp = (value, most) => Math.min(Math.max(value, 0), most);

const nearest = (places, at) => {
  let best = 0;
  places.forEach((place, k) => { if (Math.abs(place - at) < Math.abs(places[best] - at)) best = k; });
  return best;
};

function inline(png) { // as an address: the browser has such a picture at once, and a blob some 10 ms later
  const bytes = new Uint8Array(png.buffer, png.byteOffset, png.byteLength);
  let text = "";
  for (let k = 0; k < bytes.length; k += 8192) text += String.fromCharCode(...bytes.subarray(k, k + 8192));
  return `data:image/png;base64,${btoa(text)}`;
}

function keep(store, frame, png) {
  const name = frame.state.join();
  if (!store.has(name)) store.set(name, { ...frame, url: inline(png) });
  if (store.size > KEPT) store.delete(store.keys().next().value);
  return store.get(name);
}

function render({ model, el }) {
  const question = model.get("question");
  const scene = model.get("scene");
  const root = make("div", { className: "rnnlib-live" });
  const live = make("p", { className: "rnnlib-said" }); // the one live region
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  let saying;
  const announce = (text) => {
    clearTimeout(saying);
    saying = setTimeout(() => { live.textContent = text; }, 250);
  };
  const figure = scene?.controls ? showFigure(model, scene, root, announce) : null;
  if (question) root.append(askQuestion(model, question, figure, announce));
  if (figure && !question) root.append(figure.element);
  if (figure && !question) figure.begin();
  const puzzles = model.get("puzzles")?.length ? askPuzzles(model, root, announce) : null;
  if (puzzles) root.append(puzzles.element);
  const text = model.get("now") === undefined ? null : showText(model, announce);
  if (text) root.append(text);
  root.append(live);
  el.append(root);
  const room = makeRoom(root);
  return () => { clearTimeout(saying); room.disconnect(); figure?.end(); puzzles?.end(); };
}

function makeRoom(root) { // with its question and controls a figure is at most TALL: the picture gives way
  let known;
  const observer = new ResizeObserver(() => {
    const picture = root.querySelector(".rnnlib-picture, .rnnlib-reveal img");
    const question = root.querySelector(".rnnlib-question");
    const now = `${root.clientWidth} ${question?.offsetHeight}`; // not the sentence: nothing jumps while one touches
    if (!picture?.offsetHeight || now === known) return;
    known = now;
    const em = parseFloat(getComputedStyle(root).fontSize);
    const room = TALL * em - (root.offsetHeight - picture.offsetHeight);
    root.style.setProperty("--room", `${Math.max(room, LEAST * em)}px`);
  });
  observer.observe(root);
  return observer;
}

function showText(model, announce) {
  const element = make("div", { innerHTML: model.get("now") });
  model.on("change:now", async () => { // once its pictures have their size: nothing jumps
    const now = model.get("now"), next = make("div", { innerHTML: now });
    await Promise.all([...next.querySelectorAll("img")].map((image) => image.decode().catch(() => {})));
    if (now === model.get("now")) element.replaceChildren(...next.childNodes);
  });
  model.on("change:said", () => announce(model.get("said")));
  return element;
}

// ---- the figure ----

function showFigure(model, scene, root, announce) {
  const { controls, first, size } = scene;
  const store = stores.get(model.get("key")) ?? new Map();
  stores.set(model.get("key"), store);
  const images = new Map(); // of this view, decoded
  const asked = new Set();
  let wanted = [...model.get("state")];
  let last = null; // the frame on show
  let way = [0, 1]; // the control that moved last, and in which direction
  let resting, late, waiting, alive = true;
  const kernel = model.widget_manager?.kernel; // where the front end has one to show
  let restarted = false;
  let deaf;
  const heed = (_, status) => { // a kernel that has done what it was asked, and gave no frame, is a new one
    clearTimeout(deaf);
    if (/starting|dead/.test(status)) restarted = true; // "starting" may come last, after all else it says
    if (/^(idle|starting)$/.test(status) && (asked.size > 0 || !find(wanted))) deaf = setTimeout(lose, DEAF);
  };
  const lose = () => {
    if (asked.size === 0 && find(wanted)) return;
    restarted = true;
    asked.clear();
    if (find(wanted)) return;
    stale(true);
    say(GONE);
  };
  kernel?.statusChanged?.connect(heed);

  const foresee = (state) => { // where a click would lead: it is then answered at once
    if (!find(state) && asked.size === 0) ask(state);
  };
  const rows = controls.map((control, k) => controlRow(
    control, (index) => move(k, index), (index) => foresee(wanted.with(k, index))));
  const reset = make("button", { type: "button", textContent: "Reset", title: "Back to the initial values" });
  reset.onclick = () => go([...first]);
  const present = make("button", { type: "button", textContent: "Present", title: "Figure alone, full screen (key f)" });
  const unpresent = presentable(root, present);
  const hint = make("span", { className: "rnnlib-hint" });
  const tools = make("div", { className: "rnnlib-tools" }, hint, reset, present);
  const panel = make("div", { className: "rnnlib-controls" }, ...rows.map((row) => row.element), tools);
  const longest = (texts) => Math.max(...texts.map((text) => text.length)); // so that all tracks stand in line
  const [label, value] = [longest(rows.map((row) => row.name)), longest(controls.flatMap((control) => control.options))];
  panel.style.setProperty("--label", `${label}ch`);
  panel.style.setProperty("--value", `calc(${value + 2}ch + 0.7em)`);
  panel.classList.toggle("rnnlib-row", controls.length === 1 || label + value <= BRIEF);
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", "controls of the figure");

  const mark = make("div", { className: "rnnlib-mark", hidden: true });
  const picture = make("div", { className: "rnnlib-picture" }, mark);
  const card = make("div", { className: "rnnlib-card" }, picture);
  const sentence = make("p", { className: "rnnlib-sentence" });
  const code = make("pre", { className: "rnnlib-code", tabIndex: 0 });
  code.setAttribute("aria-label", "code for this state");
  const element = make("div", { className: "rnnlib-figure" }, panel, card, sentence, code);
  element.style.setProperty("--wide", `${size[0]}px`);
  element.style.setProperty("--ratio", size[0] / size[1]);

  const find = (state) => store.get(state.join());
  const imageOf = (frame) => {
    const name = frame.state.join();
    if (!images.has(name)) {
      const image = make("img", { src: frame.url, alt: frame.alt, draggable: false, decoding: "sync" });
      image.dataset.state = name;
      images.set(name, image);
      if (images.size > KEPT) images.delete(images.keys().next().value);
    }
    return images.get(name);
  };

  function put(image) { // once it has its size: what is touched must not shrink under the finger
    const before = picture.querySelector("img");
    if (before !== image) before ? before.replaceWith(image) : picture.prepend(image);
  }

  function show(frame) {
    last = frame;
    const image = imageOf(frame);
    if (image.complete) put(image);
    else {
      const shown = () => { if (last === frame) put(image); };
      image.onload = shown;
      setTimeout(shown, LATE); // whatever the browser says of it
    }
    sentence.innerHTML = frame.sentence;
    code.textContent = frame.code;
    code.hidden = !frame.code;
    card.classList.toggle("rnnlib-touchable", frame.touch.length > 0);
    hint.textContent = frame.touch.length > 0 ? "Touch the picture" : "";
    announce(frame.alt);
    arrived();
  }

  const say = (text) => { sentence.textContent = text; announce(text); };
  const stale = (on) => card.classList.toggle("rnnlib-stale", on); // the picture is not that of the controls

  function arrived() {
    clearTimeout(late);
    clearTimeout(waiting);
    late = waiting = undefined;
    stale(false);
  }

  function ask(state) {
    const name = state.join();
    if (asked.has(name)) return;
    asked.add(name);
    model.send({ kind: "paint", state });
  }

  function miss() { // the frame that is wanted is not here
    if (restarted) { // so it seems: ask all the same, for a busy machine may have looked like it
      stale(true);
      say(GONE);
      asked.clear();
      return ask(wanted);
    }
    if (asked.size < 2) ask(wanted);
    late ??= setTimeout(() => stale(true), LATE);
    waiting ??= setTimeout(() => {
      restarted ||= kernel?.status === "idle";
      asked.clear();
      stale(true);
      say(restarted ? GONE : SILENT);
      ask(wanted); // again: an answer that was lost must not be waited for
    }, SILENCE);
  }

  function go(state) {
    if (same(state, wanted) && last && same(last.state, state)) return;
    const moved = state.findIndex((index, k) => index !== wanted[k]);
    if (moved >= 0) way = [moved, Math.sign(state[moved] - wanted[moved])];
    wanted = state;
    rows.forEach((row, k) => row.set(state[k]));
    const frame = find(state);
    if (frame) show(frame);
    else miss();
    rest();
  }

  const move = (k, index) => {
    const state = [...wanted];
    state[k] = clamp(index, controls[k].options.length - 1);
    go(state);
  };

  function neighbours() {
    const near = (k, by) => {
      const state = [...wanted];
      state[k] = clamp(state[k] + by, controls[k].options.length - 1);
      return state;
    };
    const found = [near(way[0], way[1]), near(way[0], -way[1])];
    controls.forEach((_, k) => { if (k !== way[0]) found.push(near(k, 1), near(k, -1)); });
    for (let n = 2; n <= AHEAD; n += 1) found.push(near(way[0], n * way[1]));
    const most = controls[way[0]].options.length - 1, page = Math.round(most / 10);
    for (const leap of [page, -page, most, -most]) found.push(near(way[0], leap)); // PageUp, PageDown, End, Home
    if (controls.length === 1 && most < FEW) for (let n = -most; n <= most; n += 1) found.push(near(0, n));
    return found.filter((state) => !find(state));
  }

  function rest() { // when the reader rests, tell Python where we are and fetch what is near
    clearTimeout(resting);
    resting = setTimeout(() => {
      if (!alive) return;
      if (!restarted && !same(model.get("state"), wanted)) {
        model.set("state", [...wanted]);
        model.save_changes();
      }
      fetchNext();
    }, REST);
  }

  function fetchNext() {
    if (!alive || restarted || asked.size > 0 || !element.isConnected) return;
    const next = neighbours()[0];
    if (next) ask(next);
  }

  function hear(message, buffers) {
    if (message.kind !== "frame" && message.kind !== "failed") return;
    asked.delete(message.state.join());
    restarted = false;
    const here = same(message.state, wanted);
    if (message.kind === "failed") {
      if (here) {
        arrived();
        stale(true);
        say(message.sentence);
      }
      return;
    }
    const frame = keep(store, message, buffers[0]);
    if (here) show(frame);
    else imageOf(frame).decode().catch(() => {});
    if (!find(wanted)) ask(wanted);
    else rest();
  }

  const adopt = () => { // Python has moved the controls itself
    const frame = model.get("shown");
    keep(store, { ...frame, png: null }, frame.png);
    if (!same(frame.state, wanted)) go([...frame.state]);
  };
  const follow = () => { // another view has moved
    const state = model.get("state");
    if (!same(state, wanted)) go([...state]);
  };

  touchable(picture, mark, () => last?.touch ?? [], controls, () => wanted, go, foresee);
  root.addEventListener("keydown", (event) => {
    if (event.target.type !== "text") event.stopPropagation(); // the page has keys of its own
    if (event.key === "f" && event.target.type !== "text" && !event.ctrlKey && !event.metaKey) present.click();
  });

  return {
    element,
    begin() {
      model.on("msg:custom", hear);
      model.on("change:shown", adopt);
      model.on("change:state", follow);
      adopt();
      rows.forEach((row, k) => row.set(wanted[k]));
      if (find(wanted)) show(find(wanted));
      else ask(wanted);
      rest();
    },
    end() {
      alive = false;
      clearTimeout(resting);
      arrived();
      clearTimeout(deaf);
      kernel?.statusChanged?.disconnect(heed);
      unpresent();
      model.off("msg:custom", hear);
      model.off("change:shown", adopt);
      model.off("change:state", follow);
    },
  };
}

let count = 0; // of ids

function controlRow(control, changed, hovered) {
  const id = `rnnlib-${(count += 1)}`;
  const most = control.options.length - 1;
  const label = make("label", { htmlFor: id, innerHTML: control.label });
  const input = make("input", { id, type: "range", min: 0, max: most, step: 1 });
  const step = (sign, text, words) => {
    const button = make("button", { type: "button", textContent: text, className: "rnnlib-step" });
    button.setAttribute("aria-label", `${label.textContent}, ${words}`);
    button.onclick = () => changed(clamp(+input.value + sign, most));
    return button;
  };
  const value = control.typed
    ? make("input", { type: "text", className: "rnnlib-value", inputMode: "decimal" })
    : make("output", { className: "rnnlib-value" });
  if (control.typed) value.setAttribute("aria-label", `${label.textContent}, typed`);
  const longest = Math.max(...control.options.map((option) => option.length));
  value.style.width = `${longest + 2}ch`;
  input.oninput = () => changed(+input.value);
  let hovering;
  input.onpointermove = (event) => { // a thumb is 16 px wide, where browsers draw it
    clearTimeout(hovering);
    const share = (event.offsetX - 8) / (input.clientWidth - 16);
    if (!event.buttons) hovering = setTimeout(() => hovered(clamp(Math.round(most * share), most)), HOVER);
  };
  input.onpointerleave = () => clearTimeout(hovering);
  value.onchange = () => {
    const number = parseFloat(value.value.replace("−", "-"));
    const numbers = control.options.map((option) => parseFloat(option.replace("−", "-")));
    if (Number.isFinite(number)) changed(nearest(numbers, number));
    value.value = control.options[+input.value];
  };
  const element = make("div", { className: "rnnlib-control" }, label, step(-1, "‹", "one step back"), input,
    step(1, "›", "one step on"), value);
  return {
    element,
    name: label.textContent,
    set(index) {
      input.value = index;
      input.setAttribute("aria-valuetext", control.options[index]);
      if (control.typed) value.value = control.options[index];
      else value.textContent = control.options[index];
    },
  };
}

// ---- the picture under the finger ----

function touchable(picture, mark, areas, controls, state, go, preview) {
  const axes = ["x", "y"];
  const at = (event) => {
    const box = picture.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  const within = (point, more) => areas().find(({ box }) =>
    point.x >= box[0] - more && point.x <= box[2] + more && point.y >= box[1] - more && point.y <= box[3] + more);
  const under = (point) => within(point, 0) ?? within(point, 0.01);
  const chosen = (area, point) => {
    const next = [...state()];
    for (const axis of axes) {
      if (area[axis]) next[area[axis].control] = nearest(area[axis].at, point[axis]);
    }
    for (const [control, index] of area.sets ?? []) next[control] = index;
    return next;
  };
  const outline = (area, next) => { // the cell that would be chosen, or the whole breadth of the area
    const edges = axes.map((axis, n) => {
      if (!area[axis]) return [area.box[n], area.box[n + 2]];
      const places = area[axis].at, k = next[area[axis].control];
      const steps = [places[k + 1], places[k - 1]].filter((p) => p !== undefined).map((p) => Math.abs(p - places[k]));
      const half = Math.max(Math.min(...steps, 1) / 2, 0.004);
      return [places[k] - half, places[k] + half];
    });
    Object.assign(mark.style, {
      left: `${100 * edges[0][0]}%`, width: `${100 * (edges[0][1] - edges[0][0])}%`,
      top: `${100 * edges[1][0]}%`, height: `${100 * (edges[1][1] - edges[1][0])}%`,
    });
    mark.hidden = false;
  };
  let held = null, touched = -1, hovering; // touched: the area last clicked, which the arrow keys then follow
  picture.onpointerdown = (event) => {
    const point = at(event);
    held = under(point) ?? null;
    if (!held) return;
    touched = areas().indexOf(held);
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    picture.focus({ preventScroll: true });
    mark.hidden = true;
    go(chosen(held, point));
  };
  picture.onpointermove = (event) => {
    const point = at(event), area = held ?? under(point);
    picture.style.cursor = area ? "pointer" : "";
    clearTimeout(hovering);
    if (!area) mark.hidden = true;
    else if (held) go(chosen(held, point));
    else {
      const next = chosen(area, point);
      outline(area, next);
      hovering = setTimeout(() => preview(next), HOVER);
    }
  };
  picture.onpointerup = (event) => {
    if (held) go(chosen(held, at(event)));
    held = null;
  };
  picture.onpointercancel = () => { held = null; };
  picture.onpointerleave = () => { clearTimeout(hovering); mark.hidden = true; };
  const describe = () => {
    const area = areas().find((one) => one.x || one.y) ?? areas()[0];
    if (!area) {
      picture.removeAttribute("role");
      picture.removeAttribute("tabindex");
      return;
    }
    const name = (axis) => controls[area[axis].control].label.replace(/<[^>]*>/g, "");
    const words = [area.x && `left and right: ${name("x")}`, area.y && `up and down: ${name("y")}`];
    if (!area.x && !area.y) words.push(`left and right: ${controls[0].label.replace(/<[^>]*>/g, "")}`);
    picture.tabIndex = 0;
    picture.setAttribute("data-lm-suppress-shortcuts", "true");
    picture.setAttribute("role", "application");
    picture.setAttribute("aria-label", `The picture. Arrow keys, ${words.filter(Boolean).join("; ")}`);
  };
  picture.addEventListener("focusin", describe);
  new MutationObserver(describe).observe(picture, { childList: true });
  picture.onkeydown = (event) => {
    const keys = { ArrowRight: ["x", 1], ArrowLeft: ["x", -1], ArrowDown: ["y", 1], ArrowUp: ["y", -1] };
    const [axis, sign] = keys[event.key] ?? [];
    const all = areas(), area = [all[touched], ...all].find((one) => axis && one?.[axis]);
    const plain = axis === "x" && all.length > 0; // places to click alone: the first control moves
    if (!area && !plain) return;
    event.preventDefault();
    const { control, at: places } = area?.[axis] ?? { control: 0, at: controls[0].options.map((_, k) => k) };
    const next = [...state()];
    const ascending = places[places.length - 1] >= places[0] ? 1 : -1;
    next[control] = clamp(next[control] + sign * ascending, places.length - 1);
    go(next);
  };
}

function presentable(root, button) { // alone on the screen, and back; returns what undoes it
  const resized = () => {
    const presented = document.fullscreenElement === root;
    button.textContent = presented ? "Leave" : "Present";
    root.style.removeProperty("--high");
    const picture = root.querySelector(".rnnlib-picture"), beyond = root.scrollHeight - root.clientHeight;
    if (presented && picture && beyond > 0) // all of it is seen at once: the picture gives way
      root.style.setProperty("--high", `${picture.offsetHeight - beyond}px`);
  };
  button.onclick = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else root.requestFullscreen?.().catch(() => {});
  };
  document.addEventListener("fullscreenchange", resized);
  return () => document.removeEventListener("fullscreenchange", resized);
}

// ---- the question ----

function askQuestion(model, question, figure, announce) {
  const name = `rnnlib-${(count += 1)}`;
  const legend = make("legend", { innerHTML: question.text });
  const text = question.number
    ? make("input", { type: "text", placeholder: "a number: -0.25, 2/3, 10^-7", size: 26 }) : null;
  text?.setAttribute("aria-label", "your prediction");
  const radios = question.choices.map((choice, k) => {
    const input = make("input", { type: "radio", name, value: k });
    return make("label", { className: "rnnlib-choice" }, input, make("span", { innerHTML: choice }));
  });
  const commit = make("button", { type: "button", className: "rnnlib-primary", textContent: "This is my prediction" });
  const skip = make("button", { type: "button", textContent: "Show without predicting" });
  const buttons = make("div", { className: "rnnlib-buttons" }, commit, skip);
  const line = make("p", { className: "rnnlib-verdict", tabIndex: -1 });
  line.textContent = question.covers ? "The result is covered until you have predicted." : "Predict before you read on.";
  const form = make("fieldset", { className: "rnnlib-question" }, legend, ...radios, ...(text ? [text] : []), buttons, line);
  const element = make("div", {}, form);
  let done = false;

  const choice = () => radios.findIndex((radio) => radio.querySelector("input").checked);

  function settle(verdict, chosen) { // the first answer counts
    if (done) return;
    done = true;
    const focused = form.contains(document.activeElement);
    buttons.remove();
    text?.remove();
    radios.forEach((radio, k) => {
      const right = question.verdicts[k].right;
      const said = right ? "✓" : k === chosen ? "✗" : "";
      const row = make("div", { className: "rnnlib-choice" }, make("b", { textContent: said }),
        make("span", { innerHTML: question.choices[k] }));
      row.classList.toggle("rnnlib-right", right);
      row.classList.toggle("rnnlib-wrong", !right && k === chosen);
      radio.replaceWith(row);
    });
    const sign = verdict.right === true ? "✓ " : verdict.right === false ? "✗ " : "";
    line.innerHTML = sign + verdict.html;
    line.classList.toggle("rnnlib-right", verdict.right === true);
    line.classList.toggle("rnnlib-wrong", verdict.right === false);
    if (focused) line.focus({ preventScroll: true });
    announce(line.textContent);
    form.classList.toggle("rnnlib-brief", figure !== null); // the choices in a line: the figure needs the room
    if (question.reveal) element.append(make("div", { className: "rnnlib-reveal", innerHTML: question.reveal }));
    if (figure) {
      element.append(figure.element);
      figure.begin();
    }
  }

  const note = (html) => { line.innerHTML = html; announce(line.textContent); };
  const remember = (verdict, chosen) => {
    settle(verdict, chosen);
    model.set("answered", { ...verdict, chosen });
    model.save_changes();
  };
  commit.onclick = () => {
    if (text) return model.send({ kind: "judge", said: text.value });
    const chosen = choice();
    if (chosen < 0) return note("Choose one first.");
    remember(question.verdicts[chosen], chosen);
  };
  text?.addEventListener("keydown", (event) => { if (event.key === "Enter") commit.click(); });
  skip.onclick = () => remember({ html: question.skip, right: null }, -1);
  model.on("msg:custom", (message) => {
    if (message.kind !== "verdict" || done) return;
    if (message.decided) remember({ html: message.html, right: message.right }, -1);
    else note(message.html);
  });
  model.on("change:answered", () => {
    const answered = model.get("answered");
    if (answered) settle(answered, answered.chosen ?? -1);
  });
  const before = model.get("answered");
  if (before) queueMicrotask(() => settle(before, before.chosen ?? -1));
  return element;
}

// ---- puzzles: which line is wrong? ----

function askPuzzles(model, root, announce) {
  const puzzles = model.get("puzzles"), id = `rnnlib-${(count += 1)}`;
  const select = make("select", { id }, ...puzzles.map((one) => make("option", { value: one.number, textContent: one.name })));
  const another = make("button", { type: "button", textContent: "Another, at random" });
  const present = make("button", { type: "button", textContent: "Present", title: "Puzzle alone, full screen" });
  const top = make("div", { className: "rnnlib-buttons" }, make("label", { htmlFor: id, textContent: "Puzzle" }), select, another, present);
  const listing = make("ol", { className: "rnnlib-listing", role: "listbox", tabIndex: 0 });
  listing.setAttribute("aria-label", "the code of the pass: which line is wrong?");
  const commit = make("button", { type: "button", className: "rnnlib-primary" });
  const check = make("button", { type: "button", textContent: "Run the check" });
  const reveal = make("button", { type: "button", textContent: "Show the answer" });
  const verdict = make("p", { className: "rnnlib-verdict" });
  const told = make("div", { className: "rnnlib-answer" }); // what the check finds, or the answer: one at a time
  const code = make("pre", { className: "rnnlib-code", tabIndex: 0 });
  code.setAttribute("aria-label", "code for this puzzle");
  const beside = make("div", { className: "rnnlib-beside" },
    make("div", { className: "rnnlib-buttons" }, commit, check, reveal), verdict, told, code);
  beside.tabIndex = 0;
  const element = make("div", { className: "rnnlib-puzzle" }, top, make("div", { className: "rnnlib-columns" }, listing, beside));
  const one = () => puzzles.find((puzzle) => puzzle.number === model.get("number"));
  let line = 0, rows = []; // the line that is chosen, from 1

  const choose = (k) => {
    line = k;
    rows.forEach((row, n) => row.setAttribute("aria-selected", String(n + 1 === k)));
    if (k) {
      listing.setAttribute("aria-activedescendant", rows[k - 1].id);
      rows[k - 1].scrollIntoView({ block: "nearest" });
    } else listing.removeAttribute("aria-activedescendant");
    commit.textContent = k ? `Line ${k} is wrong` : "Choose a line";
    commit.disabled = !k;
  };
  const tell = (html) => {
    told.innerHTML = html;
    beside.scrollTop = 0;
    announce(told.textContent);
  };
  const mark = (lines) => rows.forEach((row, n) => row.classList.toggle("rnnlib-guilty", lines.includes(n + 1)));

  function show() {
    const puzzle = one();
    select.value = puzzle.number;
    rows = puzzle.lines.map((text, n) => {
      const hang = `--hang: ${text.search(/\S|$/) + 4}ch`; // of what a long line goes on with
      const row = make("li", { id: `${id}-${puzzle.number}-${n + 1}`, role: "option" },
        make("code", { textContent: text || " ", style: hang }));
      row.onclick = () => choose(n + 1);
      row.ondblclick = judge;
      return row;
    });
    listing.replaceChildren(...rows);
    choose(0);
    told.replaceChildren();
    verdict.textContent = "Choose the line that is wrong: click it, or use the arrow keys.";
    verdict.className = "rnnlib-verdict";
    code.textContent = puzzle.code;
  }

  function go(number) {
    model.set("number", number);
    model.save_changes();
    show();
  }

  function judge() {
    if (!line) return;
    const puzzle = one(), right = puzzle.guilty.includes(line);
    let said = (right ? puzzle.yes : puzzle.no).replace("#", line);
    if (right) {
      mark([line]);
      model.set("found", [...new Set([...model.get("found"), puzzle.number])]);
      model.save_changes();
      said += ` Found so far: ${model.get("found").length} of ${puzzles.length}.`;
    }
    verdict.textContent = `${right ? "✓" : "✗"} ${said}`;
    verdict.className = `rnnlib-verdict ${right ? "rnnlib-right" : "rnnlib-wrong"}`;
    announce(verdict.textContent);
  }

  commit.onclick = judge;
  check.onclick = () => model.send({ kind: "check", number: one().number });
  reveal.onclick = () => {
    mark(one().guilty);
    tell(one().answer);
  };
  select.onchange = () => go(+select.value);
  another.onclick = () => {
    const others = puzzles.map((puzzle) => puzzle.number).filter((number) => number !== model.get("number"));
    const fresh = others.filter((number) => !model.get("found").includes(number));
    const among = fresh.length ? fresh : others;
    if (among.length) go(among[Math.floor(Math.random() * among.length)]);
  };
  listing.onkeydown = (event) => {
    const keys = { ArrowDown: line + 1, ArrowUp: line ? line - 1 : rows.length, Home: 1, End: rows.length };
    if (event.key === "Enter" || event.key === " ") judge();
    else if (event.key in keys) choose(Math.min(Math.max(keys[event.key], 1), rows.length));
    else return;
    event.preventDefault();
  };
  element.addEventListener("keydown", (event) => event.stopPropagation()); // the page has keys of its own
  const follow = () => { if (+select.value !== model.get("number")) show(); };
  const hear = (message) => {
    if (message.kind !== "evidence" || message.number !== one().number) return;
    tell(message.html);
  };
  const unpresent = presentable(root, present);
  model.on("change:number", follow);
  model.on("msg:custom", hear);
  show();
  return {
    element,
    end() {
      unpresent();
      model.off("change:number", follow);
      model.off("msg:custom", hear);
    },
  };
}

export default { render };
