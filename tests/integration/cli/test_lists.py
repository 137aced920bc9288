"""`teams`, `artifacts`, `tags` and `latest`: the columns, messages and exit codes of the earlier client."""

import re

import pytest
from tests.integration.cli.command import Home
from tests.integration.cli.pier_one import PierOne, tag
from tests.integration.identity.stand_in import StandIn

CREATED, CREATED_LATER = 1440058499.432, 1440144899.432


def test_teams_are_listed_in_order(home: Home) -> None:
    assert home.pierone("teams", "-o", "tsv").table == [["name"], ["beta"], ["myteam"]]


def test_artifacts_are_listed_in_order(home: Home) -> None:
    rows = [{"team": "myteam", "artifact": name} for name in ("another", "myapp")]
    assert home.pierone("artifacts", "myteam", "-o", "json").json == rows


def test_tags_are_listed_with_who_made_them_and_when(home: Home) -> None:
    done = home.pierone("tags", "myteam", "myapp", "-o", "json")
    assert done.json == [
        {
            "artifact": "myapp",
            "created_by": by,
            "created_time": time,
            "status": "Not Processed",
            "status_reason": "Not Processed",
            "tag": name,
        }
        | {"team": "myteam"}
        for name, time, by in (("1.0", CREATED, "alice"), ("1.1", CREATED_LATER, "bob"))
    ]
    assert done.out.count("\n") == 1
    assert re.findall(r'"(\w+)": ', done.out)[:7] == sorted(done.json[0])


def test_tsv_has_the_names_of_the_columns_first(home: Home) -> None:
    columns, first, *_ = home.pierone("tags", "myteam", "myapp", "-o", "tsv").table
    assert columns == ["team", "artifact", "tag", "created_time", "created_by", "status", "status_reason"]
    assert first == ["myteam", "myapp", "1.0", str(CREATED), "alice", "Not Processed", "Not Processed"]


def test_text_has_titles_and_says_how_long_ago(home: Home) -> None:
    header, *rows = home.pierone("tags", "myteam", "myapp").out.splitlines()
    titles = ["Team", "Artifact", "Tag", "Created", "By", "Status", "Status Reason"]
    assert [title.strip() for title in header.split("│")] == titles
    assert re.search(r"myteam +myapp +1\.1 +\d+d ago +bob", rows[1])


def test_all_artifacts_of_a_team_are_listed_with_three_tags_each(home: Home, pier_one: PierOne) -> None:
    pier_one.tags["myteam/myapp"] = [tag(f"1.{n}", f"2015-08-20T08:14:{n}.000Z") for n in range(10, 35)]
    rows = home.pierone("tags", "myteam", "-o", "json").json
    assert [row["tag"] for row in rows] == ["1.0", "1.32", "1.33", "1.34"]
    assert len(home.pierone("tags", "myteam", "myapp", "-o", "json").json) == 20
    limited = home.pierone("tags", "myteam", "myapp", "--limit", "2", "-o", "json").json
    assert [row["tag"] for row in limited] == ["1.33", "1.34"]


def test_tags_of_what_does_not_exist_are_a_wrong_use(home: Home) -> None:
    done = home.pierone("tags", "myteam", "myap")
    assert done.code == 2
    assert "Artifact or Team does not exist! Please double check for spelling mistakes." in done.err
    assert done.out == ""


def test_tags_of_a_team_without_artifacts_are_a_wrong_use_in_the_words_of_the_earlier_client(home: Home) -> None:
    done = home.pierone("tags", "nope")
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith(
        "Error: The Team you are looking for does not exist or we could not find any artifacts registered in Pierone! "
        "Please double check for spelling mistakes.\n"
    )


def test_tags_are_listed_by_artifact_in_whichever_order_these_are_named(home: Home) -> None:
    rows = home.pierone("tags", "myteam", "myapp", "another", "-o", "json").json
    assert [row["artifact"] for row in rows] == ["another", "myapp", "myapp"]


def test_latest_prints_the_newest_tag_and_nothing_else(home: Home) -> None:
    done = home.pierone("latest", "myteam", "myapp")
    assert (done.code, done.out, done.err) == (0, "1.1\n", "")


def test_latest_goes_by_creation_and_of_two_at_once_takes_the_last(home: Home, pier_one: PierOne) -> None:
    noon, later = "2015-08-20T12:00:00.000Z", "2015-08-20T12:00:00.001Z"
    pier_one.tags["myteam/myapp"] = [tag("c", later), tag("b", later), tag("z", noon)]
    assert home.pierone("latest", "myteam", "myapp").out == "b\n"


def test_a_signature_is_not_the_latest_version_of_what_it_signs(home: Home, pier_one: PierOne) -> None:
    pier_one.tags["myteam/myapp"].append(tag(f"sha256-{'ab' * 32}.sig", "2015-08-22T12:00:00.000Z"))
    assert home.pierone("latest", "myteam", "myapp").out == "1.1\n"


def test_there_is_no_latest_tag_of_what_does_not_exist(home: Home) -> None:
    done = home.pierone("latest", "myteam", "myap")
    assert (done.code, done.out, done.err) == (1, "", "Error: Latest tag not found\n")


@pytest.mark.parametrize("team", ["m", "Myteam", "my.team", "9team", "my/team"])
def test_a_name_that_no_team_has_is_a_wrong_use(home: Home, team: str, registry: StandIn) -> None:
    done = home.pierone("tags", team)
    assert done.code == 2
    assert f"{team!r} doesn't satisfy regular expression pattern '^[a-z][a-z0-9_-]+$'" in done.err
    assert registry.asked == []


def test_a_list_of_several_pages_is_read_to_its_end(home: Home, pier_one: PierOne, registry: StandIn) -> None:
    pier_one.tags["myteam/myapp"] = [tag(f"1.{n}", f"2015-08-20T08:14:{n}.000Z") for n in range(10, 35)]
    pier_one.page_size = 7
    assert len(home.pierone("tags", "myteam", "myapp", "--limit", "1000", "-o", "json").json) == 25
    assert len(registry.asked) == 4
    assert {asked.token for asked in registry.asked} == {"t0ken"}


def test_what_others_wrote_cannot_move_the_cursor_of_who_reads_it(home: Home, pier_one: PierOne) -> None:
    pier_one.tags["myteam/myapp"] = [tag("1.0", "2015-08-20T08:14:59.432Z", by="\x1b[2Jmallory\n1.1")]
    for output in ("text", "tsv"):
        printed = home.pierone("tags", "myteam", "myapp", "-o", output).out
        assert "\x1b" not in printed
        assert printed.count("\n") == 2
