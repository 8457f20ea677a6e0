"""The command line of `vllm`: argparse over the option table of the image's version."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from . import bench as benchmark
from . import configfile, values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .image import Image, Option

_ALIASES = {
    "-ac": "attention-config",
    "-cc": "compilation-config",
    "-dp": "data-parallel-size",
    "-n": "nnodes",
    "-O": "optimization-level",
    "-pp": "pipeline-parallel-size",
    "-q": "quantization",
    "-r": "node-rank",
    "-tp": "tensor-parallel-size",
}


def parse(image: Image, argv: Sequence[str]) -> tuple[str | None, dict[str, Any]]:
    """Parse the words after `vllm`; `(model, options)`, options by name without dashes.

    Only options that were given are there. Ends the process with status 2 and a usage on the
    error stream as argparse does, or raises `ValueError` where vLLM's own parser does.
    """
    args = [*argv]
    if args[:1] == ["serve"]:
        if "--model" in args:
            raise ValueError(
                "With `vllm serve`, you should provide the model as a positional argument or in a "
                "config file instead of via the `--model` option."
            )
        args = _dotted(_dashed(configfile.pull(args, image.release)))
    given = vars(_parser(image).parse_args(args))
    if given.pop("command") is None:
        _parser(image).print_help()
        raise SystemExit(0)
    model = given.pop("model_tag")
    return model, {name: value for name, value in given.items() if name != "config"}


def bench(argv: Sequence[str]) -> None:
    """Run what comes after `vllm bench`; ends with status 2 for a line that is wrong."""
    parser = argparse.ArgumentParser(prog="vllm bench")
    commands = parser.add_subparsers(dest="command", metavar="{serve}", required=True)
    benchmark.add(commands.add_parser("serve", usage="vllm bench serve [options]"))
    benchmark.run(parser.parse_args(_dashed(argv)))


def _parser(image: Image) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vllm", description="vLLM CLI")
    parser.add_argument("-v", "--version", action="version", version=image.version)
    commands = parser.add_subparsers(dest="command", metavar="{serve,bench}")
    serve = commands.add_parser(
        "serve", usage="vllm serve [model_tag] [options]", argument_default=argparse.SUPPRESS
    )
    serve.add_argument("model_tag", nargs="?", default=None)
    for option, shape in image.options.items():
        if option not in {"-h", "--help"}:
            _add(serve, option, shape, image.options)
    return parser


def _add(
    parser: argparse.ArgumentParser, option: str, shape: Option, table: dict[str, Option]
) -> None:
    name = _ALIASES.get(option, option.lstrip("-"))
    if not shape["takes_value"]:
        positive = name[len("no-") :]
        off = name.startswith("no-") and f"--{positive}" in table
        action = "store_false" if off else "store_true"
        parser.add_argument(option, action=action, dest=positive if off else name)
        return
    convert = values.converter(name, shape["type"])
    choices = [convert(choice) for choice in shape["choices"]] if shape["choices"] else None
    nargs = shape["nargs"]
    parser.add_argument(option, dest=name, type=convert, choices=choices, nargs=nargs)


def _dashed(args: Sequence[str]) -> list[str]:
    words = []
    for word in args:
        option, equals, value = word.partition("=")
        words.append(option.replace("_", "-") + equals + value if word[:2] == "--" else word)
    return words


def _dotted(args: Sequence[str]) -> list[str]:
    """Join `--limit-mm-per-prompt.image 1` and its like to one JSON value for each option."""
    objects: dict[str, dict[str, Any]] = {}
    words: list[str] = []
    rest = iter(args)
    for word in rest:
        option, equals, value = word.partition("=")
        name, dot, path = option.partition(".")
        if word[:2] != "--" or not dot:
            words.append(word)
            continue
        inner = objects.setdefault(name, {})
        *parents, last = path.split(".")
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = _scalar(value if equals else next(rest, ""))
    for name, content in objects.items():
        words += [name, json.dumps(content)]
    return words


def _scalar(text: str) -> Any:  # noqa: ANN401 - a JSON value or the text
    try:
        return json.loads(text)
    except ValueError:
        return text
