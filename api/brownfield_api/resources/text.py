"""Text of a given form: one annotation that checks, explains and appears in the CRD."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True)
class Form:
    """Text that matches `pattern` (Python and RE2 read it alike) and is at most `longest` characters.

    `says` completes the sentence "… is not …", for people who never saw a regular expression.
    """

    pattern: str
    longest: int
    says: str

    def check(self, text: str) -> str:
        if len(text) > self.longest or not re.fullmatch(self.pattern, text):
            shown = text if len(text) <= 80 else f"{text[:77]}..."
            raise PydanticCustomError("form", "{shown} is not {says}", {"shown": repr(shown), "says": self.says})
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": self.pattern, "maxLength": self.longest}
