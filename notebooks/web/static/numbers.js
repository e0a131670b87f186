// Read a number as people type it, with the words of the notebooks: 1/6, 10^-7, ln 20, 29 %, k = 2/3, ten. What
// rnnlib/course/widgets/expressions.py does; a test holds the two together.

const LONGEST = 40; // characters of a number
const VALUES = { pi: Math.PI, e: Math.E };
const FUNCTIONS = {
  sqrt: Math.sqrt, exp: Math.exp, log: Math.log, ln: Math.log, log2: Math.log2, log10: Math.log10,
  tanh: Math.tanh, abs: Math.abs, sigmoid: (z) => (1 + Math.tanh(z / 2)) / 2,
};
const WRITTEN = {
  "−": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "÷": "/", "^": "**", "π": "pi", "√": "sqrt", "σ": "sigmoid",
  "⁄": "/", "₁": "1", "₂": "2", "₀": "0",
};
const WORDS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen " +
  "sixteen seventeen eighteen nineteen twenty").split(" ");
const PARTS = { "½": "(1/2)", "⅓": "(1/3)", "⅔": "(2/3)", "¼": "(1/4)", "¾": "(3/4)", "⅕": "(1/5)", "⅙": "(1/6)" };
const BEFORE = /^(about|around|roughly|nearly|approx\.?|approximately|at least|(a )?factor( of)?|times|[~≈≥×x]|>=)\s*(?=[-+.\d])/i;
const AFTER = /(?<=[\d)])(\s*[x×]|(\s+[a-z]{2,})+)$/i; // 10x, 10 times, 5 losses
const SIZES = /\b(half|halves|thirds?|quarters?|\w+ths?|hundreds?|thousands?|[mb]illions?|dozens?|pi|percent|per cent)\b/i; // count
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻";
const TOKEN = /\s*((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.])|[a-z]\w*|\*\*|[-+*/()])/iy;

// [number, null], or [null, one sentence that says what is wrong with the text]
export function readNumber(said) {
  const text = said.trim();
  const no = (why) => [null, why];
  if (!text) return no("Type a number first.");
  if (text.length > LONGEST) return no(`A number has at most ${LONGEST} characters; got ${text.length.toLocaleString("en")}.`);
  if (/^[+-]*(nan|inf|infinity)$/i.test(text)) return no(`"${text}" is not a finite number.`);
  if (/^[+-]?[1-9]\d{0,2},\d{3}$/.test(text)) {
    return no(`"${text}" can be read in two ways: type ${text.replace(",", "")} or ${text.replace(",", ".")}.`);
  }
  const zeros = []; // divided by
  let number;
  try {
    number = value(tokens(plain(bare(text))), zeros);
  } catch {
    return no(`"${text}" is not a number${text.includes(",") ? ": use a decimal point" : ", such as -0.25"}.`);
  }
  if (zeros.length) return no(`"${text}" divides by zero.`);
  if (Number.isNaN(number)) return no(`"${text}" has no value that is a real number.`);
  return Number.isFinite(number) ? [number, null] : no(`"${text}" is not a finite number.`);
}

// A number without what is said about it: k = 2/3, about 5, 10 times, five losses; % as / 100.
function bare(text) {
  let number = text.replaceAll("−", "-").replace(/^[^=<>!:()]*=(?!=)\s*/, "").replace(BEFORE, "");
  const [word] = /^[a-z]+\b/.exec(number.toLowerCase()) ?? [];
  if (WORDS.includes(word)) number = WORDS.indexOf(word) + number.slice(word.length);
  const share = /^(.*[\d)])\s*(%|percent|per cent)$/i.exec(number);
  if (share) return `(${share[1]})/100`;
  return SIZES.test(number) ? number : number.replace(AFTER, "");
}

// The text with signs of a keyboard alone; separators of thousands are left out.
function plain(text) {
  let written = text.replace(/(?<!\d)[½⅓⅔¼¾⅕⅙]/g, (part) => PARTS[part]).replace(/\^\{([^{}]*)\}/g, "^($1)");
  written = [...written].map((sign) => WRITTEN[sign] ?? sign).join("");
  written = written.replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+/g, (found) =>
    `**(${[...found].map((sign) => "0123456789-"[RAISED.indexOf(sign)]).join("")})`);
  written = written.replace(/(sqrt\s*|\b(?:ln|log|log2|log10|exp)\s+)([\d.]+)/g, "$1($2)");
  written = written.replace(/((?<![\w.])[\d.]+|\))\s*(?=\()/g, "$1*").replace(/(?<=[\d.])\s*x\s*(?=10\*\*)/gi, "*");
  if (/^[+-]?\d{1,3}(,\d{3}){2,}(\.\d+)?$/.test(written)) written = written.replaceAll(",", "");
  written = written.replace(/(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))/g, "");
  return written.replace(/(?<=[\d)])\s*(?=(?:pi|sqrt|exp|log|log2|log10|ln|tanh|sigmoid)\b)/g, "*");
}

function tokens(text) {
  const found = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.length;) {
    const token = TOKEN.exec(text);
    if (!token) throw new SyntaxError();
    if (/^0\d+$/.test(token[1]) && +token[1]) throw new SyntaxError(); // as in Python: 007 is no number
    found.push(token[1]);
  }
  return found;
}

// Sums of products of powers, as Python reads them: -2**2 is -4, 2**3**2 is 2**9.
function value(rest, zeros) {
  const next = (...signs) => (signs.includes(rest[0]) ? rest.shift() : null);
  const sum = () => {
    let total = product();
    for (let sign; (sign = next("+", "-"));) total += sign === "+" ? product() : -product();
    return total;
  };
  const product = () => {
    let total = signed();
    for (let sign; (sign = next("*", "/"));) {
      const factor = signed();
      if (sign === "/" && factor === 0) zeros.push(factor);
      total = sign === "*" ? total * factor : total / factor;
    }
    return total;
  };
  const signed = () => {
    const sign = next("+", "-");
    return sign === "-" ? -signed() : sign ? signed() : power();
  };
  const power = () => {
    const base = single();
    if (!next("**")) return base;
    const exponent = signed();
    if (base === 0 && exponent < 0) zeros.push(base);
    return base ** exponent;
  };
  const single = () => {
    const token = rest.shift() ?? "";
    if (token === "(") return closed(sum());
    if (/^[\d.]/.test(token)) return +token;
    if (Object.hasOwn(FUNCTIONS, token) && next("(")) {
      const given = sum();
      return /^log|^ln/.test(token) && given <= 0 ? closed(NaN) : closed(FUNCTIONS[token](given));
    }
    if (Object.hasOwn(VALUES, token)) return VALUES[token];
    throw new SyntaxError();
  };
  const closed = (inner) => {
    if (!next(")")) throw new SyntaxError();
    return inner;
  };
  const total = sum();
  if (rest.length) throw new SyntaxError();
  return total;
}
