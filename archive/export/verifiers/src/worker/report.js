/* ---------------------------------------------------------------------------------------------
 * Findings, the numbered checks and the verdict: the same numbers, codes and exit codes as those
 * of `evd verify --json`.
 * ------------------------------------------------------------------------------------------ */

const CHECK = {
  CHECKPOINT: 1, SIGNATURE: 2, BUNDLES: 3, ENTRIES: 4, ROOT: 5, TILES: 6, KEYS: 7, TIME: 8,
  KNOWN: 9, BODIES: 10, PRESENT: 11, DIGESTS: 12, UNLOGGED: 13, CATALOG: 14, TOKENS: 15,
  WITNESSES: 16, INCLUSION: 17, BAG: 18,
};
const LAST_CHECK = 18;
const MAX_FINDINGS = 100;

const EXIT_CODES = {
  MISSING_FILE: 10, DIGEST_MISMATCH: 11, BAG_MISMATCH: 12, MALFORMED_INDEX: 12,
  LOG_INCONSISTENT: 30, SIGNATURE: 31, TIMESTAMP: 32, MALFORMED_TIMESTAMP: 32, ROLLED_BACK: 33,
  ORIGIN_NOT_PROVEN: 101, UNLOGGED_OBJECT: 102,
  CLOCK_WENT_BACK: 0, LOG_SUCCEEDS: 0,
};

const ERROR = "error";
const WARNING = "warning";
const INFORMATION = "information";

/** Collects what a verification has to say; of very many findings of a kind the first hundred. */
class Report {
  constructor() {
    this.findings = [];
    this.counts = new Map();
    this.made = new Set();
    this.reasons = new Map();
    this.notChecked = [];
    this.facts = { origin: "", entries: 0, objects: 0, size_bytes: 0, root: "" };
  }

  add(code, check, subject, detail, severity = ERROR) {
    const kind = `${check} ${code} ${severity}`;
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    if (count <= MAX_FINDINGS) this.findings.push({ check, code, severity, subject, detail });
  }

  /** Run a step; what it refuses becomes a finding. Gives the step's value, or undefined. */
  attempt(code, check, subject, step) {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.add(code, check, subject, error.words);
      return undefined;
    }
  }

  /** Say that a check was made in full, so that it passes where nothing was found. */
  make(...checks) {
    checks.forEach((check) => this.made.add(check));
  }

  /** Say that a check was not made, and why. */
  skip(check, zh, en) {
    this.made.delete(check);
    this.reasons.set(check, say(zh, en));
  }

  /** Say what the verdict leaves open. */
  leave(zh, en) {
    this.notChecked.push(say(zh, en));
  }

  failed(...checks) {
    return this.findings.some((one) => one.severity === ERROR && checks.includes(one.check));
  }

  get ok() {
    return !this.findings.some((one) => one.severity === ERROR);
  }

  status(check) {
    const found = new Set(this.findings.filter((one) => one.check === check).map((one) => one.severity));
    if (found.has(ERROR)) return "fail";
    if (found.has(WARNING)) return "warn";
    // With bundles missing nothing else was checked in full but who signed.
    const isWhole = check === CHECK.SIGNATURE || !this.failed(CHECK.BUNDLES);
    return this.made.has(check) && isWhole ? "pass" : "not_checked";
  }

  get exitCode() {
    const of = (severity) => this.sorted()
      .filter((one) => one.severity === severity)
      .map((one) => EXIT_CODES[one.code]);
    return [...of(ERROR), ...of(WARNING).sort((a, b) => a - b), 0][0];
  }

  sorted() {
    return [...this.findings].sort((one, other) => one.check - other.check);
  }

  /** Everything as data: `findings`, then `summary`. */
  finish() {
    for (const [kind, count] of this.counts) {
      const [check, code, severity] = kind.split(" ");
      const more = count - MAX_FINDINGS;
      if (more > 0) {
        this.findings.push({
          check: Number(check), code, severity, subject: "log",
          detail: say(`另有 ${more} 处同类问题`, `${more} more findings of this kind`),
        });
      }
    }
    const checks = [];
    for (let check = 1; check <= LAST_CHECK; check++) {
      checks.push({ check, status: this.status(check), reason: this.reasons.get(check) ?? null });
    }
    return {
      findings: this.sorted().map((one) => ({ type: "finding", exit_code: EXIT_CODES[one.code], ...one })),
      summary: {
        type: "summary", ok: this.ok, exit_code: this.exitCode, ...this.facts,
        checks, not_checked: this.notChecked,
      },
    };
  }
}
