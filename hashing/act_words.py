"""What each act is called in the two languages of the program, for reports and histories.

The names of acts are stable and stand in entries and in ``--json``; these are for people. An act
without words here is shown by its name.
"""

from collections.abc import Mapping
from types import MappingProxyType

from hashing.errors import Bilingual

ACT_WORDS: Mapping[str, Bilingual] = MappingProxyType(
    {
        "key": Bilingual(zh="签名密钥", en="signing key"),
        "start": Bilingual(zh="启动", en="started"),
        "stop": Bilingual(zh="停止", en="stopped"),
        "config": Bilingual(zh="生效配置", en="settings in force"),
        "dock": Bilingual(zh="插入", en="docked"),
        "identify": Bilingual(zh="识别记录仪", en="recorder identified"),
        "clock_read": Bilingual(zh="读取时钟", en="clock read"),
        "inventory": Bilingual(zh="清点", en="inventoried"),
        "ingest": Bilingual(zh="归档", en="archived"),
        "sighting": Bilingual(zh="再次出现", en="seen again"),
        "quarantine": Bilingual(zh="隔离", en="quarantined"),
        "undock": Bilingual(zh="结束采集", en="released"),
        "receipt": Bilingual(zh="开具回执", en="receipt issued"),
        "import": Bilingual(zh="历史影像导入", en="imported as legacy footage"),
        "replicate": Bilingual(zh="附加存储", en="copied to a store"),
        "fixity": Bilingual(zh="巡检不符", en="failed a fixity check"),
        "view": Bilingual(zh="查看", en="viewed"),
        "export": Bilingual(zh="导出副本", en="copied out"),
        "alarm": Bilingual(zh="告警", en="alarm"),
        "recover": Bilingual(zh="崩溃后恢复", en="recovered after a crash"),
        "restore": Bilingual(zh="从备份恢复", en="restored from a backup"),
        "stamp": Bilingual(zh="时间戳", en="time-stamped"),
        "witness": Bilingual(zh="见证签名", en="cosigned by a witness"),
        "note": Bilingual(zh="备注", en="note"),
        "deny": Bilingual(zh="拒绝", en="refused"),
    }
)
