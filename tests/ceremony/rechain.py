#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A transcript whose lines were changed, with a chain that fits: as somebody writes it who can write all of it."""
import hashlib
import json
import sys


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


previous = None
numbers = {}
for number, line in enumerate(sys.stdin.buffer, 1):
    record = json.loads(line)
    record.pop("sha256")
    numbers[record["seq"]] = number
    record["seq"] = number
    if record["kind"] == "outcome":
        record["body"]["intent"] = numbers[record["body"]["intent"]]
    record["prev"] = previous or record["prev"]
    record["sha256"] = hashlib.sha256(canonical(record)).hexdigest()
    previous = hashlib.sha256(canonical(record)).hexdigest()
    sys.stdout.buffer.write(canonical(record) + b"\n")
