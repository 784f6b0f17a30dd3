"""S3: values in buckets, and clients. What programs import from `dagster_aws.s3`."""

from tidemill.io.s3 import (
    PickledObjectS3IOManager as PickledObjectS3IOManager,
    S3PickleIOManager as S3PickleIOManager,
    S3Resource as S3Resource,
)

ConfigurablePickledObjectS3IOManager = S3PickleIOManager
