"""Who may come in: tokens for programs, one-time links for people."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from data.errors import NotFound
from data.records import Role
from serving.cli.answers import note, say, say_json, say_table
from serving.cli.context import opened, person

_token = typer.Typer(help="Tokens for programs.", no_args_is_help=True)
_link = typer.Typer(help="Links that sign a person in, once.", no_args_is_help=True)

AsRole = Annotated[Role, typer.Option(help="What it allows.")]
Name = Annotated[str | None, typer.Option(help="Whom it is for. Shown beside what is done with it.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def add_commands(app: typer.Typer) -> None:
    """Add ``token`` and ``link``."""
    app.add_typer(_token, name="token")
    app.add_typer(_link, name="link")


@_token.command("create")
def create_token(
    context: typer.Context,
    role: AsRole,
    name: Name = None,
    days: Annotated[
        float | None, typer.Option(min=0.001, help="Days it works. Default: until revoked.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a token. It is shown once and stored nowhere."""
    lasts = None if days is None else timedelta(days=days)
    with opened(context) as application:
        issued = application.auth.create_token(role=role, name=name or person(), lasts=lasts)
    if json:
        say_json(
            {
                "token": issued.secret,
                "credential_id": issued.credential_id,
                "role": role,
                "expires_at": issued.expires_at,
            }
        )
        return
    say(issued.secret)
    note(f"Keep it now, it is not shown again. To end it: tamis token revoke {issued.credential_id}")


@_token.command("list")
def list_credentials(context: typer.Context, json: Json = False) -> None:
    """List tokens, links and sessions, without their secrets."""
    with opened(context) as application, application.store.read() as session:
        credentials = session.access.list()
    if json:
        say_json({"credentials": credentials})
        return
    columns = ("id", "kind", "role", "name", "created", "expires", "used", "revoked")
    fields = ("credential_id", *columns[1:4], "created_at", "expires_at", "used_at", "revoked_at")
    rows = [[getattr(one, field) for field in fields] for one in credentials]
    say_table(columns, rows, empty="No tokens yet. Make one with `tamis token create --role queue`.")


@_token.command("revoke")
def revoke(
    context: typer.Context,
    credential_id: Annotated[str, typer.Argument(help="As `tamis token list` shows it.")],
) -> None:
    """End a token, link or session."""
    with opened(context) as application:
        if not application.auth.revoke(credential_id):
            raise NotFound(f"No credential {credential_id} still holds. `tamis token list` shows them all.")
    say(f"Revoked {credential_id}.")


@_link.command("create")
def create_link(context: typer.Context, role: AsRole, name: Name = None, json: Json = False) -> None:
    """Make a link that signs a person in, once."""
    with opened(context) as application:
        settings = application.settings
        issued = application.auth.create_link(role=role, name=name or person())
    from serving.up.greeting import sign_in_address

    address = sign_in_address(settings, issued.secret)
    if json:
        say_json({"url": address, "credential_id": issued.credential_id, "expires_at": issued.expires_at})
        return
    say(address)
    note(f"It works once, within {settings.access.link_minutes:g} minutes.")
