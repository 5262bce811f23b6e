"""YAML read with the place of every key, so that an error can say where it is.

PyYAML alone takes the last of two equal keys in silence and forgets line numbers; both would hide a librarian's slip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from config.errors import ConfigError

# libyaml's, where PyYAML was built with it, reads two hundred sources ten times faster.
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class YamlFile:
    """A YAML file's content as plain Python values, and the nodes that know their lines."""

    path: Path
    content: Any
    root: Node | None

    def line_of(self, keys: Sequence[str | int]) -> int:
        """Line (from 1) of the deepest part of `keys` that the file has."""
        node, line = self.root, 1
        for key in keys:
            if node is None:
                break
            line = node.start_mark.line + 1
            node = _child(node, key)
        return node.start_mark.line + 1 if node is not None else line

    def error(self, message: str, keys: Sequence[str | int] = (), entry: str = "") -> ConfigError:
        """A ConfigError that names this file, the line of `keys`, the entry and the key."""
        place = f"{self.path}, line {self.line_of(keys)}"
        named = [f"entry {entry!r}"] if entry else []
        inside = [str(key) for key in keys if not isinstance(key, int)]
        if inside:
            named.append(f"key {'.'.join(inside)!r}")
        return ConfigError(": ".join([place, *([", ".join(named)] if named else []), message]))


def _child(node: Node, key: str | int) -> Node | None:
    if isinstance(node, MappingNode):
        for key_node, value_node in node.value:
            if isinstance(key_node, ScalarNode) and key_node.value == str(key):
                return value_node if isinstance(value_node, Node) else None
        return None
    if isinstance(node, SequenceNode) and isinstance(key, int) and 0 <= key < len(node.value):
        child = node.value[key]
        return child if isinstance(child, Node) else None
    return None


def read_yaml(path: Path) -> YamlFile:
    """Read one YAML file. Raises ConfigError naming the line for bad YAML, a key given twice, or an unreadable file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}).") from error
    loader = None
    try:
        loader = LOADER(text)
        root = loader.get_single_node()
        if root is not None:
            _refuse_double_keys(path, root)
        content = loader.construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{path}, line {line}: not valid YAML: {error.problem or error.context}.") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: not valid YAML: nested too deeply.") from error
    finally:
        if loader is not None:
            loader.dispose()
    return YamlFile(path, content, root)


def _refuse_double_keys(path: Path, node: Node) -> None:
    if isinstance(node, MappingNode):
        seen: set[str] = set()
        for key_node, value_node in node.value:
            name = str(key_node.value)
            if name in seen:
                line = key_node.start_mark.line + 1
                raise ConfigError(f"{path}, line {line}: key {name!r} is given twice; keep one of them.")
            seen.add(name)
            _refuse_double_keys(path, value_node)
    elif isinstance(node, SequenceNode):
        for child in node.value:
            _refuse_double_keys(path, child)


Model = TypeVar("Model", bound=BaseModel)


def checked(
    model: type[Model], yaml_file: YamlFile, value: Any, keys: Sequence[str | int] = (), entry: str = ""
) -> Model:
    """`value` as a `model`. Raises ConfigError for all that is wrong, each line naming file, line, entry and key."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            place = [*keys, *problem["loc"]]
            message = problem["msg"].removeprefix("Value error, ").rstrip(".")
            if problem["type"] == "extra_forbidden":
                known = ", ".join(sorted(name for name in model.model_fields))
                message = f"there is no such key; the keys are {known}"
            elif problem["type"] == "missing":
                message = "this key is missing"
            lines.append(str(yaml_file.error(message + ".", place, entry)))
        raise ConfigError("\n".join(lines)) from error
