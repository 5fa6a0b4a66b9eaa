"""Small files of a checkpoint, on this machine or in an object store: Spark's own way to them, without a query."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession


class Folder:
    """A folder that may not be there yet. What goes wrong is raised as py4j's errors."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        self._java = spark.sparkContext._jvm
        self._path = path
        self._options = spark.sparkContext._jsc.hadoopConfiguration()

    def names(self) -> list[str]:
        """The names of what is in it; nothing, if it is not there."""
        system, path = self._at(self._path)
        if not system.exists(path):
            return []
        return [status.getPath().getName() for status in system.listStatus(path)]

    def read(self, name: str) -> str:
        """The text of a file."""
        system, path = self._at(f"{self._path}/{name}")
        opened = system.open(path)
        try:
            return self._java.org.apache.commons.io.IOUtils.toString(opened, "UTF-8")
        finally:
            opened.close()

    def write(self, name: str, text: str) -> None:
        """Put a text in the place of what the file has; who is killed meanwhile leaves a part of it."""
        system, path = self._at(f"{self._path}/{name}")
        opened = system.create(path, True)
        try:
            opened.write(bytearray(text, "utf-8"))
        finally:
            opened.close()

    def _at(self, path: str) -> tuple[Any, Any]:
        place = self._java.org.apache.hadoop.fs.Path(path)
        return place.getFileSystem(self._options), place
