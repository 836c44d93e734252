/* ---------------------------------------------------------------------------------------------
 * The page: takes the folder and the key, starts the worker, and shows what it says.
 *
 * Everything that comes from a file is hostile: it enters the page as text only, and characters
 * that would change how a line reads are shown as their code points.
 * ------------------------------------------------------------------------------------------ */

const by = (id) => document.getElementById(id);
const state = { name: "", files: [], worker: null, started: 0 };

/* --- building blocks --- */

const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const visible = (text) =>
  String(text).replace(HIDDEN, (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A text in both languages, of which the page shows one (or, `beside`, both). */
function both(zh, en) {
  const made = document.createDocumentFragment();
  made.append(make("span", { lang: "zh" }, visible(zh)), make("span", { lang: "en" }, visible(en)));
  return made;
}

const beside = (tag, zh, en, attributes = {}) => make(tag, { class: "beside", ...attributes }, both(zh, en));
const mono = (text) => make("span", { class: "mono" }, visible(text));

function sizeText(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  let value = bytes;
  for (; value >= 1024 && at < units.length - 1; at++) value /= 1024;
  return `${at === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[at]}`;
}

/* --- choosing --- */

function choose(name, files) {
  state.name = name;
  state.files = files;
  const bytes = files.reduce((sum, [, file]) => sum + file.size, 0);
  by("chosen").replaceChildren(files.length === 0
    ? both("文件夹是空的", "The folder is empty")
    : both(`${name}：${files.length} 个文件，${sizeText(bytes)}`, `${name}: ${files.length} files, ${sizeText(bytes)}`));
  by("start").disabled = files.length === 0;
}

by("folder").addEventListener("change", ({ target }) => {
  const files = [...target.files].map((file) => [file.webkitRelativePath.split("/").slice(1).join("/") || file.name, file]);
  choose(target.files[0]?.webkitRelativePath.split("/")[0] ?? "", files);
});

/** All files below a dropped entry, as [path, File]. */
async function filesBelow(entry, path, into) {
  if (entry.isFile) {
    into.push([path, await new Promise((resolve, reject) => entry.file(resolve, reject))]);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const child of some) await filesBelow(child, path === "" ? child.name : `${path}/${child.name}`, into);
  }
}

for (const type of ["dragenter", "dragover"]) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    by("drop").classList.add("over");
  });
}
document.addEventListener("dragleave", () => by("drop").classList.remove("over"));
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  by("drop").classList.remove("over");
  const entry = event.dataTransfer.items[0]?.webkitGetAsEntry?.();
  if (!entry?.isDirectory || state.worker !== null) {
    refuse("请拖入一个文件夹", "Drop one folder");
    return;
  }
  try {
    const files = [];
    await filesBelow(entry, "", files);
    choose(entry.name, files);
  } catch {
    refuse("文件夹无法读取", "The folder cannot be read");
  }
});

/* --- running --- */

function refuse(zh, en) {
  by("refusal").replaceChildren(both(zh, en));
  by("refusal").hidden = false;
}

function setRunning(running) {
  by("start").disabled = running || state.files.length === 0;
  by("folder").disabled = by("key").disabled = by("known").disabled = running;
  by("cancel").hidden = by("working").hidden = !running;
  by("bar").removeAttribute("value");
  by("doing").replaceChildren(running ? both("准备中…", "Preparing…") : "");
}

function stop() {
  state.worker?.terminate();
  state.worker = null;
  setRunning(false);
}

by("question").addEventListener("submit", async (event) => {
  event.preventDefault();
  by("refusal").hidden = true;
  by("report").hidden = true;
  setRunning(true);
  state.started = Date.now();
  try {
    const known = [];
    for (const file of by("known").files) {
      known.push({ name: file.name, bytes: new Uint8Array(await file.slice(0, 2 << 20).arrayBuffer()) });
    }
    const source = by("worker").textContent;
    state.worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    state.worker.onerror = (error) => {
      stop();
      refuse(`核验程序无法运行：${error.message ?? ""}`, `The verifier cannot run: ${error.message ?? ""}`);
    };
    state.worker.onmessage = ({ data }) => receive(data);
    state.worker.postMessage({ source, files: state.files, key: by("key").value.trim(), known });
  } catch (error) {
    stop();
    refuse(`无法开始：${error}`, `It cannot start: ${error}`);
  }
});

by("cancel").addEventListener("click", () => {
  stop();
  refuse("已取消，没有得出结论。", "Cancelled; there is no verdict.");
});

function receive(message) {
  if (message.type === "progress") {
    showProgress(message);
    return;
  }
  stop();
  if (message.type === "refused") refuse(message.words.zh, message.words.en);
  else show(message);
}

function showProgress({ entries, all, bytes, total, what }) {
  if (bytes === undefined) {
    by("bar").value = entries / all;
    by("doing").replaceChildren(both(`日志条目 ${entries} / ${all}`, `entries ${entries} / ${all}`));
    return;
  }
  const seconds = Math.max((Date.now() - state.started) / 1000, 0.1);
  const left = Math.round(((total - bytes) / bytes) * seconds);
  by("bar").value = bytes / total;
  by("doing").replaceChildren(both(
    `${sizeText(bytes)} / ${sizeText(total)}，约剩 ${left} 秒 · ${what}`,
    `${sizeText(bytes)} / ${sizeText(total)}, about ${left} s left · ${what}`,
  ));
}

/* --- the report --- */

function show({ kind, findings, summary }) {
  const report = by("report");
  const saved = JSON.stringify({ kind, findings, summary });
  report.replaceChildren(
    verdict(findings, summary),
    facts(kind, summary),
    ...(summary.recordings ? [recordings(summary.recordings)] : []),
    checks(findings, summary),
    open(summary),
    controls(saved),
    make("script", { type: "application/json", id: "saved" }, saved),
  );
  report.hidden = false;
  report.querySelector("h2").focus();
  report.scrollIntoView();
}

function verdict(findings, summary) {
  const errors = findings.filter((one) => one.severity === "error");
  const warnings = findings.filter((one) => one.severity === "warning" && one.code !== "ORIGIN_NOT_PROVEN");
  const [status, icon, zh, en] = !summary.ok
    ? ["fail", "✗", `不成立：发现 ${errors.length} 处不符`, `DOES NOT HOLD: ${errors.length} ${errors.length === 1 ? "finding" : "findings"}`]
    : summary.origin_proven
      ? ["pass", "✓", "所查各项均成立，来源已证明", "HOLDS, ORIGIN PROVEN"]
      : ["warn", "!", "自身一致，来源未证明", "SELF-CONSISTENT, ORIGIN NOT PROVEN"];
  const body = make("div", {}, beside("h2", zh, en, { tabindex: "-1" }), ...explained(status, summary));
  if (errors.length + warnings.length > 0) {
    const list = make("ul");
    for (const one of [...errors, ...warnings].slice(0, 12)) list.append(make("li", {}, named(one)));
    body.append(list);
  }
  return make("section", { class: `verdict ${status}`, "data-status": status },
    make("span", { class: "icon", "aria-hidden": "true" }, icon), body);
}

function explained(status, summary) {
  const print = (summary.fingerprint ?? "").replace(/(.{8})(?=.)/g, "$1 ");
  if (status === "pass") {
    return [make("p", {}, both(
      `签名出自您提供的密钥（${summary.origin}），所核对的内容自签名以来没有变化。`,
      `The key that you gave signed it (${summary.origin}); what was checked has not changed since.`))];
  }
  if (status === "fail") {
    return [make("p", {}, both(
      "请勿修改任何文件；保存副本，并把本报告交给鉴定人员。",
      "Change nothing; keep a copy, and show this report to an expert."))];
  }
  return [
    make("p", {}, both(
      "内容没有自相矛盾，但伪造者也能做出自身一致的整套内容。请把下面的指纹与该采集站公布或登记的指纹逐字比对，或填入验证密钥重新核验。",
      "Nothing contradicts itself, but a forger can make a whole set that does not either. Compare this fingerprint, character by character, with the one that the station published, or give the verifier key and verify again.")),
    make("p", { class: "fingerprint mono" }, print),
  ];
}

const named = (one) => make("span", {}, make("code", {}, one.code), " · ", mono(one.subject), ": ", both(one.detail.zh, one.detail.en));

function facts(kind, summary) {
  const rows = make("dl");
  const row = (zh, en, ...value) => rows.append(make("dt", {}, both(zh, en)), make("dd", {}, ...value));
  row("文件夹", "Folder", both(`${state.name}（${KINDS[kind][0]}）`, `${state.name} (${KINDS[kind][1]})`));
  row("日志来源", "Log", mono(summary.origin || "–"));
  row("检查点", "Checkpoint", both(`${summary.entries} 条，根 `, `${summary.entries} entries, root `), mono(summary.root || "–"));
  row("原件", "Originals", both(`${summary.objects} 件，${sizeText(summary.size_bytes)}`, `${summary.objects}, ${sizeText(summary.size_bytes)}`));
  if (summary.sample) {
    row("抽样", "Sample", both(`种子 ${summary.sample.seed}，应抽 ${summary.sample.count} 件，在此 ${summary.sample.found} 件`,
      `seed ${summary.sample.seed}, ${summary.sample.count} asked for, ${summary.sample.found} here`));
  }
  for (const token of summary.tokens ?? []) {
    row("时间戳", "Timestamp", both(`${token.time}，盖在前 ${token.size} 条上 · ${token.path} · 服务方的签名未在此核对`,
      `${token.time}, over the first ${token.size} entries · ${token.path} · the authority’s signature is not checked here`));
  }
  for (const one of summary.cosignatures ?? []) {
    row("见证", "Witness", both(`${one.witness} 于 ${one.time} 见证前 ${one.size} 条 · 密钥出自日志自身`,
      `${one.witness} saw the first ${one.size} entries at ${one.time} · by a key that only the log names`));
  }
  row("密钥指纹", "Key fingerprint", mono(summary.fingerprint ?? "–"));
  row("锁定的密钥", "Pinned key", by("key").value.trim() === "" ? both("未提供", "none given") : mono(by("key").value.trim()));
  row("核验时间", "Verified", mono(new Date(state.started).toISOString()), both("（本机时钟，UTC）", " (this computer’s clock, UTC)"));
  return make("section", {}, make("h2", {}, both("核验对象", "What was verified")), rows);
}

function recordings(list) {
  const body = make("tbody");
  for (const one of list) {
    body.append(make("tr", {},
      make("td", {}, mono(one.path.replace("data/recordings/", ""))),
      make("td", {}, visible(one.recorder)), make("td", {}, visible(one.officer || "–")),
      make("td", {}, mono(one.received)), make("td", {}, sizeText(one.size_bytes))));
  }
  const head = [["文件", "File"], ["记录仪", "Recorder"], ["人员", "Officer"], ["接收（采集站时钟）", "Received (station’s clock)"], ["大小", "Size"]];
  return make("section", {}, make("h2", {}, both("录像", "Recordings")),
    make("table", {}, make("thead", {}, make("tr", {}, ...head.map(([zh, en]) => make("th", { scope: "col" }, both(zh, en))))), body));
}

function checks(findings, summary) {
  const body = make("tbody");
  for (const { check, status, reason } of summary.checks) {
    const [icon, zh, en] = STATUS_WORDS[status];
    const cell = make("td", {}, beside("span", ...CHECK_WORDS[check]));
    const found = findings.filter((one) => one.check === check);
    if (found.length > 0) {
      cell.append(make("ul", { class: "findings" }, ...found.slice(0, 100).map((one) => make("li", { class: one.severity }, named(one)))));
      for (const code of new Set(found.map((one) => one.code))) {
        cell.append(make("p", { class: "meaning" }, "→ ", both(...MEANINGS[code])));
      }
    } else if (status === "not_checked" && reason) {
      cell.append(make("p", { class: "reason" }, both(reason.zh, reason.en)));
    }
    body.append(make("tr", { "data-check": check, "data-status": status },
      make("td", { class: "number" }, String(check)), cell,
      make("td", { class: "status" }, make("span", { class: `chip ${status}` }, make("span", { "aria-hidden": "true" }, icon), both(zh, en)))));
  }
  return make("section", {}, make("h2", {}, both("逐项核验", "Check by check")), make("table", {}, body));
}

function open(summary) {
  const list = make("ul", { class: "open" }, ...summary.not_checked.map(({ zh, en }) => make("li", {}, both(zh, en))));
  return make("section", {}, make("h2", {}, both("本次没有核验的", "Not checked")), list);
}

function controls(saved) {
  const print = make("button", { type: "button", class: "quiet" }, both("打印报告", "Print the report"));
  print.addEventListener("click", () => window.print());
  const save = make("a", { class: "button", download: "verification.json" }, both("保存为 JSON", "Save as JSON"));
  save.href = URL.createObjectURL(new Blob([saved], { type: "application/json" }));
  return make("div", { class: "row controls" }, print, save);
}

/* --- language --- */

by("language").addEventListener("click", () => {
  const root = document.documentElement;
  const next = root.dataset.language === "zh" ? "en" : "zh";
  root.dataset.language = root.lang = next;
  by("language").textContent = next === "zh" ? "English" : "中文";
  by("language").lang = next === "zh" ? "en" : "zh";
});

/* A browser may keep what was chosen before a reload: begin with nothing. */
by("question").reset();
