"""The model card: what a person reads before a model is put to use (AI Act, article 13; Mitchell and others, 2019).

Rule: all of it comes from the manifest and the evaluation; a card says what was missed before it says what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.factory.gates import describe, verdict
from models.factory.report import Report
from protocol.manifest import Manifest

CARD = "MODEL_CARD.md"


def card(manifest: Manifest, report: Report | None = None) -> str:
    """Write the card; without a report figures are those of the manifest."""
    lines = [
        f"# {manifest.name} {manifest.version}\n",
        f"**Intended purpose.** {manifest.intended_purpose}\n",
        "**Prohibited uses**\n",
        *(f"- {use}" for use in manifest.prohibited_uses),
        "\n**Limits**\n",
        *(f"- {limit}" for limit in manifest.limits),
        f"\n**Quantisation.** {manifest.quantisation}\n",
        *(_of_manifest(manifest) if report is None else _measured(report)),
        "\n| operating point | thresholds | IoU | chosen on |\n|---|---|---|---|",
        *(
            f"| {name} | {', '.join(f'{k} {v:g}' for k, v in point.thresholds.items())} | {point.iou:g} | {point.chosen_on} |"
            for name, point in manifest.operating_points.items()
        ),
        "\n| data | use | licence | origin |\n|---|---|---|---|",
        *(f"| {d.name} | {d.use} | {d.licence} | {d.origin} |" for d in manifest.data),
        "\n| weights from | version | licence |\n|---|---|---|",
        *(f"| {s.name} | {s.version} | {s.licence} |" for s in manifest.sources),
        f"\nRisk register: {manifest.risk_id}. Labels: {', '.join(manifest.labels)}.\n",
    ]
    return "\n".join(lines)


def _of_manifest(manifest: Manifest) -> Iterator[str]:
    yield "| figure | value | 95% interval | n | on |\n|---|---|---|---|---|"
    for m in manifest.metrics:
        yield f"| {m.name} | {m.value:.3g} | {m.low:.3g} to {m.high:.3g} | {m.n} | {m.on} |"


def _measured(report: Report) -> Iterator[str]:
    yield "| gate | found | |\n|---|---|---|"
    for result in report.gates:
        found = "" if result.value is None else f"{result.value:.3g}"
        yield f"| {describe(result.gate)} | {found} | {verdict(result)} |"
    yield "\n| figure | variant | value | 95% interval | n | on |\n|---|---|---|---|---|---|"
    for figure in report.figures:
        if not figure.condition:
            m = figure.metric
            yield f"| {m.name} | {figure.variant} | {m.value:.3g} | {m.low:.3g} to {m.high:.3g} | {m.n} | {m.on} |"
    yield "\n| file | MB | memory of a fresh process, MB |\n|---|---|---|"
    memory = {each.variant: f"{each.pss_mb:.0f}" for each in report.memory}
    for variant in report.variants:
        yield f"| {variant.file} | {variant.size / 1e6:.2f} | {memory.get(variant.variant, 'not measured here')} |"
    if report.notes:
        yield "\n**Notes**\n"
        yield from (f"- {note}" for note in report.notes)
