"""A process of its own that asks a witness: `child.py JOB`, JSON in, one JSON line for each answer out."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.unit.witness.logs import Log, again, at

from azukari.errors import AzukariError
from azukari.ledger import Request


def main(job: dict[str, Any]) -> None:
    """Limit this process as the job says, then send its requests."""
    log = Log(fork_at=job.get("fork_at", 1 << 30))
    bodies = [(old, size, log.request(old, size)) for old, size in job["requests"]]
    again(Path(job["folder"])).folder.close()  # everything is imported before the limits begin
    _limit(job)
    try:
        witness = again(Path(job["folder"]))
        if job.get("killed_at") == "commit":
            rows = witness.folder._database._connection
            rows.set_trace_callback(lambda sql: os.kill(os.getpid(), signal.SIGKILL) if sql == "COMMIT" else None)
        for _, size, body in bodies:
            outcome = witness.add_checkpoint(_patient(job, body, witness, log, size), at(0))
            if job.get("killed_at") == "answer":
                os.kill(os.getpid(), signal.SIGKILL)
            print(json.dumps({"status": outcome.status, "size": size, "root": log.checkpoint(size).root.hex()}))
            sys.stdout.flush()
    except AzukariError as error:
        print(json.dumps({"error": error.word, "detail": error.detail}))


def _limit(job: dict[str, Any]) -> None:
    if "file_bytes" in job:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_bytes"], resource.RLIM_INFINITY))
    if job.get("as_nobody") and os.geteuid() == 0:
        os.seteuid(65_534)


def _patient(job: dict[str, Any], body: bytes, witness: Any, log: Log, size: int) -> bytes:
    """With ``race`` the request starts from whatever the witness saw last, as a log with two heads would ask."""
    if not job.get("race"):
        return body
    with witness.folder.reading() as record:
        seen = record.seen_of(log.origin)
    old = seen.size if seen and seen.size <= size else 0
    return Request(old, tuple(log.tree(size).consistency_path(old)), log.note(size)).encode()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
