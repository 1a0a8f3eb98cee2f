"""A pytest plugin: what each desk kept of the contract, put together from all processes of a run.

After a run of the whole contract `docs/connectors.md` is compared with what it would be now, and
the run fails when it is another. `--write-grades` writes it instead.
"""

from pathlib import Path

import pytest

from tests import grades

WHERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-grades", action="store_true", help="write docs/connectors.md after the contract"
    )


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # a worker's reports all come to the controller
        config.pluginmanager.register(Collector(config), "grades")


class Collector:
    """Gathers the reports and draws the sum at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.results: grades.Results = {}
        self.news = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test counts once: for its call, or for what kept it from being called."""
        if "tests/contract/test_" in report.nodeid and (report.when == "call" or not report.passed):
            why = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            self.results[report.nodeid] = (report.outcome, why.removeprefix("Skipped: "))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Compare or write, if the whole contract was kept."""
        if exitstatus or not self._is_whole():
            return
        page = grades.page(self.results)
        if self.config.option.write_grades:
            grades.PAGE.write_text(page, "utf-8")
            self.news = f"{grades.PAGE.name} is written."
        elif not grades.PAGE.exists() or grades.PAGE.read_text("utf-8") != page:
            self.news = "docs/connectors.md is stale: run `python -m tests.grades`."
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.news:
            terminalreporter.write_line(self.news)

    def _is_whole(self) -> bool:
        """True when every file of the contract was run and nothing was left out."""
        option = self.config.option
        chosen = (
            option.keyword or option.markexpr or option.deselect or getattr(option, "lf", False)
        )
        ran = {nodeid.partition("::")[0].rpartition("/")[2] for nodeid in self.results}
        return not chosen and ran == {path.name for path in WHERE.glob("test_*.py")}
