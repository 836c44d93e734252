/* ---------------------------------------------------------------------------------------------
 * The words of the page: checks, statuses, and what a finding means for the evidence.
 * ------------------------------------------------------------------------------------------ */

const CHECK_WORDS = {
  1: ["检查点存在且可读：日志有确定的末端", "The checkpoint can be read: the log has a definite end"],
  2: ["检查点由日志的密钥签名：有人为这段历史负责", "The checkpoint is signed by the log’s key: someone answers for this history"],
  3: ["条目文件齐全：没有条目缺失", "Every bundle of entries is there and full: no entry is missing"],
  4: ["条目格式规范、编号连续、前后承接：没有增删、调换或修改", "Entries are well formed, numbered and chained: none was edited, removed, inserted or moved"],
  5: ["条目算出的根与检查点一致：签名覆盖的正是这些条目", "The entries hash to the checkpoint’s root: they are what was signed"],
  6: ["各级哈希文件与条目一致：由它们出具的证明有效", "Every stored tile is the one the entries make: proofs made from them hold"],
  7: ["密钥的更替均由新旧密钥共同签署", "The keys follow one another, each rotation signed by both"],
  8: ["每次开机期间时间不倒退（仅供参考）", "Within a boot, time does not go back (for information)"],
  9: ["外部保存的检查点属于此日志：历史未被回退或改写", "Checkpoints kept elsewhere are of this log’s past: nothing was rolled back"],
  10: ["条目内容符合各自的格式定义", "The bodies of entries are what their schemas say"],
  11: ["应有的原件都在", "Every original that should be here is here"],
  12: ["每件原件的字节与归档时相同", "The bytes of every original are those that were archived"],
  13: ["没有日志未提及的文件混在原件中", "No file lies among the originals that the log never speaks of"],
  14: ["目录数据库与日志一致", "The catalog is what the log says"],
  15: ["时间戳盖在此日志的检查点上（服务方的签名未在此核对）", "Timestamp tokens are over this log’s checkpoints (their authorities’ signatures are not checked here)"],
  16: ["见证方的联署有效", "Cosignatures of witnesses hold"],
  17: ["包内的条目都在检查点所签名的日志中", "Every entry of the package is in the log that the checkpoint signs"],
  18: ["打包件完整：清单中的文件都在且未变，没有多余文件", "The bag is whole: every listed file is here unchanged, and no other"],
};

const STATUS_WORDS = {
  pass: ["✓", "通过", "PASS"],
  warn: ["!", "注意", "WARN"],
  fail: ["✗", "不符", "FAIL"],
  not_checked: ["–", "未检查", "NOT CHECKED"],
};

const MEANINGS = {
  MISSING_FILE: ["应有的文件缺失；它所承载的内容无法在此处证明。", "A file that should be here is missing; what it held cannot be proven from here."],
  DIGEST_MISMATCH: ["文件内容与记录时不同，不能再作为原件使用。", "The file is not the one that was recorded; it no longer counts as the original."],
  BAG_MISMATCH: ["打包件在制成后被改动：有文件被增加、移除或改名。", "The package was changed after it was made: a file was added, removed or renamed."],
  MALFORMED_INDEX: ["打包件的目录不可读：无从知道包内应有什么。", "The index of the package cannot be read: nobody knows what the package should hold."],
  LOG_INCONSISTENT: ["日志在写入之后被改动或损坏；说明中指出了位置。", "The log was changed or damaged after it was written; the detail says where."],
  SIGNATURE: ["没有有效的签名，不能证明它出自这台采集站。", "It is not validly signed; nothing proves that this station wrote it."],
  MALFORMED_TIMESTAMP: ["时间戳文件无法读取，不能用来限定时间。", "The timestamp cannot be read; it bounds no time."],
  TIMESTAMP: ["时间戳不能用来限定时间。", "The timestamp bounds no time."],
  ROLLED_BACK: ["日志与外部保存的检查点不符：历史被回退或改写。", "The log contradicts a checkpoint kept elsewhere: history was rolled back or rewritten."],
  ORIGIN_NOT_PROVEN: ["内容自身一致，但未证明出自哪台采集站。", "The content is consistent with itself; which station wrote it is not proven."],
  UNLOGGED_OBJECT: ["该文件不是证据：日志从未提及它。", "The file is not evidence: the log never speaks of it."],
  CLOCK_WENT_BACK: ["采集站的时钟曾在运行中回拨；条目次序不受影响，时间需谨慎引用。", "The station’s clock was set back while it ran; the order of entries stands, their times need care."],
  LOG_SUCCEEDS: ["此日志接续一份已丢失的日志；更早的历史不在其中。", "This log follows one that was lost; the earlier history is not in it."],
};

const KINDS = {
  evidence_package: ["证据包", "Evidence package"],
  audit_pack: ["审计包", "Audit pack"],
  archive: ["档案库", "Archive"],
  log: ["日志", "Log"],
};
