/* ---------------------------------------------------------------------------------------------
 * Entries: their form and the fields that all carry (check 4).
 * ------------------------------------------------------------------------------------------ */

const MAX_ENTRY_BYTES = 65535;
const ZERO_PREV = "0".repeat(64);
const COMMON = ["act", "actor", "boot", "clock", "mono_ms", "prev", "seq", "station", "time", "v"];
const CLOCKS = ["synchronised", "unsynchronised", "unknown"];
const isCount = (value) => Number.isInteger(value) && value >= 0;

/** Whether a text is a time of the log that exists. */
function isTime(text) {
  const form = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.[0-9]{6}Z$/;
  const found = typeof text === "string" ? form.exec(text) : null;
  if (!found) return false;
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
    hour < 24 && minute < 60 && second < 60;
}

const FORMS = {
  v: (value) => value === 1,
  seq: isCount,
  mono_ms: isCount,
  prev: (value) => isHex(value, 64),
  boot: (value) => isHex(value, 32),
  act: (value) => typeof value === "string" && /^[a-z][a-z0-9_]*$/.test(value),
  clock: (value) => CLOCKS.includes(value),
  time: isTime,
  station: (value) => typeof value === "string",
  actor: (value) => typeof value === "string",
};

/** The fields of an entry. Throws Malformed. */
function readEntry(bytes) {
  if (bytes.length > MAX_ENTRY_BYTES) fail("条目超过 65,535 字节", "entry is longer than 65,535 bytes");
  const fields = readCanonical(bytes);
  for (const name of COMMON) {
    if (!(name in fields)) fail(`条目缺少字段 ${name}`, `entry lacks ${name}`);
    if (!FORMS[name](fields[name])) fail(`条目的字段 ${name} 不正确`, `entry has a malformed ${name}`);
  }
  return fields;
}

/** The object that an `ingest` or `sighting` names, or null where it is none. */
function readObject(fields) {
  const object = fields.object;
  if (typeof object !== "object" || object === null || !isHex(object.sha256, 64)) return null;
  if (!isCount(object.size_bytes) || (object.sm3 !== undefined && !isHex(object.sm3, 64))) return null;
  return { sha256: object.sha256, sm3: object.sm3 ?? null, size: object.size_bytes, seq: fields.seq };
}

/** A recording's id, from its recorder and the SHA-256 of its bytes. */
const recordingId = (recorder, sha256Hex) =>
  toHex(sha256(toUtf8(`${recorder}\0${sha256Hex}`))).slice(0, 32);

/** `entry 5`, or `entries 5 to 9`. */
const numbered = (first, last) => (first === last ? `entry ${first}` : `entries ${first} to ${last}`);

/** Counts where time goes back within a boot (check 8, information). */
class ClockWatch {
  constructor() {
    this.time = "";
    this.boot = "";
    this.count = 0;
    this.first = "";
  }

  see(fields) {
    if (fields.boot === this.boot && fields.time < this.time) {
      this.count++;
      this.first ||= `entry ${fields.seq}: ${fields.time} < ${this.time}`;
    }
    this.time = fields.time;
    this.boot = fields.boot;
  }

  finish(report) {
    report.make(CHECK.TIME);
    if (this.count === 0) return;
    report.add("CLOCK_WENT_BACK", CHECK.TIME, "time",
      say(`开机期间时钟回拨 ${this.count} 次，首次：${this.first}`,
        `the clock goes back ${this.count} times within a boot, first at ${this.first}`), INFORMATION);
  }
}
