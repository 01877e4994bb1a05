#!/usr/bin/env python3
"""Runs the validator of the CRDs, which is the first argument, with patterns read as Kubernetes does.

The patterns of CRDs are Go's regular expressions. In Go a flag may stand anywhere in a group and
holds to its end, `((?i)mon|tues)day`; in Python only at the start of the whole, so that the
validator would stop at such a pattern.
"""

import re
import runpy
import sys

from jsonschema import Draft202012Validator, ValidationError

FLAG = re.compile(r"\(\?([ims]+)\)")


def python_pattern(pattern):
    """Returns the pattern with every flag as a group that ends where the group around it does."""
    result, opened, i, in_class = [], [0], 0, False
    while i < len(pattern):
        flag = None if in_class else FLAG.match(pattern, i)
        it = pattern[i]
        if flag:
            result.append(f"(?{flag[1]}:")
            opened[-1] += 1
            i = flag.end()
            continue
        if it == "\\":
            result.append(pattern[i : i + 2])
            i += 2
            continue
        if in_class:
            in_class = it != "]"
        elif it == "[":
            in_class = True
            # A bracket that comes first in a class is one of its characters.
            first = re.compile(r"\[\^?\]?").match(pattern, i)
            result.append(first[0])
            i = first.end()
            continue
        elif it == "(":
            opened.append(0)
        elif it == ")":
            result.append(")" * opened.pop())
        result.append(it)
        i += 1
    return "".join(result) + ")" * opened.pop()


def pattern(_validator, value, instance, _schema):
    if isinstance(instance, str) and not re.search(python_pattern(value), instance):
        yield ValidationError(f"{instance!r} does not match {value!r}")


Draft202012Validator.VALIDATORS["pattern"] = pattern
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
