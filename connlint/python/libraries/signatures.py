"""The parameters of the libraries' functions in order, for arguments given by position.

Those of `dj_database_url` depend on its version: `database_url.parameters`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ENVIRON_PLAIN: Final = ("var", "default")
_ENVIRON_CONTAINER: Final = ("var", "cast", "default")
_ENVIRON_CALL: Final = ("var", "cast", "default", "parse_default")
_ENVIRONS: Final = ("name", "default", "subcast")

# Dotted name -> parameters that may be given by position, `self` left out.
PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "environ.Env.__call__": _ENVIRON_CALL,
    "environ.Env.get_value": _ENVIRON_CALL,
    "environ.Env.str": ("var", "default", "multiline", "choices"),
    "environ.Env.bytes": ("var", "default", "encoding"),
    "environ.Env.bool": _ENVIRON_PLAIN,
    "environ.Env.int": _ENVIRON_PLAIN,
    "environ.Env.float": _ENVIRON_PLAIN,
    "environ.Env.json": _ENVIRON_PLAIN,
    "environ.Env.url": _ENVIRON_PLAIN,
    "environ.Env.path": _ENVIRON_PLAIN,
    "environ.Env.list": _ENVIRON_CONTAINER,
    "environ.Env.tuple": _ENVIRON_CONTAINER,
    "environ.Env.dict": _ENVIRON_CONTAINER,
    "environ.Env.db": ("var", "default", "engine"),
    "environ.Env.db_url": ("var", "default", "engine"),
    "environ.Env.cache": ("var", "default", "backend"),
    "environ.Env.cache_url": ("var", "default", "backend"),
    "environ.Env.db_url_config": ("url", "engine"),
    "environ.Env.cache_url_config": ("url", "backend"),
    "environ.Env.parse_value": ("value", "cast"),
    "environ.Env.read_env": ("env_file", "overwrite", "parse_comments", "encoding"),
    **{
        f"environs.Env.{method}": _ENVIRONS
        for method in (
            "__call__", "str", "int", "bool", "float", "list", "dict", "json", "timedelta", "path", "log_level",
        )
    },
    "environs.Env.dj_db_url": ("name", "default"),
    "environs.Env.read_env": ("path",),
    "environs.Env.prefixed": ("prefix",),
    "decouple.AutoConfig": ("search_path",),
    "decouple.Config": ("repository",),
    "decouple.Config.get": ("option", "default", "cast"),
    "decouple.RepositoryEnv": ("source", "encoding"),
    "decouple.RepositoryIni": ("source", "encoding"),
    "decouple.Csv": ("cast", "delimiter", "strip", "post_process"),
    "decouple.Choices": ("flat", "cast", "choices"),
    "dotenv.load_dotenv": ("dotenv_path", "stream", "verbose", "override", "interpolate", "encoding"),
    "dotenv.dotenv_values": ("dotenv_path", "stream", "verbose", "interpolate", "encoding"),
    "dotenv.find_dotenv": ("filename", "raise_error_if_not_found", "usecwd"),
    "dotenv.get_key": ("dotenv_path", "key_to_get", "encoding"),
    "configurations.values.Value": ("default", "environ", "environ_name", "environ_prefix", "environ_required"),
}  # fmt: skip
