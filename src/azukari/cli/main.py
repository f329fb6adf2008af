"""The entry point: language, exit codes, one sentence for every error."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import Any, Final

import click

from azukari import __version__
from azukari.cli.speech import Speech, language_of
from azukari.errors import AzukariError, StorageError

INTERRUPTED: Final = 130
# Command -> (module, function, help). Loaded when called, so that a bare install needs no Django.
COMMANDS: Final[dict[str, tuple[str, str, str]]] = {
    "keygen": ("keys", "keygen", "鍵を作る / make a key file and its card"),
    "answer": ("keys", "answer", "鍵の確認に答える / answer a challenge"),
    "open": ("opening", "open_command", "包みを開ける / open a package, write a table and a receipt"),
    "opener": ("opener", "opener", "包みを開けるページを書き出す / write the page that opens packages offline"),
    "verify": (
        "verifying",
        "verify",
        "検証する / verify a package, a receipt, a certificate, a person's list, evidence or a ledger folder",
    ),
    "init": ("office", "init", "機関を開設する / found an office"),
    "party": ("parties", "party", "相手を登録する / register parties and their keys"),
    "entrust": ("parties", "entrust", "委託を登録する / register an entrustment"),
    "seal": ("sealing", "seal", "封印する / mark, seal and log a hand-over"),
    "consign": ("consigning", "consign", "紙・媒体・端末で渡す / hand over paper, media or access by terminal"),
    "receipt": ("sealing", "receipt", "受領書を登録する / keep a receipt"),
    "return": ("sealing", "return_command", "返却を照合する / take a returned table back"),
    "permission": ("permissions", "permission", "再委託の許諾 / permission to entrust the work onwards"),
    "trace": ("tracing", "trace", "流出標本を調べる / trace a leaked specimen"),
    "disclose": ("tracing", "disclose", "証拠を開示する / disclose evidence for a finding"),
    "list": ("registered", "list_command", "登録を一覧する / list what is registered"),
    "ledger": ("ledger", "ledger", "台帳を統合・公開・検査する / integrate, publish and check the ledger"),
    "reminders": ("reminding", "reminders", "期限と待っていること / what waits and what ends soon"),
    "crossing": (
        "crossings",
        "crossing",
        "便: 内側と外側の組合せ・自動の受渡し / crossings: pair the two sides, run between them",
    ),
    "export": ("crossings", "export_command", "便を書き出す / write what goes to the other side"),
    "import": ("crossings", "import_command", "便を取り込む / take what came from the other side"),
    "outside": ("outside", "outside", "外側の窓口を開設する / found the counter for contractors, outside"),
    "subject": ("subjects", "subject", "本人に渡す一覧・鍵・消去 / what a person gets: the list, the key; erasure"),
    "recover": ("office", "recover", "中断した封印を片付ける / finish or void what a crash left"),
    "expire": ("office", "expire", "期限の過ぎた控えを消す / remove copy records that are over their last day"),
    "backup": ("backing", "backup", "控えを取る / back the office up into one encrypted file"),
    "restore": ("backing", "restore", "控えから戻す / restore an office from a backup, or verify one"),
    "keystore": ("keystores", "keystore", "鍵保管簿の控え / backups of people's keys, which live for days"),
    "check": ("checking", "check", "環境を点検する / tell whether this installation is sound"),
    "migrate": ("backing", "migrate", "登録簿を新しい版にする / bring the register to this version"),
    "rekey": ("rekeying", "rekey", "機関の鍵を取り替える / replace the office's key and move all secrets to it"),
    "serve": ("serving", "serve", "庁内の画面を開く / serve the office's screens"),
    "work": ("working", "work", "預かった表の封印などを行う / do what waits: seal what was uploaded"),
    "person": ("people", "person", "職員のアカウントと招待 / accounts and invitations"),
    "sign-in": ("signing_in", "sign_in", "ログインの提供元 / the provider through which people sign in"),
    "uses": (
        "using",
        "uses",
        "利用記録のファイルを試しに読む / look at a file of uses: what could be taken, what would wait",
    ),
    "source": ("telling", "source", "利用記録の記録元 / sources of uses: take their files, see what waits"),
    "witness": ("witness", "witness", "証人 / a witness that cosigns the ledgers of other bodies"),
    "demo": ("demo", "demo", "実演 / the whole story on fictitious people"),
}


class _Lazy(click.Group):
    """Loads the module of a command only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, function, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"azukari.cli.{module}"), function)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(["ja", "en"]), help="ことば / language")
@click.version_option(__version__, prog_name="azukari")
@click.pass_context
def group(ctx: click.Context, lang: str | None) -> None:
    """azukari 預かり: 個人データの委託を、証明つきで。 Custody of entrusted personal data, with proof."""
    ctx.obj = Speech(language_of(lang, os.environ))


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code; never a traceback unless AZUKARI_DEBUG is set."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code."""
    context: dict[str, Any] = {}
    speech = Speech(language_of(_early_language(arguments), os.environ), "--json" in arguments)
    try:
        code = group.main(arguments, prog_name="azukari", standalone_mode=False, **context)
        return code if isinstance(code, int) else 0  # click returns the code of an Exit, here of --help and verify
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _interrupted(speech)
    except click.ClickException as error:
        error.show()
        return _answer(speech, "usage", error.exit_code, error.format_message())
    except AzukariError as error:
        return _refuse(speech, error)
    except OSError as error:
        return _refuse(speech, StorageError(error.strerror or "I/O"))
    except Exception as error:  # an error of ours: say so, never spill data that a traceback may hold
        return _refuse(speech, StorageError("the register")) if _of_the_disk(error) else _broken(speech, error)


def _early_language(arguments: list[str]) -> str | None:
    for before, value in zip(arguments, arguments[1:], strict=False):
        if before == "--lang":
            return value
    return next((a.removeprefix("--lang=") for a in arguments if a.startswith("--lang=")), None)


def _of_the_disk(error: Exception) -> bool:
    """Whether the database failed for the disk: full, gone, not writable, or its server. Django is not imported for this."""
    django = sys.modules.get("django.db.utils")
    return django is not None and isinstance(error, (django.OperationalError, django.InterfaceError))


def _interrupted(speech: Speech) -> int:
    return _end(speech, "interrupted", INTERRUPTED, speech.pick("中断しました。", "Interrupted."))


def _refuse(speech: Speech, error: AzukariError) -> int:
    return _end(speech, error.word, error.code, error.sentence(speech.language))


def _broken(speech: Speech, error: Exception) -> int:
    if os.environ.get("AZUKARI_DEBUG"):
        traceback.print_exc()
    name = type(error).__name__
    sentence = speech.pick(f"内部の誤りです（{name}）。", f"An error in azukari itself ({name}).")
    return _end(speech, "internal", 1, sentence)


def _end(speech: Speech, word: str, code: int, sentence: str) -> int:
    click.echo(f"azukari: {sentence}", err=True)
    return _answer(speech, word, code, sentence)


def _answer(speech: Speech, word: str, code: int, sentence: str) -> int:
    speech.answer({"error": word, "code": code, "message": sentence})
    return code
