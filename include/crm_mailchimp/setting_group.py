"""A group of settings: how its values are read from environment variables, and refused by name."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Self

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.setting_values import Form


class SettingError(PermanentError):
    """A setting has a value that cannot be obeyed. The text names it and says what to write."""


class Settings(BaseSettings):
    """A group of settings.

    Made without arguments it holds the defaults. ``read`` asks the environment.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from ``read`` alone: defaults are the same on every machine."""
        return (init_settings,)

    @classmethod
    def read(
        cls, environment: Mapping[str, str] = os.environ, *, only: str | Collection[str] = ()
    ) -> Self:
        """The values that the environment sets, and the defaults for the rest.

        Args:
            environment: variables by name.
            only: fields to read. The others keep their defaults, whatever the environment says.

        Raises:
            SettingError: values cannot be obeyed; it names each of them.
        """
        wanted = (only,) if isinstance(only, str) else only
        given = cls._given(environment)
        if wanted:
            given = {name: given[name] for name in given if name in wanted}
        wrong = cls._wrong(given)
        if wrong:
            raise SettingError("; ".join(cls._refusal(name, given[name]) for name in wrong))
        return cls(**given)

    @classmethod
    def read_usable(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Like ``read``, but a wrong value counts as not set.

        For work that a wrong value must not stop, and for DAG files: Airflow drops a DAG whose
        file raises. A task of the same DAG calls ``read``, which names the wrong value.
        """
        given = cls._given(environment)
        wrong = cls._wrong(given)
        return cls(**{name: text for name, text in given.items() if name not in wrong})

    @classmethod
    def wrong_fields(cls, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
        """The fields whose values cannot be obeyed."""
        return cls._wrong(cls._given(environment))

    @classmethod
    @cache
    def form(cls, name: str) -> Form:
        """How the value of a field is written."""
        metadata = cls.model_fields[name].metadata
        return next(item for item in metadata if isinstance(item, Form))

    @classmethod
    def _given(cls, environment: Mapping[str, str]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name in cls.model_fields:
            text = environment.get(name.upper())
            if text is None:
                continue
            form = cls.form(name)
            if not form.is_verbatim:
                text = text.strip()
            if text or form.may_be_empty:
                given[name] = text
        return given

    @classmethod
    def _wrong(cls, given: Mapping[str, Any]) -> tuple[str, ...]:
        try:
            cls(**given)
        except ValidationError as error:
            return tuple(dict.fromkeys(str(problem["loc"][0]) for problem in error.errors()))
        return ()

    @classmethod
    def _refusal(cls, name: str, text: str) -> str:
        form = cls.form(name)
        shown = "not usable" if form.is_private else repr(text[:80])
        default = cls.written_default(name)
        return (
            f"the environment variable {name.upper()} is {shown}: write {form.words}"
            + (f"; without it the value is {default}" if default else "")
            + " (docs/settings.md)"
        )

    @classmethod
    def written_default(cls, name: str) -> str:
        """A field's default as its variable would be written; empty where it has none."""
        default = cls.model_fields[name].default
        if isinstance(default, bool):
            return str(default).lower()
        return f"{default}" if isinstance(default, int | float | str) else ""
