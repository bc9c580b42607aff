"""The JSON that many files get for an answer, as types; OpenAPI is made of them."""

from pydantic import BaseModel, ConfigDict, Field

from api.verification.schemas import VerdictAnswer


class FilesOpening(BaseModel):
    """The first line of an answer about many files."""

    model_config = ConfigDict(frozen=True)

    files: int = Field(description="How many will be answered.")
    left_out: int = Field(
        description="Entries of the archive that are no files of its sender: folders, and what a "
        "Mac or Windows keeps for itself."
    )


class _PlacedFile(BaseModel):
    """Which file it is; a base of its own so that it comes first."""

    place: int = Field(description="In the order in which the files came, from 1 on.")
    name: str = Field(description="The file's name, or its path in the archive.")
    done: int = Field(description="How many are done, this one included.")
    of: int


class FileAnswer(VerdictAnswer, _PlacedFile):
    """One of many files, as soon as it is done; not in the order in which they came."""


class FilesWaiting(BaseModel):
    """A line that says that the work goes on; after five seconds without another."""

    model_config = ConfigDict(frozen=True)

    waiting: bool = True
    done: int
    of: int


class FilesSummary(BaseModel):
    """How many files had which outcome."""

    model_config = ConfigDict(frozen=True)

    outcomes: dict[str, int] = Field(description="Only those that occurred.")
    agree: int | None = Field(
        description="Files that are `authentic` and agree with their record; null without `expect`."
    )


class FilesEnd(BaseModel):
    """The last line: without it the answer broke off."""

    model_config = ConfigDict(frozen=True)

    summary: FilesSummary


class FilesAnswer(BaseModel):
    """The whole answer as one document."""

    model_config = ConfigDict(frozen=True)

    files: int
    left_out: int
    answers: list[FileAnswer]
    summary: FilesSummary
