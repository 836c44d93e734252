"""Bodies of the acts by which others vouch for a checkpoint of the log."""

from hashing.act_schema import Act, ActSchema
from hashing.schema import COUNT, HEX64, LOG_TIME, OUTSIDER, Field, optional

PROOF_ACTS: dict[Act, ActSchema] = {
    Act.STAMP: ActSchema(
        "A time-stamping authority gave a token over a checkpoint: the first `size` entries "
        "existed by its time.",
        (
            Field("size", COUNT, "The checkpoint's number of entries."),
            Field("root", HEX64, "The checkpoint's root."),
            Field("authority", OUTSIDER, "The authority's name in the configuration."),
            Field("token_sha256", HEX64, "SHA-256 of `log/timestamps/<size>/<authority>.tsr`."),
            Field("gen_time", LOG_TIME, "The token's time, as the authority signed it."),
            optional("renews", HEX64, "`token_sha256` of the token whose proof this one renews."),
        ),
    ),
}
