"""`banyan doctor`: look at the machine and say what to do."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from banyan.config_sources import load_config
from banyan.doctor import Finding, examine
from banyan.language import say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def doctor(config_file: Path | None, as_json: bool) -> None:
    """Look at this machine: ports, folders, clock, programs. Exit code 1 when something is wrong."""
    findings = []
    for finding in examine(load_config(config_file)):
        findings.append(finding)
        if not as_json:
            click.echo(_line(finding))
    if as_json:
        click.echo(json.dumps({"findings": [asdict(finding) for finding in findings]}, ensure_ascii=False))
    raise SystemExit(0 if all(finding.ok for finding in findings) else 1)


def _line(finding: Finding) -> str:
    word = (
        click.style(say("OK     ", "正常  "), "green") if finding.ok else click.style(say("PROBLEM", "有问题"), "red")
    )
    return f"{word} {finding.name:<10}{finding.found}" + (f"  -> {finding.advice}" if finding.advice else "")
