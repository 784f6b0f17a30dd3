"""S3: values in buckets, and clients. What programs import from `dagster_aws.s3`."""

from tidemill.io.s3 import (
    PickledObjectS3IOManager as PickledObjectS3IOManager,
    S3PickleIOManager as S3PickleIOManager,
    S3Resource as S3Resource,
)

ConfigurablePickledObjectS3IOManager = S3PickleIOManager


def __getattr__(name: str) -> object:
    if name in ("s3_resource", "s3_pickle_io_manager"):
        raise ImportError(
            f"tidemill.aws.s3 has no {name!r}: use S3Resource(…) and S3PickleIOManager(…)", name=name
        )
    raise AttributeError(f"module 'tidemill.aws.s3' has no attribute {name!r}")
