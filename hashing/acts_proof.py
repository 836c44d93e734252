"""Bodies of the acts by which others vouch for a checkpoint of the log."""

from hashing.act_schema import Act, ActSchema
from hashing.schema import COUNT, HEX64, LOG_TIME, OUTSIDER, TEXT, Field, one_of, optional

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
    Act.WITNESS: ActSchema(
        "A witness cosigned a checkpoint: the first `size` entries are consistent with all that "
        "it has seen of this log.",
        (
            Field("size", COUNT, "The checkpoint's number of entries."),
            Field("root", HEX64, "The checkpoint's root."),
            Field("witness", TEXT, "The name that the witness signs under."),
            Field("vkey", TEXT, "Its verifier key, as configured: a claim."),
            Field("method", one_of("http", "carried"), "How the checkpoint got there."),
            Field("cosigned_time", LOG_TIME, "When, as the witness signed it."),
        ),
    ),
}
