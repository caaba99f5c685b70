"""Export into a bucket of S3, or of a server that speaks its protocol, by obstore (the extra `s3`)."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from gateway.tables.export.layout import MANIFEST, export_files, manifest
from gateway.tables.export.request import ExportFault, ExportRequest, TableCounts

#: Of one request; a file goes in parts.
_TIMEOUT = timedelta(seconds=120)
_RETRY_TIMEOUT = timedelta(seconds=60)
_RETRIES = 5


@dataclass(frozen=True)
class BucketDestination:
    """
    A prefix in a bucket. Credentials, region and endpoint are those of the environment (`AWS_ACCESS_KEY_ID`,
    `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, ...), or the role of the machine.
    """

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, address: str) -> "BucketDestination":
        """The destination at `s3://bucket/prefix`. Raises ExportFault."""
        parts = urlsplit(address)
        if not parts.netloc or "@" in parts.netloc:
            raise ExportFault(
                "--to is s3://bucket/prefix; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go into the environment"
            )
        return cls(parts.netloc, parts.path.strip("/"))

    def write(self, request: ExportRequest) -> list[TableCounts]:
        """Write the tables, the manifest last. Raises ExportFault."""
        prefix = f"{self.prefix}/" if self.prefix else ""
        try:
            store = S3Store(
                self.bucket,
                client_options={"timeout": _TIMEOUT, "allow_http": True},
                retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_TIMEOUT},
            )
            files = []
            for file in export_files(request):
                store.put(f"{prefix}{file.path}", file.source)
                files.append(file)
            store.put(f"{prefix}{MANIFEST}", manifest(request, files))
        except (BaseError, OSError) as exc:
            raise ExportFault(f"the bucket {self.bucket} cannot be written: {_reason(exc)}") from exc
        return [file.counts for file in files]


def _reason(exc: BaseError | OSError) -> str:
    """The reason in words of ours: the library's hold addresses and answers."""
    match exc:
        case UnauthenticatedError() | PermissionDeniedError():
            return "the credentials of the environment (AWS_ACCESS_KEY_ID, ...) are refused"
        case OSError(strerror=str() as reason):
            return reason
        case FileNotFoundError():  # what obstore makes of 404
            return "there is no such bucket"
        case _:
            return "it does not answer, or not as S3 does: AWS_ENDPOINT_URL and AWS_REGION say where it is"
