"""Text files: the bytes of each, and the expected rows, types and layout."""

from __future__ import annotations

import datetime
import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Number, Day, Moment = Decimal, datetime.date, datetime.datetime
LONG = 89490200000000000000


@dataclass(frozen=True)
class Case:
    """A file: its name, its bytes, the rows that it holds, its columns' types, and its layout.

    `rejects` are the numbers of its lines that are no rows, `said` what the comment on the layout has to say.
    """

    file: str
    data: bytes
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    layout: Mapping[str, Any] = field(default_factory=dict)
    rejects: tuple[int, ...] = ()
    said: str = ""

    @property
    def table(self) -> str:
        """The name of its table."""
        return self.file.partition(".")[0]


def case(file: str, text: str | bytes, types: str, *rows: tuple[Any, ...], **more: Any) -> Case:
    """A case whose types are in one text, separated by `; `, and whose text is UTF-8."""
    return Case(file, text if isinstance(text, bytes) else text.encode(), tuple(types.split("; ")), rows, **more)


def with_layout(**layout: Any) -> dict[str, Any]:
    """The layout as an argument of `case`."""
    return {"layout": layout}


SEMICOLON = {"delimiter": ";"}
CASES = [
    # Delimiters, line ends and the first line
    case(
        "not_finite.csv",
        "id,x,name,long\n1,1.5,nan,0.12345678901234567\n2,inf,NaN,NaN\n3,-Infinity,inf,1\n",
        "bigint; double; text; text",
        (1, 1.5, "nan", "0.12345678901234567"),
        (2, float("inf"), "NaN", "NaN"),
        (3, float("-inf"), "inf", "1"),
    ),
    case("comma.csv", "id,a\n1,x\n2,y\n", "bigint; text", (1, "x"), (2, "y")),
    case("semicolon.csv", "id;a\n1;x,z\n2;y\n", "bigint; text", (1, "x,z"), (2, "y"), layout=SEMICOLON),
    case("pipe.txt", "id|a\n1|x\n2|y\n", "bigint; text", (1, "x"), (2, "y"), **with_layout(delimiter="|")),
    case("tabs.tsv", "id\ta\n1\tx\n2\ty\n", "bigint; text", (1, "x"), (2, "y"), **with_layout(delimiter="\t")),
    case("tabs_in.csv", "id\ta\n1\tx\n2\ty\n", "bigint; text", (1, "x"), (2, "y"), **with_layout(delimiter="\t")),
    case("crlf.csv", "id,a\r\n1,x\r\n2,y\r\n", "bigint; text", (1, "x"), (2, "y")),
    case("old_mac.csv", "id,a\r1,x\r2,y\r", "bigint; text", (1, "x"), (2, "y")),
    case("no_last_line_end.csv", "id,a\n1,x\n2,y", "bigint; text", (1, "x"), (2, "y")),
    case("blank_lines.csv", "\nid,a\n\n1,x\n\n2,y\n\n\n", "bigint; text", (1, "x"), (2, "y")),
    case("bom.csv", "\ufeffid,a\n1,x\n2,y\n", "bigint; text", (1, "x"), (2, "y")),
    case("zipped.csv.gz", gzip.compress(b"id,a\n1,x\n2,y\n"), "bigint; text", (1, "x"), (2, "y")),
    case("headless.csv", "1,x,2.5\n2,y,3.5\n3,z,4\n", "bigint; text; numeric(18, 2)",
         (1, "x", Number("2.5")), (2, "y", Number("3.5")), (3, "z", Number(4)), **with_layout(header=False)),
    case("years.csv", "country,2019,2020\nDE,5,6\nFR,7,8\n", "text; bigint; bigint", ("DE", 5, 6), ("FR", 7, 8)),
    case("title.csv", "Sales of May\n\nid,a,b\n1,x,5\n2,y,6\n3,z,7\n", "bigint; text; bigint",
         (1, "x", 5), (2, "y", 6), (3, "z", 7), **with_layout(skip=2)),
    case("trailing.csv", "id,a,\n1,x,\n2,y,\n", "bigint; text", (1, "x"), (2, "y")),
    case("header_again.csv", "id,a\n1,x\nid,a\n2,y\n", "bigint; text", (1, "x"), (2, "y"), said="1 repeated header"),
    case("same_names.csv", "id,a,A,\n1,x,y\n", "bigint; text; text", (1, "x", "y")),
    case("one_column.csv", "name\nAnn, Bob\nCid\n", "text", ("Ann, Bob",), ("Cid",), layout=SEMICOLON),
    # Quotes
    case("quoted.csv", 'id,a\n1,"x, ""y""\nz"\n2,"w"\n', "bigint; text", (1, 'x, "y"\nz'), (2, "w")),
    case("single_quotes.csv", "id,a\n1,'x, y'\n2,'z'\n", "bigint; text", (1, "x, y"), (2, "z"),
         **with_layout(quote="'")),
    case("backslash.csv", 'id,a\n1,"x \\"y\\", z"\n2,"w"\n', "bigint; text", (1, 'x "y", z'), (2, "w"),
         **with_layout(escape="\\")),
    case("inches.csv", 'id,a\n1,5" pipe\n2,6" pipe\n', "bigint; text", (1, '5" pipe'), (2, '6" pipe')),
    case("unquoted.csv", 'id,a\n1,"The" Who\n2,ABBA\n', "bigint; text", (1, '"The" Who'), (2, "ABBA"),
         **with_layout(quote="")),
    case("open_quote.csv", 'id,a,b\n1,x,5\n2,"y,6\n3,z,7\n4,"w",8\n', "bigint; text; bigint",
         (1, "x", 5), (3, "z", 7), (4, "w", 8), rejects=(3,), said="line 3 "),
    case("never_closed.csv", 'id,a,b\n1,x,5\n2,"y,6\n3,z,7\n', "bigint; text; bigint",
         (1, "x", 5), (2, '"y', 6), (3, "z", 7), **with_layout(quote="")),
    # Encodings
    case("latin.csv", "id,a\n1,Müller\n2,x\n".encode("latin-1"), "bigint; text", (1, "Müller"), (2, "x"),
         **with_layout(encoding="latin-1")),
    case("windows.csv", "id,a\n1,Müller\n2,5 €\n".encode("cp1252"), "bigint; text", (1, "Müller"), (2, "5 €"),
         **with_layout(encoding="cp1252")),
    case("utf_16.csv", "id,a\n1,Müller\n2,東京\n".encode("utf-16"), "bigint; text", (1, "Müller"), (2, "東京"),
         **with_layout(encoding="utf-16")),
    case("one_bad_byte.csv", "id,a\n1,Müller\n2,Jürgen\n".encode() + b"3,\xfc\n", "bigint; text",
         (1, "Müller"), (2, "Jürgen"), rejects=(4,), said="line 4 "),
    # Rows of other widths
    case("ragged.csv", "id,a,b\n" + "".join(f"{n},x,y\n" for n in range(199)) + "199,x,y,z\n200,x\n",
         "bigint; text; text",
         *((n, "x", "y") for n in range(199)), rejects=(201, 202), said="line 201 "),
    case("trailer.csv", "id,a\n1,x\n2,y\n-- 2 rows\n", "bigint; text", (1, "x"), (2, "y"), rejects=(4,),
         said="line 4 "),
    case("total.csv", "id,n\n1,5\n2,6\nTotal,11\n", "bigint; bigint", (1, 5), (2, 6), rejects=(4,), said="total"),
    case("total_row.csv", "region,n\nN,5\nS,6\nTotal,11\n", "text; bigint", ("N", 5), ("S", 6), ("Total", 11),
         said="line 4 looks like a total"),
    # Numbers
    case("euro.csv", "id;p;n;q\n1;1.234,56;2.261;15,7\n2;-7,5;1;0,25\n",
         "bigint; numeric(18, 2); bigint; numeric(18, 2)",
         (1, Number("1234.56"), 2261, Number("15.7")), (2, Number("-7.5"), 1, Number("0.25")),
         **with_layout(delimiter=";", decimal=",", thousands=".")),
    case("dollar.csv", 'id,p,n\n1,"1,234.56","2,261"\n2,-7.5,1\n', "bigint; numeric(18, 2); bigint",
         (1, Number("1234.56"), 2261), (2, Number("-7.5"), 1), **with_layout(thousands=",")),
    case("franc.csv", "id;p\n1;1 234,50\n2;7,25\n", "bigint; numeric(18, 2)",
         (1, Number("1234.5")), (2, Number("7.25")), **with_layout(delimiter=";", decimal=",", thousands=" ")),
    case("swiss.csv", "id,p\n1,1'234.50\n2,7.25\n", "bigint; numeric(18, 2)",
         (1, Number("1234.5")), (2, Number("7.25")), **with_layout(thousands="'")),
    case("either.csv", "id;n\n1;1.234\n2;2.261\n", "bigint; text", (1, "1.234"), (2, "2.261"), layout=SEMICOLON),
    case("other_point.csv", "id;p;lat\n1;5,5;52.1234\n2;6,25;13.5\n", "bigint; numeric(18, 2); text",
         (1, Number("5.5"), "52.1234"), (2, Number("6.25"), "13.5"), **with_layout(delimiter=";", decimal=",")),
    case("long.csv", f"iccid,n\n{LONG},1\n{LONG + 1},2\n", "numeric(38, 0); bigint", (LONG, 1), (LONG + 1, 2)),
    case("longer.csv", f"code,n\n{'9' * 40},1\n{'8' * 40},2\n", "text; bigint", ("9" * 40, 1), ("8" * 40, 2)),
    case("nineteen.csv", "id\n9223372036854775807\n9223372036854775808\n", "numeric(38, 0)", (2**63 - 1,), (2**63,)),
    case("exact.csv", "id,p\n1,0.1234567\n2,12345678901.5\n", "bigint; numeric(38, 9)",
         (1, Number("0.1234567")), (2, Number("12345678901.5"))),
    case("science.csv", "id,x\n1,1.5e3\n2,2\n", "bigint; double", (1, 1500.0), (2, 2.0)),
    case("codes.csv", "zip,phone\n01234,+4917\n99999,+4918\n", "text; text", ("01234", "+4917"), ("99999", "+4918")),
    case("one_word.csv", "id,n\n" + "".join(f"{n},{n}\n" for n in range(20)) + "20,many\n", "bigint; text",
         *((n, str(n)) for n in range(20)), (20, "many")),
    # Missing values
    case("missing.csv", "id,a,n\n1,NULL,5\n2,x,NULL\n", "bigint; text; bigint", (1, None, 5), (2, "x", None),
         **with_layout(nulls=("NULL",))),
    case("mysql.csv", "id,a,n\n1,\\N,5\n2,x,\\N\n", "bigint; text; bigint", (1, None, 5), (2, "x", None),
         **with_layout(nulls=("\\N",))),
    case("namibia.csv", "id,a,n\n1,NA,5\n2,DE,NA\n", "bigint; text; bigint", (1, "NA", 5), (2, "DE", None),
         **with_layout(typed_nulls=("NA",))),
    case("dash.csv", "id,a,n\n1,-,5\n2,x,-\n", "bigint; text; bigint", (1, "-", 5), (2, "x", None),
         **with_layout(typed_nulls=("-",))),
    # Times
    case("german.csv", "id;d;t\n1;31.01.2024;31.01.2024 12:30\n2;1.2.2024;01.02.2024 00:00\n",
         "bigint; date; timestamp",
         (1, Day(2024, 1, 31), Moment(2024, 1, 31, 12, 30)), (2, Day(2024, 2, 1), Moment(2024, 2, 1)),
         **with_layout(delimiter=";", date="%d.%m.%Y", timestamp="%d.%m.%Y %H:%M")),
    case("british.csv", "id,d,e\n1,03/04/2024,13/04/2024\n2,05/04/2024,01/02/2024\n", "bigint; date; date",
         (1, Day(2024, 4, 3), Day(2024, 4, 13)), (2, Day(2024, 4, 5), Day(2024, 2, 1)), **with_layout(date="%d/%m/%Y")),
    case("american.csv", "id,d\n1,03/14/2024\n2,05/04/2024\n", "bigint; date", (1, Day(2024, 3, 14)), (2, Day(2024, 5,
         4)),
         **with_layout(date="%m/%d/%Y")),
    case("either_date.csv", "id,d\n1,03/04/2024\n2,05/04/2024\n", "bigint; text", (1, "03/04/2024"), (2, "05/04/2024")),
    case("no_date.csv", "id,d\n1,31.02.2024\n2,01.02.2024\n", "bigint; text", (1, "31.02.2024"), (2, "01.02.2024")),
    case("clock.csv", "id,t\n1,12:30:00\n2,23:59:59\n", "bigint; time", (1, datetime.time(12, 30)), (2,
         datetime.time(23, 59, 59))),
    case("next_day.txt", "id,t\n1,12:30:00\n2,25:10:00\n", "bigint; text", (1, "12:30:00"), (2, "25:10:00")),
    # JSON
    case("lines.jsonl",
         f'{{"id": {LONG}, "p": 1.10, "z": "007", "m": {{"k": 1}}, "b": true}}\n{{"id": {LONG + 1}, "z": ""}}\n',
         "numeric(38, 0); numeric(18, 2); text; json; boolean",
         (LONG, Number("1.1"), "007", '{"k": 1}', True), (LONG + 1, None, "", None, None)),
    case("array.json", '[{"id": 1, "a": "x"},\n {"id": 2, "a": "y"}]', "bigint; text", (1, "x"), (2, "y")),
    case("bad_line.jsonl", '{"id": 1}\nnope\n{"id": 2}\n', "bigint", (1,), (2,), rejects=(2,), said="line 2 "),
]  # fmt: skip

LEFT_OUT = {
    "empty.csv": b"",
    ".hidden.csv": b"a\n1\n",
    "~$book.xlsx": b"x",
    "notes.txt": b"This is prose, and no table.\nIt has lines.\n",
    "README.md": b"# Read me",
    "broken.parquet": b"no parquet",
    "old.csv.zst": b"x",
    "few.csv": b"id,a,b\n1,x\n2,x,y,z\n3,x,y\n",
}
"""Files that are not tables; each has to be named."""
