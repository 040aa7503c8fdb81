"""sqlglot: reads statements from stdin as JSON, and says of each what it is in the SQL of Databricks."""

import json
import sys

import sqlglot
from sqlglot import exp

# IDENTIFIER takes the name of a table from a parameter, and the parser has no node of its own for it.
KNOWN = {"IDENTIFIER"}


def read(text: str) -> dict:
    try:
        found = [each for each in sqlglot.parse(text, dialect="databricks") if each is not None]
    except sqlglot.errors.SqlglotError as error:
        return {"error": str(error)}
    unknown = {call.name.upper() for each in found for call in each.find_all(exp.Anonymous)}
    return {
        "statements": [type(each).__name__ for each in found],
        "unknown_functions": sorted(unknown - KNOWN),
        "parameters": sorted({name.name for each in found for name in each.find_all(exp.Placeholder)}),
    }


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
