"""Documents that follow from the code: docs/exit-codes.md and the list of classes in GLOSSARY.md.

    python tools/docs.py [--write]

Without --write it only tells, by its exit code, whether they are as they should be.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "azukari"
CLASSES = "\n## Classes\n"

sys.path.insert(0, str(ROOT / "src"))
from azukari import errors  # noqa: E402 - found only with the path above

EXIT_CODES = """# Exit codes

What `azukari` returns to a script, and the word that stands in the specifications, in `expect:` of the vectors and
in `error` of `--json` output. Codes never change their meaning; new ones are added. This file is written by
`make docs` from `src/azukari/errors.py`.

| code | meaning |
|---|---|
| 0 | success |
| 1 | an error in azukari itself |
| 2 | a command line that cannot be understood |
| 130 | interrupted |

"""

GROUPS = {
    "VerificationError": "A proof, a package or a signature does not hold",
    "RefusedError": "azukari will not do it",
    "InputError": "What was handed in cannot be used",
    "AzukariError": "Others",
}


def leaves() -> Iterator[type[errors.AzukariError]]:
    """Verdict classes in the order in which they stand in errors.py."""
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.AzukariError) and value.word:
            yield value


def exit_codes() -> str:
    """The text of docs/exit-codes.md."""
    groups: dict[str, list[type[errors.AzukariError]]] = {name: [] for name in GROUPS}
    for leaf in leaves():
        groups[leaf.__mro__[1].__name__].append(leaf)
    return EXIT_CODES + "\n".join(_group(GROUPS[name], members) for name, members in groups.items())


def _group(title: str, members: list[type[errors.AzukariError]]) -> str:
    rows = (f"| {e.code} | `{e.word}` | `{e.__name__}` | {e.ja} | {e.en} |\n" for e in members)
    return f"## {title}\n\n| code | word | class | 日本語 | English |\n|---|---|---|---|---|\n" + "".join(rows)


def classes() -> dict[str, dict[str, list[str]]]:
    """Public classes: name -> Japanese term -> modules. Verdicts and Django's set-up are in no list."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(SOURCE.rglob("*.py")):
        if path.stem in ("errors", "apps") or path.parent.name in ("migrations", "sqlite"):
            continue
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name][_term(node)].append(module)
    return found


def _term(node: ast.ClassDef) -> str:
    """What stands before the first full stop of a docstring, if it is Japanese."""
    first = (ast.get_docstring(node) or "").partition("\n")[0].partition("。")[0]
    return "" if first.isascii() else first


def with_classes(glossary: str) -> str:
    """The glossary with its list of classes as it should be."""
    rows = (
        f"| `{name}` | {term} | {', '.join(f'`{module}`' for module in modules)} |\n"
        for name, terms in sorted(classes().items())
        for term, modules in terms.items()
    )
    table = "\nWritten by `make docs` from the docstrings.\n\n| class | 日本語 | where |\n|---|---|---|\n" + "".join(
        rows
    )
    return glossary.partition(CLASSES)[0] + CLASSES + table


def main() -> int:
    """Write or compare; 1 if a document was not as it should be and was not written."""
    stale = 0
    glossary = ROOT / "GLOSSARY.md"
    wanted = {
        ROOT / "docs" / "exit-codes.md": exit_codes(),
        glossary: with_classes(glossary.read_text(encoding="utf-8")),
    }
    for path, text in wanted.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale = 1
        if "--write" in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
    return 0 if "--write" in sys.argv[1:] else stale


if __name__ == "__main__":
    raise SystemExit(main())
