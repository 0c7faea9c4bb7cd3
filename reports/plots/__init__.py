"""Plots: one module per kind, or per group of kinds."""

from trackers.registry import Entry, Registry

PLOTS = Registry(
    "kind of plot",
    {
        "success": Entry("reports.plots.curves:success_figure", "success over the threshold of overlap"),
        "precision": Entry("reports.plots.curves:precision_figure", "precision over the threshold of error"),
        "normalized-precision": Entry(
            "reports.plots.curves:normalized_precision_figure", "the same in units of the target's size"
        ),
        "scores": Entry("reports.plots.scores:scores_figure", "every figure of every tracker"),
        "attributes": Entry("reports.plots.attributes:attributes_figure", "a panel per attribute"),
        "attribute-dots": Entry(
            "reports.plots.attributes:attribute_dots_figure", "all attributes in one panel"
        ),
        "eao": Entry("reports.plots.vot:eao_figure", "expected average overlap over length"),
        "ar": Entry("reports.plots.vot:ar_figure", "accuracy and robustness, with VOT's ranking"),
        "precision-recall": Entry(
            "reports.plots.vot:precision_recall_figure", "precision over recall of long-term runs"
        ),
        "sequences": Entry("reports.plots.sequences:sequences_figure", "two trackers, sequence by sequence"),
        "speed": Entry("reports.plots.speed:speed_figure", "accuracy against speed"),
    },
    group="sotbench.plots",
    hint="see `sotbench plot --help`",
)
"""The kinds of plot: functions `(report: ReportData, ax: Axes | None = None) -> Figure`."""
