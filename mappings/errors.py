"""What is wrong with a mapping, by field, in words that say what to do."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """One problem: where it is (`ticket.priority`) and how to solve it."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class MappingError(ValueError):
    """A mapping that cannot be loaded, or facts that it cannot render: all problems at once."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors)
        self.errors = list(errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)
