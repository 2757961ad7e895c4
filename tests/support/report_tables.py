"""The tables of a report read back, and compared with the profile.json that it is of."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from sktools.reports.yardsticks import yardstick_rows


class Tables(HTMLParser):
    """Cell texts of every table by its id: heads, and the rows of body and foot."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.heads: dict[str, list[str]] = {}
        self.rows: dict[str, list[list[str]]] = {}
        self._table = ""
        self._cell: list[str] | None = None
        self.feed(page.split("<script>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._table = dict(attrs).get("id") or ""
            self.heads[self._table], self.rows[self._table] = [], []
        elif tag == "tr":
            self.rows[self._table].append([])
        elif tag in ("td", "th"):
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr" and not self.rows[self._table][-1]:
            self.rows[self._table].pop()
        elif tag in ("td", "th") and self._cell is not None:
            text = " ".join("".join(self._cell).replace("\u00ad", "").replace("\u200b", "").split())
            (self.heads[self._table] if tag == "th" else self.rows[self._table][-1]).append(text)
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def number(value: float | None, digits: int = 0) -> str:
    """A figure of profile.json as a reader expects it, '-' where it has none."""
    return "-" if value is None else f"{value:,.{digits}f}"


def share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def equality(document: dict[str, Any] | None) -> str:
    if not document:
        return "fused"
    return (
        "-" if not document["elements"] else f"{document['mismatched']:,} differ" if document["mismatched"] else "exact"
    )


def assert_tables_equal(page: str, document: dict[str, Any]) -> None:
    """Every cell of a report's tables against profile.json."""
    tables = Tables(page).rows
    totals, parity = document["totals"], document["parity"]

    def per_mac(row: dict[str, Any]) -> str:
        return number(row["cycles"] / row["macs"] if row["cycles"] and row["macs"] else None, 2)

    def cycles(row: dict[str, Any]) -> list[str]:
        """The upper bound has a column if there is one."""
        bound = [] if totals["cycles_high"] is None else [number(row["cycles_high"])]
        return [number(row["cycles"]), *bound]

    columns = 7 + len(cycles(totals))
    *blocks, foot = [row[:columns] for row in tables["table-blocks"]]
    assert blocks == [
        [
            block["name"], number(block["macs"]), *cycles(block), per_mac(block),
            number(block["latency_ms"], 3), number(block["ms_per_sleep_hour"], 3), share(block["share"]),
            equality(block["parity"]),
        ]
        for block in document["blocks"]
    ]  # fmt: skip
    assert foot == [
        "total", number(totals["macs"]), *cycles(totals), per_mac(totals), number(totals["latency_ms"], 3),
        number(totals["ms_per_sleep_hour"], 3), "", equality(parity),
    ]  # fmt: skip
    assert tables["table-layers"] == [
        [
            str(layer["index"]), layer["name"], layer["op"], layer["kernel"], number(layer["macs"]),
            number(layer["instructions"]), *cycles(layer), per_mac(layer), number(layer["latency_us"], 1),
            equality(layer["parity"]), number(layer["sqnr_db"], 1),
        ]
        for layer in document["layers"]
    ]  # fmt: skip
    score = document["accuracy"]
    if score is not None:
        assert tables["table-scores"] == [
            [
                who, share(row["accuracy"]), share(row["f1"]), number(row["kappa"], 3),
                share(row.get("average_precision")),
                *(share(row["per_class"].get(name, {}).get("recall")) for name in score["per_class"]),
            ]
            for who, row in (("device", score), ("host", score["host"]), *yardstick_rows(score))
        ]  # fmt: skip
    if document["plan"]:
        assert tables["table-plan"] == [
            [
                buffer["name"], number(buffer["offset"]), number(buffer["size"]), str(buffer["first_step"]),
                str(buffer["last_step"]),
            ]
            for buffer in document["plan"]
        ]  # fmt: skip
