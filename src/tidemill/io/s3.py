"""Values in S3, or in any store that speaks its language: `s3://<bucket>/<prefix>/<key parts>[/<partition>]`.

Paths are those of universal-pathlib over s3fs; `S3Resource.get_client` gives a client of boto3 for all else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field  # noqa: TID253  (whoever loads this module uses it)

from tidemill.core.metadata import MetadataValue
from tidemill.definitions.resources.resource_set import InitResourceContext
from tidemill.definitions.resources.resources import ConfigurableResource, ResourceDependency
from tidemill.io.configurable import ConfigurableIOManagerFactory
from tidemill.io.contexts import OutputContext
from tidemill.io.extras import library
from tidemill.io.paths import PickleIOManager, as_path


class S3Resource(ConfigurableResource[Any]):
    """How to reach S3. What is not given comes from where AWS's own tools look: environment, profile, instance.

    Example:
        >>> S3Resource(endpoint_url="http://127.0.0.1:9000", region_name="eu-central-1").max_attempts
        5
    """

    use_unsigned_session: bool = Field(default=False, description="Whether requests are made by nobody")
    region_name: str | None = Field(default=None, description="Region of the buckets")
    endpoint_url: str | None = Field(default=None, description="Address, where it is not that of AWS")
    max_attempts: int = Field(default=5, description="How often a request is made")
    profile_name: str | None = Field(default=None, description="Profile in the files of AWS's tools")
    use_ssl: bool = Field(default=True, description="Whether the connection is encrypted")
    verify: bool | str | None = Field(
        default=True, description="Whether, or by which file, certificates are checked"
    )
    aws_access_key_id: str | None = Field(default=None, description="Key")
    aws_secret_access_key: str | None = Field(default=None, description="Its secret")
    aws_session_token: str | None = Field(default=None, description="Token of a session")

    def get_client(self) -> Any:
        """A client of boto3."""
        boto3, botocore = library("boto3", "aws"), library("botocore", "aws")
        configured = library("botocore.config", "aws").Config
        signature = {"signature_version": botocore.UNSIGNED} if self.use_unsigned_session else {}
        session = boto3.session.Session(profile_name=self.profile_name)
        return session.client(
            "s3",
            region_name=self.region_name,
            endpoint_url=self.endpoint_url,
            use_ssl=self.use_ssl,
            verify=self.verify,
            aws_access_key_id=self.aws_access_key_id,
            aws_secret_access_key=self.aws_secret_access_key,
            aws_session_token=self.aws_session_token,
            config=configured(retries={"max_attempts": self.max_attempts}, **signature),
        )

    def options(self) -> dict[str, Any]:
        """The same for fsspec: `UPath("s3://bucket/folder", **s3.options())`."""
        client = {"region_name": self.region_name, "verify": self.verify}
        said = {
            "key": self.aws_access_key_id,
            "secret": self.aws_secret_access_key,
            "token": self.aws_session_token,
            "profile": self.profile_name,
            "endpoint_url": self.endpoint_url,
            "client_kwargs": {name: value for name, value in client.items() if value is not None},
            "config_kwargs": {"retries": {"max_attempts": self.max_attempts}},
        }
        options = {name: value for name, value in said.items() if value is not None}
        return {**options, "anon": self.use_unsigned_session, "use_ssl": self.use_ssl}


class PickledObjectS3IOManager(PickleIOManager):
    """Pickles in a bucket.

    Args:
        s3_bucket: Its name.
        s3_session: How to reach it: an `S3Resource`, or options of fsspec; as AWS's own tools do by default.
        s3_prefix: Folder in it.
    """

    def __init__(
        self,
        s3_bucket: str,
        s3_session: S3Resource | Mapping[str, Any] | None = None,
        s3_prefix: str | None = None,
    ) -> None:
        options = s3_session.options() if isinstance(s3_session, S3Resource) else s3_session
        super().__init__(as_path("/".join(filter(None, ("s3:/", s3_bucket, s3_prefix))), options))
        self.bucket = s3_bucket
        self.s3_prefix = s3_prefix

    def get_metadata(self, context: OutputContext, obj: Any) -> Mapping[str, MetadataValue]:
        """The address, as other tools take it."""
        del obj
        return {"uri": MetadataValue.path(str(self._get_path(context)))}

    def make_directory(self, path: Any) -> None:
        """Buckets have no folders; making one would only ask whether the bucket is there."""


class S3PickleIOManager(ConfigurableIOManagerFactory[Any]):
    """Pickles in a bucket, as a resource with fields.

    Example:
        >>> S3PickleIOManager(s3_resource=S3Resource(), s3_bucket="values").s3_prefix
        'dagster'
    """

    s3_resource: ResourceDependency[S3Resource]
    s3_bucket: str = Field(description="Name of the bucket")
    s3_prefix: str = Field(default="dagster", description="Folder in the bucket")

    def create_io_manager(self, context: InitResourceContext | None) -> PickledObjectS3IOManager:
        """The I/O manager of a run."""
        del context
        return PickledObjectS3IOManager(self.s3_bucket, self.s3_resource, self.s3_prefix)
