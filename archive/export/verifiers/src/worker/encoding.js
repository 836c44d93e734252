/* ---------------------------------------------------------------------------------------------
 * Bytes and texts: UTF-8, hexadecimal, base64 and canonical JSON, each in its one spelling.
 * ------------------------------------------------------------------------------------------ */

const toUtf8 = (text) => new TextEncoder().encode(text);
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const isHex = (text, digits) =>
  typeof text === "string" && text.length === digits && /^[0-9a-f]*$/.test(text);
const fromHex = (text) =>
  Uint8Array.from({ length: text.length / 2 }, (_, at) => parseInt(text.substr(2 * at, 2), 16));

function sameBytes(one, other) {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

function joinBytes(...parts) {
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

/** The text that bytes are in UTF-8, or null where they are not. A byte order mark is kept. */
function fromUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The bytes of standard base64 with padding (RFC 4648 §4), or null for any other spelling. */
function fromBase64(text) {
  if (typeof text !== "string" || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    return null;
  }
  const digits = text.replace(/=+$/, "");
  const made = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of digits) {
    held = ((held << 6) | BASE64.indexOf(digit)) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      made[at++] = (held >> bits) & 0xff;
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? made : null; // spare bits must be zero
}

/** What is wrong with bytes or a text that was read; `words` are {zh, en}. */
class Malformed extends Error {
  constructor(words) {
    super(words.en);
    this.words = words;
  }
}

/** One sentence in both languages. */
const say = (zh, en) => ({ zh, en });

const fail = (zh, en) => {
  throw new Malformed(say(zh, en));
};

const MAX_DEPTH = 250;
const SHORT_ESCAPES = { '"': '"', "\\": "\\", b: "\b", t: "\t", n: "\n", f: "\f", r: "\r" };

/**
 * Reads canonical JSON (RFC 8785 over strings, booleans, null, arrays, objects and integers below
 * 2^53) and refuses every other spelling: there is nothing to compare afterwards.
 */
class CanonicalReader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.depth = 0;
  }

  refuse(what) {
    fail(`不是规范 JSON（第 ${this.at} 个字符）：${what.zh}`,
      `not canonical JSON (at character ${this.at}): ${what.en}`);
  }

  document() {
    const value = this.text[0] === "{" ? this.object() : this.refuse(say("不是对象", "not an object"));
    if (this.at !== this.text.length) this.refuse(say("其后还有内容", "something follows"));
    return value;
  }

  value() {
    const first = this.text[this.at];
    if (first === '"') return this.string();
    if (first === "{") return this.object();
    if (first === "[") return this.array();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.integer();
  }

  integer() {
    const form = /-?(?:0|[1-9][0-9]*)/y;
    form.lastIndex = this.at;
    const found = form.exec(this.text);
    const number = found ? Number(found[0]) : NaN;
    if (!Number.isSafeInteger(number) || found[0] === "-0") {
      this.refuse(say("不是允许的值", "not a value that may stand here"));
    }
    this.at += found[0].length;
    if (/[.eE0-9]/.test(this.text[this.at] ?? "")) {
      this.refuse(say("不允许小数", "a number that is no integer"));
    }
    return number;
  }

  string() {
    this.at++;
    let made = "";
    for (;;) {
      const plain = /[^"\\\u0000-\u001f]*/y;
      plain.lastIndex = this.at;
      const run = plain.exec(this.text)[0];
      made += run;
      this.at += run.length;
      const next = this.text[this.at];
      if (next === '"') {
        this.at++;
        return made;
      }
      if (next !== "\\") this.refuse(say("字符串未结束或含控制字符", "a string breaks off"));
      made += this.escape();
    }
  }

  escape() {
    const short = SHORT_ESCAPES[this.text[this.at + 1]];
    if (short !== undefined) {
      this.at += 2;
      return short;
    }
    const long = /^\\u00([01][0-9a-f])$/.exec(this.text.substr(this.at, 6));
    const made = long && String.fromCharCode(parseInt(long[1], 16));
    if (!made || "\b\t\n\f\r".includes(made)) {
      this.refuse(say("转义写法不规范", "an escape that is not the canonical one"));
    }
    this.at += 6;
    return made;
  }

  enter() {
    this.at++;
    if (++this.depth > MAX_DEPTH) this.refuse(say("嵌套过深", "nested too deeply"));
  }

  leave() {
    this.at++;
    this.depth--;
  }

  array() {
    this.enter();
    const made = [];
    if (this.text[this.at] !== "]") {
      do made.push(this.value());
      while (this.text[this.at] === "," && ++this.at);
      if (this.text[this.at] !== "]") this.refuse(say("数组未结束", "an array breaks off"));
    }
    this.leave();
    return made;
  }

  object() {
    this.enter();
    const made = Object.create(null);
    let before = "";
    if (this.text[this.at] !== "}") {
      do {
        if (this.text[this.at] !== '"') this.refuse(say("缺少键", "a key is missing"));
        const key = this.string();
        if (!/^[a-z][a-z0-9_]*$/.test(key)) this.refuse(say("键名不规范", "not a key"));
        if (key <= before) this.refuse(say("键重复或未排序", "keys repeated or out of order"));
        before = key;
        if (this.text[this.at++] !== ":") this.refuse(say("缺少冒号", "a colon is missing"));
        made[key] = this.value();
      } while (this.text[this.at] === "," && ++this.at);
      if (this.text[this.at] !== "}") this.refuse(say("对象未结束", "an object breaks off"));
    }
    this.leave();
    return made;
  }
}

/** The object that canonical bytes are. Throws Malformed. */
function readCanonical(bytes) {
  const text = fromUtf8(bytes);
  if (text === null) fail("不是规范 JSON：不是 UTF-8", "not canonical JSON: not UTF-8");
  return new CanonicalReader(text).document();
}
