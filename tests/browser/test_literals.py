"""Every literal, hostile ones too, is read by a JavaScript engine as what was configured; every file runs."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from integrations.core.tracking_file.assemble import assemble
from integrations.core.tracking_file.config import FileConfig
from integrations.core.tracking_file.literal import literal, members
from tests.integrations.core.tracking_file.configs import config as any_config

from .modules import MODULES
from .sites import PAGES, Answer
from .visitor import Visitor


def many_configs(count: int) -> list[FileConfig]:
    found: list[FileConfig] = []

    @settings(max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(any_config)
    def collect(config: FileConfig) -> None:
        found.append(config)

    collect()
    return found


def as_read(value: object) -> object:
    """Members as the engine gives them back: by their short names, lists for tuples, 1 for True."""
    match value:
        case dict():
            return {MODULES.names[name]: as_read(one) for name, one in value.items()}
        case list() | tuple():
            return [as_read(one) for one in value]
        case bool():
            return int(value)
        case _:
            return value


def test_literals_inside_a_page_are_read_as_they_were_meant(visitor: Visitor) -> None:
    configs = many_configs(200)
    scripts = "".join(f"<script>found.push({literal(config, MODULES.names)})</script>" for config in configs)
    html = f"<!doctype html><script>var found = []</script>{scripts}<title>done</title>"
    visitor.sites.serve(PAGES, "/", Answer(body=html, type="text/html"))
    visitor.open()

    found = json.loads(visitor.run("JSON.stringify(found)"))

    assert visitor.page.title() == "done"
    assert found == [as_read(members(config)) for config in configs]


def test_files_of_whatever_configuration_run_on_one_page(visitor: Visitor) -> None:
    configs = [
        replace(config, library_name=f"library{number}", storage_prefix=f"p{number}_")
        for number, config in enumerate(many_configs(40))
    ]
    scripts = "".join(f"<script>{assemble(config, MODULES).content.decode()}</script>" for config in configs)
    html = f"<!doctype html>{scripts}<title>done</title>"
    visitor.sites.serve(PAGES, "/", Answer(body=html, type="text/html"))
    visitor.open()

    started = visitor.run(
        f"Array.from({{length: {len(configs)}}}, (_, i) => !!(window['library' + i] || {{}}).initialized)"
    )

    assert started == [True] * len(configs)
