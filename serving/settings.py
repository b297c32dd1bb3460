"""
The whole tree of settings, and how it is read.

In rising order: the defaults here, one YAML file (``var/config.yaml`` below the home, or another one that
is named), and variables: ``TAMIS_PORT``, ``TAMIS_STORE__URL``. A name that nobody declared is refused with
the nearest known one, wherever it was written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from data.errors import InvalidSettings
from data.settings import StoreSettings
from serving import configs
from serving.sections import (
    AccessSettings,
    ChampionSettings,
    DemoSettings,
    MediaSettings,
    RegistrySettings,
    ReviewSettings,
    ServerSettings,
    TriageSettings,
)
from training.settings import RetrainingSettings, TrainingSettings

PREFIX: Final = "TAMIS_"
"""How the name of every variable begins."""


class Settings(BaseSettings):
    """Everything the process must be told.

    Examples
    --------
    >>> from pathlib import Path
    >>> Settings(home=Path("/srv/tamis"), port=3100).ledger_url
    'sqlite:////srv/tamis/var/ledger.db'
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    home: Path = Field(default_factory=Path.cwd)
    """The folder in which var/ lies. A variable or an argument, never in the file."""
    config: Path | None = None
    """The YAML file. None: var/config.yaml where there is one. A variable or an argument."""

    host: str = "127.0.0.1"
    """The address to listen on. Anything but this machine needs TLS in front."""
    port: int = Field(default=3000, ge=1, le=65_535)
    policies: str = ""
    """A file of content policies. Empty: the one that is shipped, configs/policies.yaml."""
    first_plan: str = "cautious"
    """The plan to start from: a file name in configs/plans, without its ending."""

    store: StoreSettings = StoreSettings()
    training: TrainingSettings = TrainingSettings()
    retraining: RetrainingSettings = RetrainingSettings()
    triage: TriageSettings = TriageSettings()
    reviews: ReviewSettings = ReviewSettings()
    media: MediaSettings = MediaSettings()
    champion: ChampionSettings = ChampionSettings()
    access: AccessSettings = AccessSettings()
    server: ServerSettings = ServerSettings()
    registry: RegistrySettings = RegistrySettings()
    demo: DemoSettings = DemoSettings()

    @property
    def var(self) -> Path:
        """Everything that is written at run time."""
        return self.home / "var"

    @property
    def ledger_url(self) -> str:
        """The database: the one that is set, or a file in var."""
        return self.store.url or f"sqlite:///{self.var / 'ledger.db'}"

    @property
    def tracking_uri(self) -> str:
        """The tracking server: the one that is set, or a database in var."""
        return self.registry.tracking_uri or f"sqlite:///{self.mlflow / 'mlflow.db'}"

    @property
    def mlflow(self) -> Path:
        """Runs and registered models, where no tracking server is set."""
        return self.var / "mlflow"

    @property
    def judgements(self) -> Path:
        """What was found about registered models."""
        return self.var / "judgements"

    @property
    def bundles(self) -> Path:
        """Models as files, one folder a digest."""
        return self.var / "bundles"

    @property
    def encoder(self) -> Path:
        """The text encoder: the one that is set, or the one that is placed here once."""
        return Path(self.training.encoder.path or self.var / "encoder" / "multilingual-e5-small")

    @property
    def vision(self) -> Path:
        """The vision model: the one that is set, or the one that is placed here once."""
        return Path(self.training.vision.path or self.var / "encoder" / "efficientnet-lite0")

    @property
    def media_folder(self) -> Path | None:
        """Where clips lie; None where there are none."""
        return self.home / self.media.folder if self.media.folder else None

    @property
    def seen(self) -> Path:
        """What was seen in clips: no pictures, but hashes and vectors of them."""
        return self.var / "seen"

    @property
    def bentoml(self) -> Path:
        """BentoML's own files."""
        return self.var / "bentoml"

    @property
    def keys(self) -> Path:
        """The draw key, with which draws can be foreseen, and the key of the seals."""
        return self.var / "keys"

    @property
    def draw_key(self) -> Path:
        """The file of the draw key."""
        return self.keys / "draw.json"

    @property
    def seal_key(self) -> Path:
        """The file of the key that the ledger is sealed with."""
        return self.keys / "seal.json"

    @property
    def snapshots(self) -> Path:
        """Data sets cut from the ledger."""
        return self.var / "snapshots"

    @property
    def vectors(self) -> Path:
        """Vectors of texts that were read before, so that the next training is quicker."""
        return self.var / "vectors"

    @property
    def spool(self) -> Path:
        """Answers of full review that are not in the ledger yet."""
        return self.var / "spool"

    @property
    def imports(self) -> Path:
        """What an import refused, row by row."""
        return self.var / "imports"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources in falling order: arguments, variables, the file."""
        del dotenv_settings, file_secret_settings
        arguments = {**init_settings()}
        file = InitSettingsSource(settings_cls, init_kwargs=_file_values(arguments))
        return init_settings, env_settings, file


def read(*, home: Path | None = None, config: Path | None = None) -> Settings:
    """Return the settings from file and variables; `InvalidSettings` says what is wrong and where.

    Parameters
    ----------
    home : Path, optional
        Where var/ lies; ``TAMIS_HOME``, or the current folder, where it is not given.
    config : Path, optional
        The YAML file; ``TAMIS_CONFIG``, or var/config.yaml where there is one.
    """
    given: dict[str, Any] = {
        name: value for name, value in {"home": home, "config": config}.items() if value is not None
    }
    variables = {variable(name) for name in names()}
    for name in sorted(filter(lambda name: name.upper().startswith(PREFIX), os.environ)):
        configs.check_name(name.upper(), variables, where="the environment")
    try:
        return Settings(**given)
    except ValidationError as refused:
        raise InvalidSettings(f"A setting cannot be used. {configs.problems(refused)}") from refused
    except SettingsError as refused:
        # A variable of a whole section is JSON.
        raise InvalidSettings(
            f"A variable cannot be used: {refused}. Set its values one by one."
        ) from refused


def names() -> list[str]:
    """Return the dotted name of every setting.

    Examples
    --------
    >>> "store.url" in names()
    True
    """
    return configs.names(Settings)


def variable(name: str) -> str:
    """Return the variable of a setting.

    Examples
    --------
    >>> variable("store.url")
    'TAMIS_STORE__URL'
    """
    return PREFIX + name.upper().replace(".", "__")


def _file_values(arguments: Mapping[str, Any]) -> dict[str, Any]:
    home = Path(arguments.get("home") or os.environ.get(PREFIX + "HOME") or Path.cwd())
    named = arguments.get("config") or os.environ.get(PREFIX + "CONFIG")
    path = Path(named) if named else home / "var" / "config.yaml"
    if not named and not path.exists():
        return {}
    values = configs.mapping(path)
    for name in configs.leaves(values):
        configs.check_name(name, set(names()) - {"home", "config"}, where=str(path))
    return values
