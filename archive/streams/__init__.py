"""Moving large amounts of bytes: pooled buffers, pipelines, direct writes, read-back."""
