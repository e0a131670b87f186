// Figures, questions and puzzles that live without Python: the notebooks' own front end, live.js, on a stand-in for its
// model, which looks up what Python painted and wrote down when the site was made.

import live from "./live.js";

const REMEMBERED = 6; // unpacked chunks of frames of one figure

// A film: frames as differences from the first, some packed together, in the colours of one palette.
class Film {
  constructor(data, bytes) {
    Object.assign(this, data);
    this.bytes = bytes;
    this.places = new Map(data.frames.map((frame, k) => [frame.state.join(), k]));
    this.unpacked = new Map();
    this.canvas = new OffscreenCanvas(data.width, data.height);
  }

  async chunk(k) { // the k-th packed piece; piece 0 is the first frame
    if (!this.unpacked.has(k)) {
      const piece = this.bytes.slice(k ? this.ends[k - 1] : 0, this.ends[k]);
      const stream = new Blob([piece]).stream().pipeThrough(new DecompressionStream("deflate"));
      this.unpacked.set(k, new Response(stream).arrayBuffer().then((buffer) => new Uint8Array(buffer)));
      const kept = [...this.unpacked.keys()].filter((other) => other > 0);
      if (kept.length > REMEMBERED) this.unpacked.delete(kept[0]);
    }
    return this.unpacked.get(k);
  }

  async picture(state) { // [what is said of a state, its picture]
    const { width, height, together, colors, frames } = this;
    const at = this.places.get(state.join());
    const first = Math.floor(at / together) * together;
    const count = Math.min(together, frames.length - first);
    const [base, rows] = await Promise.all([this.chunk(0), this.chunk(1 + first / together)]);
    const image = new ImageData(width, height);
    for (let y = 0; y < height; y += 1) {
      const row = (y * count + at - first) * width;
      for (let x = 0; x < width; x += 1) {
        const color = 3 * (base[y * width + x] ^ rows[row + x]), to = 4 * (y * width + x);
        image.data[to] = colors[color];
        image.data[to + 1] = colors[color + 1];
        image.data[to + 2] = colors[color + 2];
        image.data[to + 3] = 255;
      }
    }
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    const png = new Uint8Array(await (await this.canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
    return [{ touch: this.touch, ...frames[at] }, png];
  }
}

// What live.js asks of a widget's model.
class Model {
  constructor(traits, film) {
    this.traits = traits;
    this.film = film;
    this.heard = new Map();
    this.turn = Promise.resolve(); // one picture after the other: they share a canvas
  }

  get(name) { return this.traits[name]; }

  set(name, value) { this.traits[name] = value; }

  save_changes() {}

  on(name, hear) { this.heard.set(name, [...(this.heard.get(name) ?? []), hear]); }

  off(name, gone) { this.heard.set(name, (this.heard.get(name) ?? []).filter((hear) => hear !== gone)); }

  answer(message, buffers = []) { (this.heard.get("msg:custom") ?? []).forEach((hear) => hear(message, buffers)); }

  send(message) {
    if (message.kind === "paint") {
      this.turn = this.turn.then(async () => {
        const [frame, png] = await this.film.picture(message.state);
        this.answer({ kind: "frame", ...frame }, [png]);
      });
    } else if (message.kind === "judge") {
      queueMicrotask(() => this.answer({ kind: "verdict", ...judge(message.said, this.traits.question.number) }));
    } else if (message.kind === "check") {
      const html = this.traits.evidence[message.number];
      queueMicrotask(() => this.answer({ kind: "evidence", number: message.number, html }));
    }
  }
}

// What is said about a number: k = 2/3, about 5, a factor of 10; 10x, 10 times, 5 losses, but not 5 tenths.
const BEFORE = /^(about|around|roughly|nearly|approx\.?|approximately|at least|(a )?factor( of)?|times|[~≈≥×x]|>=)\s*(?=[-+.\d])/i;
const AFTER = /(?<=\d)(\s*[x×]|(\s+[a-z]{2,})+)$/i;
const SIZES = /\b(half|halves|thirds?|quarters?|\w+ths?|hundreds?|thousands?|[mb]illions?|dozens?|pi)\b/i;

// Whether a number is near enough to the one that Python found. It may be written as 0.5, 2/3, 10^-7 or 2.5·10^-6.
function judge(said, { answer, tolerance, because }) {
  const plain = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?";
  const bare = said.trim().replaceAll("−", "-").replace(/^[^=<>!:()]*=(?!=)\s*/, "").replace(BEFORE, "");
  const whole = bare.replace(/\s*(%|percent|per cent)$/i, "");
  const short = SIZES.test(whole) ? whole : whole.replace(AFTER, "");
  const written = short.replace(/([\d.])\s*[·×*x]\s*10\^(?=[+-]?\d+$)/i, "$1e");
  const parts = written.match(new RegExp(`^(${plain})(?:([/^])(${plain}))?$`, "i"));
  if (!parts) return { decided: false, html: "That is not a number: write it like -0.25, 2/3 or 10^-7." };
  const [first, second] = [+parts[1], +parts[3]];
  const value = parts[2] === "/" ? first / second : parts[2] === "^" ? first ** second : first;
  const number = whole === bare ? value : value / 100;
  const right = Math.abs(number - answer) <= tolerance;
  const [yours, ours] = [number, answer].map((value) => `${+value.toPrecision(4)}`.replace("-", "−"));
  return { decided: true, right, html: `${right ? "Right" : "Not so"}: you said ${yours}, it is ${ours}, because ${because}` };
}

async function enliven(place) {
  const data = await (await fetch(`${place.dataset.frames}.json`)).json();
  const traits = { key: place.dataset.frames, answered: null, found: [], ...data };
  let film = null;
  if (data.film) {
    const bytes = await (await fetch(`${place.dataset.frames}.bin`)).arrayBuffer();
    film = new Film(data.film, bytes);
    traits.state = [...data.scene.first];
    const [frame, png] = await film.picture(traits.state);
    traits.shown = { ...frame, png };
  }
  const room = document.createElement("div");
  live.render({ model: new Model(traits, film), el: room });
  place.replaceChildren(room);
}

// Each is loaded when it is about to come into view; until then, and where that fails, its still picture stands.
const watch = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    watch.unobserve(target);
    enliven(target).catch((error) => console.warn(`${target.dataset.frames} stays as it is:`, error));
  }
}, { rootMargin: "600px" });
document.querySelectorAll("[data-frames]").forEach((place) => watch.observe(place));
