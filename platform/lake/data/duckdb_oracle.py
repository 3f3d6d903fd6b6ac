"""Asks DuckDB the questions of a file over the files of a history, and says what it answers or what it costs.

    python duckdb_oracle.py <history folder> <questions.json> <zone> <threads> <times>

Standard output: one JSON object a question. With times = 0 the rows, else user and system time of that many runs.
"""
import datetime
import decimal
import json
import resource
import sys

import duckdb

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def plain(value):
    """A value as a pair of kind and text (or number), alike for both engines."""
    if value is None:
        return ["null", None]
    if isinstance(value, bool):
        return ["truth", value]
    if isinstance(value, int):
        return ["whole", str(value)]
    if isinstance(value, float):
        return ["number", repr(value)]
    if isinstance(value, decimal.Decimal):
        return ["number", str(value)]
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        return ["moment", str((value - EPOCH) // datetime.timedelta(microseconds=1))]
    if isinstance(value, datetime.date):
        return ["date", value.isoformat()]
    return ["text", str(value)]


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main():
    folder, questions, zone, threads, times = sys.argv[1:6]
    with open(questions, encoding="utf-8") as file:
        questions = json.load(file)
    engine = duckdb.connect(config={"threads": int(threads)})
    engine.execute(f"SET TimeZone = '{zone}'")
    for table, pattern in (("signals", "signals/day=*/*.parquet"), ("days", "days/closed=*/*.parquet")):
        engine.execute(
            f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{folder}/{pattern}', hive_partitioning = false)"
        )
    for question in questions:
        said = {"name": question["name"]}
        try:
            if int(times) == 0:
                rows = engine.execute(question["sql"]).fetchall()
                said["rows"] = [[plain(value) for value in row] for row in rows]
            else:
                engine.execute(question["sql"]).fetchall()
                before = cpu_seconds()
                for _ in range(int(times)):
                    engine.execute(question["sql"]).fetchall()
                said["cpu_seconds"] = (cpu_seconds() - before) / int(times)
        except duckdb.Error as error:
            said["error"] = str(error)
        print(json.dumps(said, ensure_ascii=False), flush=True)


main()
