"""`ledger export` writes what is new; a damaged file is found by `verify` and mended by `--all`."""

from __future__ import annotations

from tests.cli.scene import Scene, call


def test_export_when_a_file_was_damaged_then_verify_finds_it_and_all_mends_it(sealed: Scene) -> None:
    folder = sealed / "site"
    first = sealed.json("ledger", "export", folder)
    verify = ("verify", folder, "--log-key", sealed.log_key)
    assert call(*verify).code == 0
    for path in [each for each in (folder / "tile").rglob("*") if each.is_file()]:
        whole = path.read_bytes()
        path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        assert call(*verify).code == 20, path
        assert sealed.json("ledger", "export", folder)["files"] == 0, "only what is new"
        assert sealed.json("ledger", "export", "--all", folder)["files"] == 1
        assert path.read_bytes() == whole and call(*verify).code == 0
    assert first["files"] == len([each for each in folder.rglob("*") if each.is_file()])
